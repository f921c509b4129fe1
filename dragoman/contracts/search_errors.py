"""What every search refuses in the same words, whichever engine carries it out."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from dragoman.contracts.constraints import NEVER, OutputAutomaton
from dragoman.errors import InputError, UnsupportedError


def scores_are_no_numbers() -> UnsupportedError:
    """The error for a model whose scores are NaN or infinite.

    >>> str(scores_are_no_numbers()).splitlines()[0]
    "the model's scores are not numbers"
    """
    return UnsupportedError(
        "the model's scores are not numbers",
        cause="its weights hold NaN or infinity, because its training diverged.",
        remedy="use an earlier model, or train with a lower learning rate.",
    )


def nothing_satisfies() -> UnsupportedError:
    """The error for a model that excludes every symbol with which a constraint could be satisfied."""
    return UnsupportedError(
        "the model gives every output that satisfies the constraints a probability of 0",
        cause="it can never write a symbol that they need.",
        remedy="search with a beam, or ask for less.",
    )


def refuse_unsatisfiable(
    constraints: Sequence[OutputAutomaton | None], prefixes: Sequence[Sequence[int]] | None, limits: Sequence[int]
) -> None:
    """Refuse constraints that no output can satisfy.

    Args:
        constraints: for each row its automaton, or None.
        prefixes: the symbols with which each row's output begins; None for none.
        limits: the most tokens of each row's output, without the prefix.

    Raises:
        InputError: if a row's constraint cannot be satisfied by what goes on from its prefix within its limit.
    """
    begun = prefixes or [()] * len(limits)
    for row, (one, prefix, limit) in enumerate(zip(constraints, begun, limits, strict=True)):
        least = 0 if one is None else one.least(functools.reduce(one.after, prefix, one.start))
        if least > limit:
            raise InputError(
                f"no output of row {row + 1} can satisfy its constraint"
                + (f" with fewer than {least:,} tokens, and at most {limit:,} are allowed" if least < NEVER else ""),
                remedy="ask for less, or allow longer outputs.",
            )


def prefix_holds_end(row: int, end: int) -> InputError:
    """The error for a prefix of an output that holds the end symbol."""
    return InputError(
        f"the prefix of row {row + 1} holds the end symbol {end}",
        remedy="give what the output begins with, without its end.",
    )

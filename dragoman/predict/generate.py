"""Text that a language model writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dragoman.contracts import Sample, SearchMethod
from dragoman.errors import InputError
from dragoman.predict.constraints import FREE, Constraints
from dragoman.predict.writer import Writer, Written


def generate(
    model: Path | str,
    prompts: Sequence[str] = ("",),
    *,
    count: int = 5,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    greedy: bool = False,
    longest: int = 100,
    seed: int = 1,
    search: SearchMethod | None = None,
    constraints: Constraints = FREE,
    device: str = "auto",
) -> list[Written]:
    """Let a language model write new lines, or go on with prompts.

    Args:
        model: the folder of a language model.
        prompts: how lines begin; an empty one asks for a new line.
        count: lines to write for each prompt.
        temperature: above 0; below 1 the probable becomes more so, above 1 less.
        top_k: draw from so many of the most probable symbols; 0 for all.
        top_p: draw from the most probable symbols that together have this share.
        greedy: whether the most probable symbol is always taken, which gives one line for each prompt.
        longest: tokens to write at most.
        seed: seed of the random generator.
        search: method of search in the place of drawing by these numbers, such as ``Beam()``.
        constraints: what each text, its prompt included, must contain, must not contain and must begin with.
        device: where to compute: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        InputError: if there is no model, or one of another kind; or if numbers are given beside a method.

    >>> texts = generate("runs/text/best", ["Once"], count=2, longest=5)
    >>> [written.text.startswith("Once") for written in texts]
    [True, True]
    """
    drawn = Sample(temperature, 1 if greedy else top_k, top_p, seed)
    if search is not None and (greedy or drawn != Sample()):
        raise InputError(
            f"temperature, top_k, top_p, greedy or seed was given beside search = {search!r}",
            remedy="leave them out; the method has its own numbers.",
        )
    method = search or drawn
    writer = Writer.load(model, device=device)
    if isinstance(method, Sample):
        # A line of its own for each draw: the draws of a line depend on its number.
        begun = [text for text in prompts for _ in range(1 if greedy else count)]
        return writer.write(begun, search=method, longest=longest, constraints=constraints)
    most = count if method.most is None else min(count, method.most)
    return [
        text
        for found in writer.n_best(prompts, most, search=method, longest=longest, constraints=constraints)
        for text in found
    ]

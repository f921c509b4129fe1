"""Explanations of what a model does with given inputs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dragoman.contracts import SearchMethod
from dragoman.contracts.expect import expect
from dragoman.errors import InputError, UnsupportedError
from dragoman.explanation.asked import ALTERNATIVES, Asked
from dragoman.explanation.continuing import explain_continuations
from dragoman.explanation.explanation import Explanation
from dragoman.explanation.translating import explain_translations
from dragoman.predict.given import TEXTS, inputs_of
from dragoman.predict.predictor import Predictor
from dragoman.predict.reader import Reader
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.tasks.load import load

Explained = Translator | Writer | Reader | Predictor
"""The models that can be explained."""


def explain(
    model: Path | str | Explained,
    given: object,
    *,
    propose: str | None = None,
    method: SearchMethod | None = None,
    alternatives: int = ALTERNATIVES,
    device: str = "auto",
) -> Explanation:
    """Why a model answers as it does, for one input.

    Args:
        model: a loaded model, or its folder.
        given: a text.
        propose: an output that you propose instead: it is scored token by token and compared with the model's own.
        method: method of search; by default the one that the model's recipe names.
        alternatives: number of the most probable other tokens that are shown in the place of each token, and of the
            hypotheses that the search gave up at each step.
        device: where a model that is loaded computes: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Returns:
        The explanation, which has ``as_text`` and ``to_dict``.

    Raises:
        InputError: if there is no model, or the input or the proposed output cannot be explained, which it says why.

    >>> explanation = explain("runs/demo/best", "How are you?", propose="Wie geht es dir?")
    >>> explanation.proposed.tokens[-1].token.text
    '</s>'
    """
    found = explain_all(model, [given], Asked(propose, method, alternatives), device=device)
    if len(found) != 1:
        raise InputError(
            f"the text is too long for the model, which translates it in {len(found)} pieces",
            remedy="give `explain_all` a list with the text, which explains piece by piece; or a shorter text.",
        )
    return found[0]


def explain_all(
    model: Path | str | Explained, given: Iterable[object], asked: Asked, *, device: str = "auto"
) -> list[Explanation]:
    """Why a model answers as it does, for each of several inputs; a text that is too long for the model has an
    explanation for each of its pieces. The arguments are those of :func:`explain`."""
    opened = load(model, device=device) if isinstance(model, Path | str) else model
    match opened:
        case Translator():
            return [*explain_translations(opened, expect(inputs_of(given, TEXTS), list), asked)]
        case Writer():
            return [*explain_continuations(opened, expect(inputs_of(given, TEXTS), list), asked)]
        case _:
            raise UnsupportedError(f"{opened!r} cannot be explained", remedy="explain a translator.")

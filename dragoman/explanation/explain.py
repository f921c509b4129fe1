"""Explanations of what a model does with given inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from dragoman.contracts import SearchMethod
from dragoman.contracts.expect import expect
from dragoman.errors import InputError
from dragoman.explanation.asked import ALTERNATIVES, Asked
from dragoman.explanation.continuing import explain_continuations
from dragoman.explanation.explain_prediction import explain_predictions
from dragoman.explanation.explain_reading import explain_readings
from dragoman.explanation.explanation import Explanation
from dragoman.explanation.translating import explain_translations
from dragoman.fields.place import TablePlace
from dragoman.predict.given import TEXTS, inputs_of, one_input
from dragoman.predict.predictor import Predictor
from dragoman.predict.reader import Reader
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.recipe.kinds import sentence_of
from dragoman.tasks.load import load

Explained = Translator | Writer | Reader | Predictor
"""The models that can be explained."""
_OF_SEARCHES = frozenset({"proposed", "search", "beam", "alternatives"})
_USED: Mapping[type, frozenset[str]] = MappingProxyType(
    {
        Translator: _OF_SEARCHES,
        Writer: _OF_SEARCHES,
        Reader: frozenset({"proposed", "search", "beam", "pixels"}),
        Predictor: frozenset({"label", "words"}),
    }
)
"""What may be asked of each kind of model."""


def explain(
    model: Path | str | Explained,
    given: object,
    *,
    propose: str | None = None,
    search: SearchMethod | None = None,
    beam: int | None = None,
    alternatives: int = ALTERNATIVES,
    label: str | None = None,
    words: Sequence[int] | None = None,
    pixels: bool = True,
    device: str = "auto",
) -> Explanation:
    """Why a model answers as it does, for one input.

    Args:
        model: a loaded model, or its folder.
        given: a text; a picture (path, bytes, array or Pillow's image); or a row as a mapping from column to value, or
            as a DataFrame with one row.
        propose: a text that you propose instead of the one that the model writes or reads: it is scored token by token
            and compared with the model's own, or aligned with the picture.
        search: method of search; by default the one that the model's recipe names, and for language models greedy
            search.
        beam: beam width, in the place of a method of search; 1 is greedy search.
        alternatives: number of the most probable other tokens that are shown in the place of each token, and of the
            hypotheses that the search gave up at each step.
        label: label or tag that is explained; by default the one that is predicted.
        words: numbers, from 0, of the words whose tags are explained; by default all.
        pixels: whether to find which pixels each character was read from, which takes longest.
        device: where a model that is loaded computes: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Returns:
        The explanation: ``print(explanation.as_text())``, ``write_page``, ``draw``, ``to_dict``.

    Raises:
        InputError: if there is no model; if the input or the proposed output cannot be explained, which it says why; or
            if the model has no use for what was asked.

    >>> explanation = explain("runs/demo/best", "How are you?", propose="Wie geht es dir?")
    >>> explanation.proposed.tokens[-1].token.text
    '</s>'
    """
    chosen = None if words is None else tuple(words)
    asked = Asked(propose, search, beam, alternatives, label, chosen, pixels)
    found = explain_all(model, one_input(given), asked, device=device)
    if len(found) != 1:
        raise InputError(
            f"the text is too long for the model, which translates it in {len(found)} pieces",
            remedy="give a shorter text; or explain it with `dragoman explain`, which explains each piece.",
        )
    return found[0]


def explain_all(
    model: Path | str | Explained,
    given: Iterable[object],
    asked: Asked,
    *,
    table: TablePlace | None = None,
    device: str = "auto",
) -> list[Explanation]:
    """Why a model answers as it does, for each of several inputs, such as the rows of a DataFrame; a text that is too
    long for a translator has an explanation for each of its pieces. ``table`` is the table that pictures or rows stand
    in, for errors; the other arguments are those of :func:`explain`."""
    opened = load(model, device=device) if isinstance(model, Path | str) else model
    asked.refuse_but(_USED[type(opened)], sentence_of(opened.recipe.model))
    match opened:
        case Translator():
            return [*explain_translations(opened, expect(inputs_of(given, TEXTS), list), asked)]
        case Writer():
            return [*explain_continuations(opened, expect(inputs_of(given, TEXTS), list), asked)]
        case Reader():
            return [*explain_readings(opened, given, asked, table)]
        case Predictor():
            return [*explain_predictions(opened, given, asked, table)]

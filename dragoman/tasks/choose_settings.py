"""The choice of what the native engine computes a model with, by the quality of its outputs on validation examples."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts.expect import expect
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.evaluation.significance import Difference, paired_bootstrap
from dragoman.export.preview_file import PREVIEW, preview_bytes
from dragoman.export.shortlist_file import SHORTLIST
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.plan.output_preview import OutputPreview
from dragoman.predict.engine_choice import BY_SPEED, ENGINE, EXACT, EngineChoice, EngineSettings, EngineTrial

EXAMPLES = 500
"""The most validation examples of a trial: with so many, a loss of half a point of BLEU is seen nearly always."""
_SEED = 1


@dataclass(frozen=True, slots=True)
class Measure:
    """The measure that settings are chosen by.

    Attributes:
        statistics: function from one output for each example to their counts under the measure.
        higher_is_better: whether higher scores are better.
        most_lost: the loss from which on settings are refused, whatever chance may explain, in points of the measure.
    """

    statistics: Callable[[list[str]], SentenceStatistics]
    higher_is_better: bool
    most_lost: float

    def accepts(self, test: Difference) -> bool:
        """Whether a difference from the outputs in float32 is no loss: less than ``most_lost``, and its 95 % interval
        reaches to where nothing is lost.

        Args:
            test: the difference; the first score is that of float32.
        """
        sign = 1.0 if self.higher_is_better else -1.0
        return sign * test.difference > -self.most_lost and max(sign * test.low, sign * test.high) >= 0


@dataclass(frozen=True, slots=True)
class ChosenEngine:
    """A choice, with the shortlist and the preview that it was made with.

    Attributes:
        choice: the settings and the trials behind them.
        shortlist: the shortlist, kept with the model also where the choice is not to use it; None if there is none.
        preview: the preview of the output layer, kept in the same way.
    """

    choice: EngineChoice
    shortlist: Shortlist | None
    preview: OutputPreview | None = None

    def files(self) -> dict[str, str | bytes]:
        """The files of the model's folder that hold them, by name."""
        kept: dict[str, str | bytes] = {ENGINE: self.choice.to_file()}
        if self.shortlist is not None:
            kept[SHORTLIST] = self.shortlist.to_bytes()
        if self.preview is not None:
            kept[PREVIEW] = preview_bytes(self.preview)
        return kept


@dataclass(frozen=True, slots=True)
class Candidate:
    """Settings that are tried, with the shortlist or the preview that they need.

    Attributes:
        settings: the settings.
        shortlist: the shortlist; None where the settings have none.
        preview: the preview of the output layer; None where the settings have none.
    """

    settings: EngineSettings
    shortlist: Shortlist | None = None
    preview: OutputPreview | None = None


def candidates(shortlists: Sequence[Shortlist] = (), previews: Iterable[OutputPreview] = ()) -> Iterator[Candidate]:
    """What is tried beside float32, the fastest first.

    >>> [str(each.settings) for each in candidates()]
    ['int8', 'bfloat16']

    Args:
        shortlists: lexical shortlists of the model, the shortest first.
        previews: previews of its output layer, the fastest first; not asked for before they are tried.
    """
    for settings in BY_SPEED:
        if settings.shortlist:
            yield from (Candidate(settings, each) for each in shortlists)
        elif settings.preview:
            yield from (Candidate(settings, preview=each) for each in previews)
        elif settings != EXACT:
            yield Candidate(settings)


def on_processor(loaded: LoadedModel) -> EncoderDecoder:
    """The model, or a copy of it where it is on another device."""
    model = expect(loaded.model, EncoderDecoder)
    return model if model.device.type == "cpu" else copy.deepcopy(model).cpu()


def choose_settings(
    candidates: Iterable[Candidate],
    outputs_with: Callable[[Candidate], list[str]],
    measure: Measure,
    *,
    examples: str,
    search: str,
) -> ChosenEngine:
    """The first of some settings whose outputs are no worse than those in float32 (paired bootstrap, Koehn 2004).

    No time is measured, so the choice is the same on every machine.

    Args:
        candidates: what to try, the fastest first; float32, behind it, needs no trial.
        outputs_with: function that gives the model's output for each example with some settings.
        measure: the measure of quality.
        examples: number and name of the examples, in a phrase.
        search: the search for outputs, in a phrase.

    Returns:
        The choice, with the shortlist and the preview that were accepted, or else the last that were tried.
    """
    exact = measure.statistics(outputs_with(Candidate(EXACT)))
    trials: list[EngineTrial] = []
    shortlist: Shortlist | None = None
    preview: OutputPreview | None = None
    settings = EXACT
    for each in candidates:
        test = paired_bootstrap(exact, measure.statistics(outputs_with(each)))
        shortlist, preview = each.shortlist or shortlist, each.preview or preview
        always = 0 if each.shortlist is None else len(each.shortlist.always)
        trials.append(EngineTrial(each.settings, test, measure.accepts(test), always))
        if trials[-1].accepted:
            settings = each.settings
            break
    return ChosenEngine(EngineChoice(settings, tuple(trials), examples, search), shortlist, preview)


def trial_examples(count: int) -> Int[np.ndarray, " n"]:
    """The numbers of the validation examples that settings are tried on: :data:`EXAMPLES` of ``count``, drawn with a
    fixed seed, in order.

    >>> trial_examples(3), len(trial_examples(10_000))
    (array([0, 1, 2]), 500)
    """
    if count <= EXAMPLES:
        return np.arange(count)
    return np.sort(np.random.default_rng(_SEED).choice(count, EXAMPLES, replace=False))


def phrase_of_examples(chosen: Sequence[int] | Int[np.ndarray, " n"], things: str) -> str:
    """The number of examples in words.

    >>> phrase_of_examples([0, 1], "sentences")
    '2 sentences of the validation set'
    """
    return f"{len(chosen):,} {things} of the validation set"

"""The search engine of CTranslate2, for Transformers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import (
    Beam,
    Ending,
    Hypothesis,
    Packed,
    SearchFeature,
    SearchRequest,
    SearchResult,
)
from dragoman.errors import InputError
from dragoman.export.ctranslate2_model import symbol_names, write_ctranslate2
from dragoman.export.transformer_spec import longest_rows
from dragoman.model.folder import LoadedModel
from dragoman.optional.extra import CTRANSLATE2
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.repetition import RepetitionRule

COMPUTE_TYPES = ("float32", "int8")
"""Number formats of matrix products."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Parameters of speed and stopping; the defaults were found by ``benchmarks/translation_speed.py --tune``.

    Attributes:
        batch: number of sentences that are computed together.
        patience: a sentence's beam search ends when ``patience`` times the beam width of hypotheses are complete (Kasai
            et al. 2024).
    """

    batch: int = 32
    patience: float = 1.5


DEFAULT_TUNING = Tuning()


class CTranslate2Engine:
    """An :class:`~dragoman.predict.engine.Engine` for Transformers on the processor.

    Log-probabilities are over the symbols that may be written, so they are higher than the model's own by what it gives
    to the others. A sentence's beam search ends by the count of complete hypotheses, which may be before or after
    :func:`~dragoman.search.beam.beam_search` ends.

    With a shortlist, only what the sentences of one batch may need is scored; outputs then depend a little on which
    sentences those are.

    Args:
        loaded: a model with a Transformer encoder and decoder; it is converted here.
        compute_type: one of :data:`COMPUTE_TYPES`.
        threads: number of batches that are searched at the same time, each on one core; by default PyTorch's number of
            threads.
        shortlist: lexical shortlist that limits the output's symbols; by default all symbols are allowed.
        tuning: parameters of speed and stopping.

    Raises:
        InputError: if there is no such number format.
        UnsupportedError: if the model is of another kind, or CTranslate2 is not installed.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        *,
        compute_type: str = "float32",
        threads: int | None = None,
        shortlist: Shortlist | None = None,
        tuning: Tuning = DEFAULT_TUNING,
    ) -> None:
        if compute_type not in COMPUTE_TYPES:
            raise InputError(
                f"no type of number is called {compute_type}", remedy=f"give {' or '.join(COMPUTE_TYPES)}."
            )
        package = CTRANSLATE2.load("ctranslate2")
        self._sources, self._targets = (symbol_names(codec.tokenizer.vocabulary) for codec in loaded.codecs)
        self._end = loaded.codecs[1].special.end
        self._ids = {name: place for place, name in enumerate(self._targets)}
        self._longest_source, self._longest_target = longest_rows(loaded.recipe)
        self._repetition = RepetitionRule()
        self.compute_type = compute_type
        self._tuning = tuning
        self._has_shortlist = shortlist is not None
        with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
            write_ctranslate2(loaded, Path(folder), shortlist=shortlist)
            self._translator: Any = package.Translator(
                folder,
                "cpu",
                compute_type=compute_type,
                inter_threads=threads or torch.get_num_threads(),
                intra_threads=1,
            )

    @property
    def description(self) -> str:
        """The number format that CTranslate2 computes with."""
        return f"CTranslate2, {self.compute_type}" + (", shortlist" if self._has_shortlist else "")

    @property
    def features(self) -> frozenset[SearchFeature]:
        """Greedy and beam search, and minimum lengths."""
        return frozenset({SearchFeature.GREEDY, SearchFeature.BEAM, SearchFeature.MINIMUMS})

    def search(self, source: Packed, request: SearchRequest) -> SearchResult:
        """The best outputs for each row; see :meth:`~dragoman.predict.engine.Engine.search`.

        Raises:
            UnsupportedError: if something is asked for that CTranslate2 cannot do.
            InputError: if a row or a limit is longer than the converted model's position encodings.
        """
        request.check(source.layout.batch, self.features, "CTranslate2's engine")
        rows = source.rows()
        limits = request.most_tokens([len(row) for row in rows])
        minimums = request.minimums or [0] * len(rows)
        self._refuse_long(rows, limits)
        task = _Task([[self._sources[token] for token in row] for row in rows], limits, request)
        found: list[list[Hypothesis]] = [[] for _ in rows]
        for minimum in sorted({*minimums}):
            of_minimum = [place for place, least in enumerate(minimums) if least == minimum]
            self._search_with(replace(task, minimum=minimum), of_minimum, found)
        return SearchResult([hypotheses[: request.n_best] for hypotheses in found])

    def _search_with(self, task: _Task, rest: Sequence[int], found: list[list[Hypothesis]]) -> None:
        """Search for the rows ``rest``, which have one minimum length, and put their hypotheses into ``found``."""
        limits, count, longest = task.limits, task.request.n_best, max(task.limits[place] for place in rest)
        self._search_together(task, rest, longest, found)
        if task.request.method.width > 1:
            # All rows went on to the longest limit. Where too few hypotheses were complete by a row's own, those that
            # were live then matter, and some of them are gone.
            rest = [place for place in rest if limits[place] < longest and _complete(found[place]) < count]
            for limit in sorted({limits[place] for place in rest}):
                self._search_together(task, [place for place in rest if limits[place] == limit], limit, found)

    def _search_together(self, task: _Task, places: Sequence[int], longest: int, found: list[list[Hypothesis]]) -> None:
        """Search for the rows at ``places`` with at most ``longest`` tokens, and put their hypotheses into
        ``found``."""
        width, penalty, limits = task.request.method.width, task.penalty, task.limits
        # Without a penalty a sentence is done when its best hypothesis is.
        alpha = penalty.alpha if width > 1 else 0.0
        results = self._translator.translate_batch(
            [task.sources[place] for place in places],
            max_batch_size=self._tuning.batch,
            beam_size=width,
            num_hypotheses=width,
            patience=self._tuning.patience if alpha else 1,
            length_penalty=alpha,
            max_input_length=0,
            max_decoding_length=longest + 1,
            min_decoding_length=task.minimum,
            use_vmap=self._has_shortlist,
            suppress_sequences=[[self._targets[token]] for token in task.request.forbidden] or None,
            return_end_token=True,
            return_scores=True,
        )
        cut: list[_Cut] = []
        for place, result in zip(places, results, strict=True):
            found[place] = []
            for names, score in zip(result.hypotheses, result.scores, strict=True):
                tokens = [self._ids[name] for name in names]
                written = tokens[: limits[place]]
                loop = looping_prefix(written, self._repetition)
                if loop is not None:
                    cut.append(_Cut(place, tokens[:loop], Ending.REPETITION))
                elif tokens[-1:] == [self._end] and len(tokens) <= limits[place] + 1:
                    total = score * len(tokens) ** alpha
                    ranked = penalty.score(total, len(tokens))
                    found[place].append(Hypothesis(tokens[:-1], total, ranked, Ending.COMPLETE))
                else:
                    cut.append(_Cut(place, written, Ending.LENGTH))
            found[place].sort(key=lambda hypothesis: -hypothesis.score)
        self._add_cut(task, cut, found)

    def _add_cut(self, task: _Task, cut: list[_Cut], found: list[list[Hypothesis]]) -> None:
        """Add the hypotheses that had to be cut behind the complete ones of each row, by score."""
        if not cut:
            return
        results = self._translator.score_batch(
            [task.sources[one.place] for one in cut],
            [[self._targets[token] for token in one.tokens] for one in cut],
            max_batch_size=self._tuning.batch,
            max_input_length=0,
        )
        scored = []
        for one, result in zip(cut, results, strict=True):
            total = float(sum(result.log_probs[: len(one.tokens)]))
            kept = self._repetition.cut(one.tokens) if one.ending is Ending.REPETITION else one.tokens
            score = task.penalty.score(total, len(one.tokens))
            scored.append((one.place, Hypothesis(kept, total, score, one.ending)))
        for place, hypothesis in sorted(scored, key=lambda item: -item[1].score):
            found[place].append(hypothesis)

    def _refuse_long(self, rows: list[list[int]], limits: list[int]) -> None:
        longest = max((len(row) for row in rows), default=0), max(limits, default=0) + 1
        for tokens, known, side in zip(
            longest, (self._longest_source, self._longest_target), ("source", "output"), strict=True
        ):
            if tokens > known:
                raise InputError(
                    f"a row's {side} may have {tokens:,} tokens, and the converted model knows {known:,} positions",
                    remedy="split the line, set a lower limit, or translate with `--engine torch`.",
                )


@dataclass(frozen=True, slots=True)
class _Task:
    """The symbols of each source, the most tokens of each output, the fewest of all, and the search request."""

    sources: list[list[str]]
    limits: list[int]
    request: SearchRequest
    minimum: int = 0

    @property
    def penalty(self) -> LengthPenalty:
        """The length penalty that ranks hypotheses; greedy search needs none."""
        method = self.request.method
        return LengthPenalty(method.length_penalty if isinstance(method, Beam) else 0.0)


def _complete(hypotheses: list[Hypothesis]) -> int:
    return sum(hypothesis.ending is Ending.COMPLETE for hypothesis in hypotheses)


class _Cut(NamedTuple):
    """A hypothesis that its model did not end: its row, its scored tokens, and why it ends."""

    place: int
    tokens: list[int]
    ending: Ending


def looping_prefix(tokens: Sequence[int], rule: RepetitionRule) -> int | None:
    """Length of the shortest prefix that ends in a loop, where a search under ``rule`` would have stopped; None if
    there is none."""
    periods = range(1, rule.longest + 1)
    repeated = len(tokens) - len(set(tokens))
    # A loop repeats all of its tokens but the first period's.
    if repeated < min((rule.tail(period) - period for period in periods), default=repeated + 1):
        return None
    ends = (_loop_end(tokens, period, rule.tail(period)) for period in periods)
    return min((end for end in ends if end is not None), default=None)


def _loop_end(tokens: Sequence[int], period: int, tail: int) -> int | None:
    """Position where the first loop of ``period`` tokens has filled ``tail`` tokens."""
    equal = 0
    for place in range(period, len(tokens)):
        equal = equal + 1 if tokens[place] == tokens[place - period] else 0
        if equal == tail - period:
            return place + 1
    return None

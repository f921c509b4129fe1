"""The search for translations of the pieces of a text, and what is made of the hypotheses that it finds."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dragoman.contracts import (
    Beam,
    BestFirstBeam,
    DiverseBeam,
    Exact,
    Hypothesis,
    MinimumBayesRisk,
    Packed,
    Proof,
    Sample,
    SearchMethod,
    SearchRequest,
    SearchResult,
)
from dragoman.predict.capitals import CAPITALS, RESTORED, Capitals
from dragoman.predict.engine import Engine, in_parts
from dragoman.predict.examination import Examination
from dragoman.predict.minimum_bayes_risk import candidates_of, minimum_bayes_risk
from dragoman.predict.piece_demands import Demands, not_kept
from dragoman.predict.pieces import Piece
from dragoman.predict.translation import Translation
from dragoman.recipe import Recipe
from dragoman.text.codec import Codec
from dragoman.text.terminology import AppliedTerm

_RETRIED = 5
# Nats below the best translation at which another is none, only what a beam was filled up with.
_LEAST_PLAUSIBLE = 20.0
_NO_LIMIT = 2**31


class PieceSearch:
    """Searches for translations of pieces of text, each of which a model reads at once.

    Args:
        engine: search engine.
        source: codec that encoded the pieces.
        target: codec that decodes ids to target text.
        recipe: recipe with the limits of length, and with the length penalty of a second search.
        examination: examination of what goes in and comes out.
        capitals: treatment of texts in capitals.
    """

    def __init__(
        self,
        engine: Engine[Packed],
        source: Codec,
        target: Codec,
        recipe: Recipe,
        examination: Examination,
        capitals: Capitals,
    ) -> None:
        self.engine = engine
        self._source = source
        self._target = target
        self._recipe = recipe
        self._examination = examination
        self._capitals = capitals
        self._longest_target = (recipe.model.token_decoder.longest or _NO_LIMIT) - 1

    def translated(
        self, pieces: Sequence[Piece], request: SearchRequest, demands: Sequence[Demands | None]
    ) -> list[list[Translation]]:
        """The translations of each piece, best first. Where the best one loses or invents placeholders, and only one is
        asked for that was not drawn at random or proved, the best one that does not takes its place.

        Args:
            pieces: pieces of text.
            request: search request for each; limits of length are the recipe's.
            demands: what is demanded of the translations of each.
        """
        found = self._search_all(pieces, request, demands)
        self._mend(pieces, found, request, demands)
        return found

    def stream(
        self, pieces: Sequence[Piece], request: SearchRequest, demands: Sequence[Demands | None]
    ) -> Iterator[list[tuple[int, list[Translation]]]]:
        """The places of pieces with the translations of each, part by part, as soon as these are found; arguments and
        translations are those of :meth:`translated`."""
        if not pieces or isinstance(request.method, MinimumBayesRisk):
            yield [*enumerate(self.translated(pieces, request, demands))]
            return
        for places, result in in_parts(self.engine, *self._asked(pieces, _within(request, demands))):
            some, demanded = [pieces[place] for place in places], [demands[place] for place in places]
            found = self.decoded(some, result, demanded)
            self._mend(some, found, request, demanded)
            yield [*zip(places, found, strict=True)]

    def _mend(
        self,
        pieces: Sequence[Piece],
        found: list[list[Translation]],
        request: SearchRequest,
        demands: Sequence[Demands | None],
    ) -> None:
        """Search again where placeholders were lost or invented, if the request is one for which that is done."""
        if request.n_best == 1 and not isinstance(request.method, Sample | Exact):
            self._retry(pieces, found, request.method, demands)

    def _search_all(
        self, pieces: Sequence[Piece], request: SearchRequest, demands: Sequence[Demands | None]
    ) -> list[list[Translation]]:
        if not pieces:
            return []
        method = request.method
        if isinstance(method, MinimumBayesRisk):
            language = self._recipe.data.target_language
            candidates = self._search_all(pieces, candidates_of(request, method), demands)
            return [minimum_bayes_risk(each, method, language)[: request.n_best] for each in candidates]
        return self.decoded(pieces, self.search(pieces, _within(request, demands)), demands)

    def decoded(
        self, pieces: Sequence[Piece], result: SearchResult, demands: Sequence[Demands | None]
    ) -> list[list[Translation]]:
        """The translations that the hypotheses for each piece are."""
        proofs: Sequence[Proof | None] = result.proofs or [None] * len(pieces)
        return [
            self.decode(piece, hypotheses, proof, demanded)
            for piece, hypotheses, proof, demanded in zip(pieces, result.hypotheses, proofs, demands, strict=True)
        ]

    def search(self, pieces: Sequence[Piece], request: SearchRequest) -> SearchResult:
        """The hypotheses for each of one or more pieces; limits of length are the recipe's."""
        return self.engine.search(*self._asked(pieces, request))

    def _asked(self, pieces: Sequence[Piece], request: SearchRequest) -> tuple[Packed, SearchRequest]:
        """What the engine reads, and the request with limits of length."""
        rows = [[*piece.ids, self._source.special.end] for piece in pieces]
        limited = replace(
            request,
            limits=self.limits(pieces),
            # What is drawn for a text depends on nothing around it.
            numbers=list(map(_number, rows)) if isinstance(request.method, Sample) else None,
        )
        return Packed.of(rows), limited

    def limits(self, pieces: Sequence[Piece]) -> list[int]:
        """The most tokens of the translation of each piece; the end symbol of the source counts."""
        settings = self._recipe.search
        lengths = (len(piece.ids) + 1 for piece in pieces)
        limits = (math.ceil(settings.max_length_ratio * length) + settings.max_length_extra for length in lengths)
        return [min(limit, self._longest_target) for limit in limits]

    def _retry(
        self,
        pieces: Sequence[Piece],
        found: list[list[Translation]],
        method: SearchMethod,
        demands: Sequence[Demands | None],
    ) -> None:
        """Replace translations that lose or invent placeholders by better candidates, which are searched for among
        outputs without the units that stand for nothing in the source."""
        lost = [place for place, translations in enumerate(found) if not translations[0].placeholders_kept]
        if not lost:
            return
        for forbidden, places in self._by_units(pieces, lost):
            request = self.second_request(method, forbidden)
            candidates = self._search_all(
                [pieces[place] for place in places], request, [demands[place] for place in places]
            )
            for place, translations in zip(places, candidates, strict=True):
                chosen = with_placeholders(found[place][0], translations)
                if chosen is not None:
                    found[place] = [translations[chosen]]

    def second_request(self, method: SearchMethod, forbidden: Sequence[int], *, trace: bool = False) -> SearchRequest:
        """The search for a translation that keeps its source's placeholders, where the first one lost or invented some.

        Args:
            method: method of the first search.
            forbidden: units that stand for nothing in the source; see :meth:`foreign_units`.
            trace: whether the result has all hypotheses that the search considered.
        """
        ranked = Beam, BestFirstBeam, DiverseBeam
        penalty = method.length_penalty if isinstance(method, ranked) else self._recipe.search.length_penalty
        wide = Beam(max(method.width, _RETRIED), penalty)
        return SearchRequest(wide, n_best=wide.width, forbidden=forbidden, trace=trace)

    def foreign_units(self, piece: Piece) -> list[int]:
        """The ids of the units of placeholders that stand for nothing in a piece."""
        units = self._target.units.difference(piece.mask.placeholders)
        return sorted(map(self._target.tokenizer.vocabulary.ids.__getitem__, units))

    def _by_units(self, pieces: Sequence[Piece], places: list[int]) -> Iterator[tuple[list[int], list[int]]]:
        """Groups of pieces at ``places`` with the same units, each after the ids of the units that its sources lack."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for place in places:
            groups.setdefault(tuple(self.foreign_units(pieces[place])), []).append(place)
        for units, members in groups.items():
            yield [*units], members

    def decode(
        self,
        piece: Piece,
        hypotheses: list[Hypothesis],
        proof: Proof | None = None,
        demands: Demands | None = None,
    ) -> list[Translation]:
        """The translation that each hypothesis of a piece is.

        Args:
            piece: the piece.
            hypotheses: hypotheses for it.
            proof: what exact search has proved of them.
            demands: what is demanded of them.

        Raises:
            UnsupportedError: if one does not satisfy what is demanded of it.
        """
        answers = self._target.decode_hidden([h.tokens for h in hypotheses])
        hidden = [self._capitals.restored(text) for text in answers] if piece.in_capitals else answers
        translations = []
        for answer, in_capitals, shown, h in zip(
            answers, hidden, self._target.reveal(hidden, [piece.mask] * len(hidden)), hypotheses, strict=True
        ):
            terms: tuple[AppliedTerm, ...] = ()
            if demands is not None:
                demands.check(h, answer)
                terms = demands.applied(answer)
            concerns = (
                *piece.concerns,
                *((RESTORED,) if in_capitals != answer and CAPITALS not in piece.concerns else ()),
                *self._examination.of_output(piece.text, shown.text),
                *not_kept(terms),
            )
            kept = not shown.invented and self._source.placeholders.same(piece.text, shown.text)
            translations.append(
                Translation(
                    shown.text,
                    h.score,
                    h.log_probability,
                    h.ending,
                    len(h.tokens),
                    placeholders_kept=kept,
                    found=concerns,
                    proof=proof,
                    terms=terms,
                )
            )
        return translations


def with_placeholders(best: Translation, candidates: Sequence[Translation]) -> int | None:
    """The place of the first candidate that keeps the source's placeholders and is plausible beside the best
    translation, which does not; None if there is none."""
    least = best.log_probability - _LEAST_PLAUSIBLE
    plausible = (place for place, t in enumerate(candidates) if t.placeholders_kept and t.log_probability >= least)
    return next(plausible, None)


def _within(request: SearchRequest, demands: Sequence[Demands | None]) -> SearchRequest:
    """The request within what is demanded of each piece."""
    automata = [None if one is None else one.automaton for one in demands]
    return replace(request, constraints=automata) if any(automata) else request


def _number(ids: list[int]) -> int:
    """A number that stands for a text."""
    return int.from_bytes(hashlib.blake2b(np.array(ids, dtype=np.int64).tobytes(), digest_size=8).digest(), "little")

"""Machine translation: a model, its codecs and a search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np

from dragoman.contracts import (
    MinimumBayesRisk,
    Packed,
    SearchFeature,
    SearchMethod,
    SearchRequest,
    SearchResult,
)
from dragoman.contracts.expect import expect
from dragoman.data.line_chunks import LineChunk, chunks_of
from dragoman.errors import InputError, UnsupportedError
from dragoman.model.device import choose_device
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.aligner import Aligner, aligning_attention
from dragoman.predict.capitals import Capitals
from dragoman.predict.choose_engine import AskedEngine, choose_engine
from dragoman.predict.constraints import FREE, Constraints
from dragoman.predict.distinct_lines import DistinctLines, Found
from dragoman.predict.engine import Engine
from dragoman.predict.examination import Examination
from dragoman.predict.fallback_engine import FallbackEngine
from dragoman.predict.fused_language_model import FusedLanguageModel
from dragoman.predict.given import items_of, refuse_what_is_no_text, texts_of
from dragoman.predict.minimum_bayes_risk import candidates_of
from dragoman.predict.model_summary import model_summary
from dragoman.predict.piece_demands import Demands, PieceDemands, not_kept
from dragoman.predict.piece_search import PieceSearch
from dragoman.predict.pieces import Piece, SourcePieces
from dragoman.predict.search_request import search_request
from dragoman.predict.text_scores import TextScores, pair_losses
from dragoman.predict.torch_engine import TorchEngine
from dragoman.predict.translation import EMPTY, Translation, joined
from dragoman.predict.word_alignment import WordAlignment
from dragoman.predict.writer import Writer
from dragoman.progress.counting import Counting
from dragoman.recipe import Recipe
from dragoman.recipe.kinds import TRANSLATOR, require
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.given import given_path
from dragoman.text.codec import Codec, masks_for
from dragoman.text.language import writes_spaces
from dragoman.text.normalization import UNICODE_FORMS, normalize

if TYPE_CHECKING:
    from pandas import Series

StreamedChunk = tuple[LineChunk, Iterator[list[list[Translation]]]]
"""A chunk, and the translations of its lines in parts."""

_ALIGNED_TOGETHER = 1000
_NO_LIMIT = 2**31


class Translator(Shown):
    """Translates lines of text.

    >>> translator = Translator.load("runs/demo/best")
    >>> type(translator.translate("Good morning.")), len(translator.translate(["One.", "Two."]))
    (<class 'str'>, 2)
    >>> best, second = translator.n_best(["Good morning."], count=2, beam=4)[0]
    >>> best.score >= second.score
    True
    >>> translator.score(["Guten Morgen."], ["Good morning."]).nats.shape
    (1,)

    Attributes:
        by_piece: search for translations of pieces of text, in which lines are read.

    Args:
        model: encoder and decoder; put into evaluation mode.
        source: codec that encodes source text to ids.
        target: codec that decodes ids to target text.
        recipe: recipe with the settings of normalisation and of the search, which calls may override.
        engine: search engine; by default PyTorch's.
    """

    def __init__(
        self, model: EncoderDecoder, source: Codec, target: Codec, recipe: Recipe, engine: Engine[Packed] | None = None
    ) -> None:
        self.model = model
        self.source = source
        self.target = target
        self.recipe = recipe
        longest = min(recipe.cleaning.max_tokens, recipe.model.text_encoder.longest or _NO_LIMIT) - 1
        languages = recipe.data.source_language, recipe.data.target_language
        examination, capitals = Examination(source, languages), Capitals(languages)
        engine = engine or TorchEngine(model, target.special, batch_tokens=recipe.search.batch_tokens)
        self.by_piece = PieceSearch(engine, source, target, recipe, examination, capitals)
        self._pieces = SourcePieces(source, target, longest, examination, capitals)
        self._demands = PieceDemands(target, languages[1], lambda text: self.normalized_targets([text])[0])
        self._joint = " " if writes_spaces(recipe.data.target_language) else ""

    @property
    def engine(self) -> Engine[Packed]:
        """The search engine."""
        return self.by_piece.engine

    @engine.setter
    def engine(self, engine: Engine[Packed]) -> None:
        self.by_piece.engine = engine

    def summary(self) -> Summary:
        """A short summary of the model."""
        data = self.recipe.data
        facts = {"languages": f"{data.source_language} → {data.target_language}", "engine": self.engine.description}
        return model_summary(self.recipe.model, self.model, facts)

    @classmethod
    def load(
        cls,
        folder: Path | str,
        *,
        device: str = "auto",
        language_model: Path | str | None = None,
        language_model_weight: float = 0.1,
        engine: str = "torch",
        compute: str = "auto",
        shortlist: bool | None = None,
    ) -> Translator:
        """Load the model in ``folder`` onto ``auto``, ``cpu``, ``cuda`` or ``mps``.

        Args:
            folder: folder of the model.
            device: device to compute on.
            engine: name of the search engine; see :class:`~dragoman.predict.choose_engine.AskedEngine`.
            compute: number format of the engine; see :class:`~dragoman.predict.choose_engine.AskedEngine`.
            shortlist: whether outputs are limited to the symbols of the model's lexical shortlist; None for what was
                chosen when the model was saved.
            language_model: folder of a language model over the same vocabulary, fused into every step of a search.
            language_model_weight: weight of the language model's log-probabilities; the translator's have weight 1.

        Raises:
            InputError: if a folder holds another kind of model, the vocabularies differ, or there is no such engine.
            UnsupportedError: if the engine cannot translate with it.
        """
        asked = AskedEngine(engine, compute, shortlist, given_path(folder, "the folder of a model"))
        loaded = load_model(folder, choose_device(device))
        translator = cls.of(loaded, folder)
        fused = None
        if language_model is not None:
            writer = Writer.load(language_model, device=device)
            fused = FusedLanguageModel.of(writer, translator.target, language_model_weight, language_model)
        translator.engine = choose_engine(loaded, asked, language_model=fused)
        return translator

    @classmethod
    def of(cls, loaded: LoadedModel, folder: Path | str) -> Translator:
        """A translator from a model that was loaded from ``folder``.

        Raises:
            InputError: if the model is no translator.
        """
        require(loaded.recipe.model, TRANSLATOR, folder)
        return cls(expect(loaded.model, EncoderDecoder), *loaded.codecs, loaded.recipe)

    @overload
    def translate(
        self,
        texts: str,
        *,
        search: SearchMethod | None = ...,
        beam: int | None = ...,
        length_penalty: float | None = ...,
        constraints: Constraints | Sequence[Constraints] = ...,
        progress: bool | None = ...,
    ) -> str: ...
    @overload
    def translate(
        self,
        texts: list[str],
        *,
        search: SearchMethod | None = ...,
        beam: int | None = ...,
        length_penalty: float | None = ...,
        constraints: Constraints | Sequence[Constraints] = ...,
        progress: bool | None = ...,
    ) -> list[str]: ...
    @overload
    def translate(
        self,
        texts: Series[str],
        *,
        search: SearchMethod | None = ...,
        beam: int | None = ...,
        length_penalty: float | None = ...,
        constraints: Constraints | Sequence[Constraints] = ...,
        progress: bool | None = ...,
    ) -> Series[str]: ...

    def translate(
        self,
        texts: str | list[str] | Series[str],
        *,
        search: SearchMethod | None = None,
        beam: int | None = None,
        length_penalty: float | None = None,
        constraints: Constraints | Sequence[Constraints] = FREE,
        progress: bool | None = None,
    ) -> str | list[str] | Series[str]:
        """Translate each text.

        Args:
            texts: one text; a list, or anything else that gives texts in an order, which gives a list; or a pandas
                Series, whose index and name the result then has. An empty text, and a missing value of a Series, gives
                an empty translation.
            search: method of search, such as ``Sample()`` or ``MinimumBayesRisk()``; by default a beam.
            beam: width of the beam in the place of a method; 1 is greedy search. By default the recipe's.
            length_penalty: exponent α of the beam; by default the recipe's.
            constraints: what each translation must contain, must not contain and must begin with, and a terminology;
                for all texts the same, or a sequence with those of each. An empty text stays empty.
            progress: whether to show how far it is; by default where a person watches: on a terminal, or in a notebook.

        Raises:
            InputError: if an item is not text, or ``texts`` is a table or another thing without ordered texts; if a
                method is given beside a beam or a length penalty; or if no translation can satisfy the constraints.
            UnsupportedError: if the engine has no such search, or no constraints.
        """
        request = search_request(self.recipe.search, search=search, beam=beam, length_penalty=length_penalty)
        return self._translate_any(texts, request, constraints, progress)

    def _translate_any(
        self,
        texts: str | list[str] | Series[str],
        request: SearchRequest,
        constraints: Constraints | Sequence[Constraints],
        progress: bool | None,
    ) -> str | list[str] | Series[str]:
        if isinstance(texts, str):
            return self._texts([texts], request, constraints, progress=False)[0]
        series = cast(Any, texts)
        if not hasattr(series, "notna") or hasattr(series, "columns"):
            return self._texts(list(items_of(texts)), request, constraints, progress)
        filled = series.astype(object).where(series.notna(), "")
        outputs = self._texts(filled.tolist(), request, constraints, progress)
        return type(series)(outputs, index=series.index, name=series.name, dtype=object)

    def _texts(
        self,
        texts: list[str],
        request: SearchRequest,
        constraints: Constraints | Sequence[Constraints],
        progress: bool | None,
    ) -> list[str]:
        _check_count(constraints, len(texts))
        with Counting(len(texts), "lines", progress) as counting:
            chunks = self.translate_chunks(chunks_of(texts), request, constraints)
            return [best.text for best, *_ in counting.over(each for _, found in chunks for each in found)]

    def n_best(
        self,
        texts: Sequence[str],
        count: int,
        *,
        search: SearchMethod | None = None,
        beam: int | None = None,
        length_penalty: float | None = None,
        constraints: Constraints | Sequence[Constraints] = FREE,
        progress: bool | None = None,
    ) -> list[list[Translation]]:
        """Up to ``count`` translations of each text, best first; samples in the order in which they were drawn. Without
        a method, the beam is at least ``count`` wide. A line too long for the model has one translation, joined from
        the best ones of its pieces. ``search``, ``constraints`` and ``progress`` are as for :meth:`translate`."""
        texts = texts_of(texts)
        _check_count(constraints, len(texts))
        request = search_request(
            self.recipe.search, search=search, beam=beam, length_penalty=length_penalty, n_best=count
        )
        chunks = self.translate_chunks(chunks_of(texts), request, constraints)
        with Counting(len(texts), "lines", progress) as counting:
            return list(counting.over(translations for _, found in chunks for translations in found))

    def stream(
        self,
        lines: Iterable[str],
        *,
        search: SearchMethod | None = None,
        beam: int | None = None,
        length_penalty: float | None = None,
        constraints: Constraints = FREE,
    ) -> Iterator[Translation]:
        """Translate lines in order, however many there are: some thousand are held in memory at a time. A translation
        is there as soon as it and all before it are found, where the engine hands over what it has found.

        Where the best translation loses or invents a placeholder, a tag or a URL, the best one that does not is taken;
        if there is none, the translation is flagged. Samples, and what exact search found, stay as they are. ``search``
        and ``constraints`` are as for :meth:`translate`.
        """
        request = search_request(self.recipe.search, search=search, beam=beam, length_penalty=length_penalty)
        chunks = self.stream_chunks(chunks_of(items_of(lines)), request, constraints)
        return (translations[0] for _, parts in chunks for found in parts for translations in found)

    def translate_chunks(
        self,
        chunks: Iterable[LineChunk],
        request: SearchRequest,
        constraints: Constraints | Sequence[Constraints] = FREE,
    ) -> Iterator[tuple[LineChunk, list[list[Translation]]]]:
        """Translate chunks of lines, with up to ``request.n_best`` translations of each line, as :meth:`n_best` and
        :meth:`stream` return them. The result for a chunk depends on nothing outside it; equal lines in it are
        translated once.

        Args:
            chunks: lines of text.
            request: search request for each line; limits of length are the recipe's.
            constraints: constraints of all lines, or of each.

        Raises:
            InputError: if an item is not text, or no translation of a line can satisfy its constraints.
            UnsupportedError: if there are constraints, and the engine has none.
        """
        for chunk, parts in self._each_chunk(chunks, request, constraints, early=False):
            yield chunk, [translations for some in parts for translations in some]

    def stream_chunks(
        self,
        chunks: Iterable[LineChunk],
        request: SearchRequest,
        constraints: Constraints | Sequence[Constraints] = FREE,
    ) -> Iterator[StreamedChunk]:
        """Translate chunks of lines as :meth:`translate_chunks` does, where the translations of a chunk's lines come in
        their order, in parts, each as soon as it and all before it are found. A chunk's parts are to be taken before
        the next chunk."""
        return self._each_chunk(chunks, request, constraints, early=True)

    def _each_chunk(
        self,
        chunks: Iterable[LineChunk],
        request: SearchRequest,
        constraints: Constraints | Sequence[Constraints],
        *,
        early: bool,
    ) -> Iterator[StreamedChunk]:
        self.check_constraints(constraints)
        for chunk in chunks:
            refuse_what_is_no_text(chunk.lines, chunk.first)
            lines = DistinctLines.of(chunk, constraints)
            yield chunk, lines.in_order(self._translate(lines, request, early=early))

    def check_constraints(self, constraints: Constraints | Sequence[Constraints]) -> None:
        """Refuse constraints that no translation can satisfy, or that the engine cannot see to.

        Raises:
            InputError: naming what contradicts each other, or what the vocabulary cannot spell.
            UnsupportedError: if the engine has no constraints.
        """
        given = [constraints] if isinstance(constraints, Constraints) else dict.fromkeys(constraints)
        for one in filter(None, given):
            if SearchFeature.CONSTRAINTS not in self.engine.features:
                raise UnsupportedError(
                    f"{self.engine.description} has no {SearchFeature.CONSTRAINTS.value}",
                    remedy="translate with `--engine torch`, or leave the engine to `auto`.",
                )
            self._demands.check(one)

    def searching(self, request: SearchRequest, constraints: Constraints = FREE) -> str:
        """The description of the engine that answers a request; see :class:`~dragoman.predict.engine.Engine`."""
        if isinstance(request.method, MinimumBayesRisk):
            return self.searching(candidates_of(request, request.method))
        engine = self.engine
        if not isinstance(engine, FallbackEngine):
            return engine.description
        free = engine.described_for(request)
        bound = engine.described_for(replace(request, constraints=())) if constraints else free
        only_terms = constraints.terminology is not None and not constraints.phrases()
        return free if bound == free else f"{free}; for lines with terms {bound}" if only_terms else bound

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> TextScores:
        """The probability of each target as the translation of its source.

        Raises:
            InputError: if the numbers of sources and targets differ, or one of them is not text.
        """
        sources, targets = texts_of(sources), texts_of(targets)
        if len(sources) != len(targets):
            raise InputError(
                f"{len(sources):,} sources and {len(targets):,} targets",
                remedy="give a target for each source, line by line.",
            )
        lefts = self._normalized(sources)
        rights = self.normalized_targets(targets)
        masks = masks_for(lefts, self.source, self.target)
        source_ids, target_ids = (
            [[*ids, codec.special.end] for ids in codec.encode_batch(texts, masks)]
            for codec, texts in ((self.source, lefts), (self.target, rights))
        )
        self.model.eval()
        nats = pair_losses(self.model, source_ids, target_ids, batch_tokens=self.recipe.search.batch_tokens)
        tokens, characters = (
            np.array(counts, dtype=np.float64)
            for counts in ([len(ids) for ids in target_ids], [len(text) + 1 for text in rights])
        )
        return TextScores(nats, tokens, characters)

    def align(
        self, sources: Sequence[str], targets: Sequence[str], *, progress: bool | None = None
    ) -> list[WordAlignment]:
        """The links between the words of each source and of its translation, by the model's attention while it reads
        both; see :func:`~dragoman.predict.aligner.aligning_attention`. Words are what white space stands between.

        Args:
            sources: texts of the source language.
            targets: a translation of each, from wherever it comes. An empty text has no links.
            progress: whether to show how far it is, as for :meth:`translate`.

        Raises:
            InputError: if the numbers of sources and targets differ, or one of them is not text.
            UnsupportedError: if the model's decoder does not attend to the source.
        """
        sources, targets = texts_of(sources), texts_of(targets)
        if len(sources) != len(targets):
            raise InputError(
                f"{len(sources):,} sources and {len(targets):,} targets",
                remedy="give a target for each source, line by line.",
            )
        with Counting(len(sources), "lines", progress) as counting:
            return list(counting.over(self.align_stream(zip(sources, targets, strict=True))))

    def check_alignment(self) -> None:
        """Check that words can be aligned.

        Raises:
            UnsupportedError: if the model's decoder does not attend to the source.
        """
        aligning_attention(self.model, self.recipe)

    def align_stream(self, pairs: Iterable[tuple[str, str]]) -> Iterator[WordAlignment]:
        """Align pairs of a source and a target in order, however many there are; arguments and result are those of
        :meth:`align`."""
        normalizers = self._normalized, self.normalized_targets
        aligner = Aligner(self.model, self.source, self.target, self.recipe, normalizers)
        remaining = iter(pairs)
        while chunk := list(islice(remaining, _ALIGNED_TOGETHER)):
            yield from aligner.align([source for source, _ in chunk], [target for _, target in chunk])

    def normalized_targets(self, texts: Sequence[str]) -> list[str]:
        """Target texts in the normal form that the model learnt from."""
        return self._normalized(texts, no_break_spaces=self.recipe.cleaning.no_break_spaces)

    def pieces(self, texts: Sequence[str]) -> list[Piece]:
        """The pieces in which texts are searched for; a text without visible characters has none."""
        return self._pieces.of(self._normalized(texts))

    def _normalized(self, texts: Sequence[str], *, no_break_spaces: bool = False) -> list[str]:
        cleaning = self.recipe.cleaning
        form, collapse = UNICODE_FORMS[cleaning.unicode_form], cleaning.collapse_white_space
        return [normalize(text, form, collapse_white_space=collapse, no_break_spaces=no_break_spaces) for text in texts]

    def _translate(self, lines: DistinctLines, request: SearchRequest, *, early: bool) -> Iterator[list[Found]]:
        """The translations of texts: all at once, or some after the other as soon as they are found."""
        pieces = self.pieces(lines.texts)
        demands: list[Demands | None] = [None] * len(pieces)
        if any(lines.constraints):
            demands = self._demands.of(pieces, lines.constraints, lines.numbers, self.by_piece.limits(pieces))
        of_line: list[list[int]] = [[] for _ in lines.texts]
        for place, piece in enumerate(pieces):
            of_line[piece.line].append(place)
        yield [(line, [EMPTY]) for line, places in enumerate(of_line) if not places]
        left = [len(places) for places in of_line]
        by_piece: dict[int, list[Translation]] = {}
        parts: Iterable[list[Found]] = (
            self.by_piece.stream(pieces, request, demands)
            if early
            else [[*enumerate(self.by_piece.translated(pieces, request, demands))]]
        )
        for part in parts:
            by_piece.update(part)
            whole = []
            for line in (pieces[place].line for place, _ in part):
                left[line] -= 1
                if not left[line]:
                    whole.append((line, self._line([by_piece[place] for place in of_line[line]], lines, line)))
            yield whole

    def searched(self, texts: Sequence[str], request: SearchRequest) -> tuple[list[list[Translation]], int | None]:
        """What one search finds for each text, also where it loses placeholders; and the number of hypotheses whose
        continuations the model scored, None where the engine does not count them."""
        pieces = self.pieces(texts)
        result = self.by_piece.search(pieces, request) if pieces else SearchResult([], calls=0)
        found = self.by_piece.decoded(pieces, result, [None] * len(pieces))
        lines = [
            [EMPTY] if not parts else parts[0] if len(parts) == 1 else [joined([p[0] for p in parts], self._joint)]
            for parts in _by_line(len(texts), pieces, found)
        ]
        return lines, result.calls

    def _line(self, parts: Sequence[list[Translation]], lines: DistinctLines, place: int) -> list[Translation]:
        """The translations of the text at ``place`` from those of its pieces; from the best ones where it has many."""
        if len(parts) == 1:
            return parts[0]
        whole = joined([translations[0] for translations in parts], self._joint)
        constraints = lines.constraints[place]
        if constraints:
            text = self._normalized([lines.texts[place]])[0]
            terms = self._demands.of_whole(whole, text, constraints, lines.numbers[place])
            whole = replace(whole, terms=(*whole.terms, *terms), found=(*whole.found, *not_kept(terms)))
        return [whole]


def _by_line(lines: int, pieces: Sequence[Piece], found: Sequence[list[Translation]]) -> list[list[list[Translation]]]:
    """For each line the translations of each of its pieces."""
    of_line: list[list[list[Translation]]] = [[] for _ in range(lines)]
    for piece, translations in zip(pieces, found, strict=True):
        of_line[piece.line].append(translations)
    return of_line


def _check_count(constraints: Constraints | Sequence[Constraints], texts: int) -> None:
    if not isinstance(constraints, Constraints) and len(constraints) != texts:
        raise InputError(
            f"{len(constraints):,} constraints for {texts:,} texts", remedy="give one for all, or one for each text."
        )

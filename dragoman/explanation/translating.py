"""Explains translations: searches, then reads what was found, and what is proposed instead, token by token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.alignment.attention_links import attention_links
from dragoman.alignment.links import Link
from dragoman.contracts import Batch, Ending, Hypothesis, Packed, Sample, SearchMethod, SearchRequest, SearchTrace
from dragoman.errors import InputError, UnsupportedError
from dragoman.explanation.asked import Asked, described, exponent_of, keeps_trace, proved
from dragoman.explanation.attention_map import AttentionMap, attention_maps
from dragoman.explanation.readable import Readable
from dragoman.explanation.scored_text import ScoredText, Token
from dragoman.explanation.scoring import Scoring
from dragoman.explanation.spelling import refuse_what_is_longer, spelt
from dragoman.explanation.trace_tree import tree_of
from dragoman.explanation.translation import TranslationExplanation
from dragoman.explanation.tree import BeamTree
from dragoman.model.attention_weights import Side, attention_layers, attention_weights
from dragoman.predict.aligner import aligning_attention
from dragoman.predict.capitals import CAPITALS, Capitals
from dragoman.predict.piece_search import with_placeholders
from dragoman.predict.pieces import Piece
from dragoman.predict.torch_engine import TorchEngine
from dragoman.predict.translation import Translation
from dragoman.predict.translator import Translator
from dragoman.search.length_penalty import LengthPenalty
from dragoman.text.language import writes_spaces
from dragoman.text.placeholder_mask import Mask

_AGAIN = (
    "The first search lost or invented a placeholder, so that a second one was made, which is the one that is shown."
)


def explain_translations(translator: Translator, texts: Sequence[str], asked: Asked) -> list[TranslationExplanation]:
    """Why a translator translates each text as it does.

    Args:
        translator: the translator. Another engine than PyTorch's, which keeps no trace, is passed by.
        texts: texts to translate. One that is too long for the model is explained piece by piece.
        asked: what the caller wants to know.

    Raises:
        InputError: if a text has no visible characters; or a translation is proposed of a text that is too long for
            the model, or one that the vocabulary cannot spell or that is too long.
        UnsupportedError: if a language model takes part in the translator's search.
    """
    explainer = _Explainer(_by_torch(translator), asked, asked.method(translator.recipe.search))
    found = []
    for number, text in enumerate(texts, start=1):
        pieces = explainer.translator.pieces([text])
        if not pieces:
            raise InputError(
                f"text {number} is empty, or has no visible character: {text[:_SHOWN]!r}",
                cause="such a text is not given to the model; its translation is empty.",
                remedy="give a text.",
            )
        if len(pieces) > 1 and asked.proposed is not None:
            raise InputError(
                f"a translation is proposed of a text that the model translates in {len(pieces)} pieces",
                cause="the text is too long for the model.",
                remedy="propose a translation of one piece at a time; without a proposal, each piece is explained.",
            )
        found += [explainer.explained(piece, place, len(pieces)) for place, piece in enumerate(pieces, start=1)]
    return found


_SHOWN = 40


def _by_torch(translator: Translator) -> Translator:
    """The translator with PyTorch's engine."""
    engine = translator.engine
    if isinstance(engine, TorchEngine):
        if engine.language_model is not None:
            raise UnsupportedError(
                "a translator whose search a language model takes part in cannot be explained",
                cause="the scores of its search are no probabilities of its own.",
                remedy="load it without the language model.",
            )
        return translator
    return Translator(translator.model, translator.source, translator.target, translator.recipe)


@dataclass(frozen=True, slots=True)
class _Searched:
    """What a search found for one piece: the hypothesis, the translation that it is, and how it was found."""

    hypothesis: Hypothesis
    translation: Translation
    method: SearchMethod
    trace: SearchTrace
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Explainer:
    """Explains the pieces of texts one after the other."""

    translator: Translator
    asked: Asked
    method: SearchMethod

    def explained(self, piece: Piece, number: int, pieces: int) -> TranslationExplanation:
        """The explanation of one piece, which is number ``number`` of ``pieces`` of its text."""
        searched = self._searched(piece)
        scoring, ids = self._scoring(piece, searched.method), self._ids(searched.hypothesis)
        source = [*piece.ids, self.translator.source.special.end]
        found = self._scored(scoring, source, searched.translation.text, ids, searched.hypothesis.ending)
        proposed = None if self.asked.proposed is None else self._proposed(scoring, piece, source, self.asked.proposed)
        read = self._readable_source(piece).tokens(source)
        attention = self._attention(scoring.readable, source, read, ids, found)
        return TranslationExplanation(
            source=piece.text,
            source_tokens=read,
            found=found,
            proposed=proposed,
            drawn=isinstance(searched.method, Sample),
            tree=self._tree(scoring.readable, searched, ids),
            attention=attention,
            links=self._links(attention, complete=found.ending is Ending.COMPLETE),
            notes=(*searched.notes, *map(str, searched.translation.concerns)),
            piece=number,
            pieces=pieces,
        )

    def _searched(self, piece: Piece) -> _Searched:
        """What the translator finds, which searches again where a placeholder is lost."""
        first = self._by_request(piece, SearchRequest(self.method, trace=keeps_trace(self.method)))[0]
        if first.translation.placeholders_kept or isinstance(self.method, Sample):
            return first
        by_piece = self.translator.by_piece
        request = by_piece.second_request(self.method, by_piece.foreign_units(piece), trace=True)
        candidates = self._by_request(piece, request)
        chosen = with_placeholders(first.translation, [candidate.translation for candidate in candidates])
        return first if chosen is None else candidates[chosen]

    def _by_request(self, piece: Piece, request: SearchRequest) -> list[_Searched]:
        """What a search finds for the piece, best first."""
        by_piece = self.translator.by_piece
        result = by_piece.search([piece], request)
        (trace,) = result.trace or [SearchTrace(())]
        hypotheses = result.hypotheses[0]
        translations = by_piece.decode(piece, hypotheses)
        notes = (_AGAIN,) if request.forbidden else ()
        if result.proofs is not None:
            notes = (*notes, proved(result.proofs[0], hypotheses[0].score))
        return [
            _Searched(hypothesis, translation, request.method, trace, notes)
            for hypothesis, translation in zip(hypotheses, translations, strict=True)
        ]

    def _ids(self, hypothesis: Hypothesis) -> list[int]:
        end = [self.translator.target.special.end] if hypothesis.ending is Ending.COMPLETE else []
        return [*hypothesis.tokens, *end]

    def _scoring(self, piece: Piece, method: SearchMethod) -> Scoring:
        target, language = self.translator.target, self.translator.recipe.data.target_language
        readable = Readable(target.tokenizer.vocabulary, piece.mask.placeholders, spaced=writes_spaces(language))
        penalty = LengthPenalty(exponent_of(method))
        return Scoring(self.translator.model, target.special, readable, self.asked.alternatives, penalty)

    def _readable_source(self, piece: Piece) -> Readable:
        spaced = writes_spaces(self.translator.recipe.data.source_language)
        return Readable(self.translator.source.tokenizer.vocabulary, piece.mask.placeholders, spaced=spaced)

    def _scored(self, scoring: Scoring, source: list[int], text: str, ids: list[int], ending: Ending) -> ScoredText:
        if not ids:
            return ScoredText(text, (), 0.0, 0.0, ending)
        return scoring.scored(text, ids, ending, self._batch(source, ids))

    def _batch(self, source: list[int], ids: list[int]) -> Batch:
        model = self.translator.model
        return model.batch_of(Packed.of([source], model.device), Packed.of([ids], model.device))

    def _proposed(self, scoring: Scoring, piece: Piece, source: list[int], text: str) -> ScoredText:
        translator = self.translator
        (normalized,) = translator.normalized_targets([text])
        mask, written = piece.mask, normalized
        if CAPITALS in piece.concerns:
            recipe = translator.recipe.data
            capitals = Capitals((recipe.source_language, recipe.target_language))
            mask, written = Mask.of("", frozenset()), capitals.answered(piece.mask.hide(normalized))
        ids = [*spelt(translator.target, written, mask), translator.target.special.end]
        refuse_what_is_longer(ids, translator.recipe.model.token_decoder.longest)
        return self._scored(scoring, source, normalized, ids, Ending.COMPLETE)

    def _tree(self, readable: Readable, searched: _Searched, ids: list[int]) -> BeamTree:
        method = described(searched.method)
        return tree_of(searched.trace, ids, readable.symbol, lost=self.asked.alternatives, method=method)

    def _attention(
        self, readable: Readable, source: list[int], read: tuple[Token, ...], ids: list[int], found: ScoredText
    ) -> tuple[AttentionMap, ...]:
        model = self.translator.model
        if not ids or not attention_layers(model):
            return ()
        written = [token.token.text for token in found.tokens]
        maps = attention_maps(
            attention_weights(model, self._batch(source, ids)),
            0,
            source=[token.text for token in read],
            read=[readable.symbol(self.translator.target.special.start), *written[:-1]],
            written=written,
        )
        return tuple(maps)

    def _links(self, attention: Sequence[AttentionMap], *, complete: bool) -> tuple[Link, ...]:
        """The links between tokens, by the attention that words are aligned by; end symbols have none."""
        if not any(found.side is Side.CROSS for found in attention):
            return ()
        aligning = aligning_attention(self.translator.model, self.translator.recipe)
        (weights,) = (aligning.weights(found.heads) for found in attention if found.name == aligning.layer.name)
        return tuple(attention_links(weights[: len(weights) - complete, :-1]))

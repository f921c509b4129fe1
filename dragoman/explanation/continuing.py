"""Explains what a language model writes: searches, then reads what was found, and what is proposed, token by token."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.contracts import Ending, Greedy, Nothing, Packed, Sample, SearchRequest, SearchTrace
from dragoman.explanation.asked import Asked, described, exponent_of, keeps_trace, proved
from dragoman.explanation.attention_map import AttentionMap, attention_maps
from dragoman.explanation.continuation import ContinuationExplanation
from dragoman.explanation.readable import Readable
from dragoman.explanation.scored_text import ScoredText
from dragoman.explanation.scoring import Scoring
from dragoman.explanation.spelling import refuse_what_is_longer, spelt
from dragoman.explanation.trace_tree import tree_of
from dragoman.model.attention_weights import attention_layers, attention_weights
from dragoman.predict.writer import Writer
from dragoman.search.length_penalty import LengthPenalty
from dragoman.text.language import writes_spaces
from dragoman.text.placeholder_mask import Mask

LONGEST = 100
"""The most tokens that a language model writes to be explained."""


def explain_continuations(writer: Writer, prompts: Sequence[str], asked: Asked) -> list[ContinuationExplanation]:
    """Why a language model goes on with each prompt as it does; by default with the most probable symbol each time.

    Args:
        writer: the language model.
        prompts: beginnings of texts; an empty one asks for a new text.
        asked: what the caller wants to know. A proposed text is what follows the prompt, from its first word on.

    Raises:
        InputError: if a proposed text cannot be spelt by the vocabulary, or is too long for the model.
    """
    return [_explained(writer, prompt, asked) for prompt in prompts]


def _explained(writer: Writer, prompt: str, asked: Asked) -> ContinuationExplanation:
    method = asked.method(writer.recipe.search, usual=Greedy())
    (before,), (mask,) = writer.encoded([prompt])
    longest = writer.recipe.model.token_decoder.longest
    limit = LONGEST if longest is None else min(LONGEST, longest - len(before) - 1)
    request = SearchRequest(method, limits=[max(limit, 0)], prefixes=[before], trace=keeps_trace(method))
    result = writer.engine.search(Nothing(1), request)
    best, end = result.best[0], writer.codec.special.end
    ids = [*best.tokens, *([end] if best.ending is Ending.COMPLETE else [])]
    spaced = writes_spaces(writer.recipe.data.target_language)
    readable = Readable(writer.codec.tokenizer.vocabulary, mask.placeholders, spaced=spaced)
    penalty = LengthPenalty(exponent_of(method))
    scoring = Scoring(writer.model, writer.codec.special, readable, asked.alternatives, penalty, len(before))
    (text,) = writer.codec.decode_batch([best.tokens], [mask])
    proposed = None if asked.proposed is None else _proposed(writer, scoring, before, mask, asked.proposed)
    (trace,) = result.trace or [SearchTrace(())]
    return ContinuationExplanation(
        prompt=prompt,
        prompt_tokens=readable.tokens(before),
        found=_scored(writer, scoring, before, text, ids, best.ending),
        proposed=proposed,
        drawn=isinstance(method, Sample),
        tree=tree_of(trace, ids, readable.symbol, lost=asked.alternatives, method=described(method)),
        attention=_attention(writer, readable, [*before, *ids]),
        notes=(proved(result.proofs[0], best.score),) if result.proofs is not None else (),
    )


def _scored(
    writer: Writer, scoring: Scoring, before: list[int], text: str, ids: list[int], ending: Ending
) -> ScoredText:
    if not ids:
        return ScoredText(text, (), 0.0, 0.0, ending)
    whole = Packed.of([[*before, *ids]], writer.model.device)
    return scoring.scored(text, ids, ending, writer.model.batch_of(None, whole))


def _proposed(writer: Writer, scoring: Scoring, before: list[int], mask: Mask, text: str) -> ScoredText:
    (normalized,) = writer.normalized([text])
    ids = [*spelt(writer.codec, normalized, mask), writer.codec.special.end]
    refuse_what_is_longer([*before, *ids], writer.recipe.model.token_decoder.longest)
    return _scored(writer, scoring, before, normalized, ids, Ending.COMPLETE)


def _attention(writer: Writer, readable: Readable, ids: list[int]) -> tuple[AttentionMap, ...]:
    model = writer.model
    if not ids or not attention_layers(model):
        return ()
    weights = attention_weights(model, model.batch_of(None, Packed.of([ids], model.device)))
    written = [token.text for token in readable.tokens(ids)]
    read = [readable.symbol(writer.codec.special.start), *written[:-1]]
    return tuple(attention_maps(weights, 0, source=[], read=read, written=written))

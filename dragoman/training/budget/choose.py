"""Which recipe fits a corpus and a time: explicit tables, and the rules by which they are read.

The rows for corpora of short pairs are from single runs of the model of ``tiny`` on Multi30k English → German (29,000
pairs) in mini-batches of 2,048 target tokens, with one thread; BLEU on test 2016, beam 5. After 800 updates (3.7
passes) Muon with a cosine reached 33.0; 33.4 with linear decay; 33.8 with that and output projections that begin at
zero; and 37.2 with embeddings from contexts and guided alignment besides. There, 0.1 of dropout was better than 0.2 by
1.7 BLEU, and 1,200 updates with 0.1 came to 38.3. With 0.2, 2,000 updates (9.2 passes) came to 39.2. The other rows are
set by judgement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from dragoman.storage.json import JsonObject
from dragoman.training.budget.corpus import CorpusSeen

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a Transformer, the same for encoder and decoder.

    Attributes:
        name: the preset with these sizes.
        layers: number of layers on each side.
        width: width of the model.
        feed_forward: width of the feed-forward network.
        heads: heads of each attention.
        vocabulary: symbols, for corpora that are large enough for them.
        learning_rate: peak learning rates of AdamW by passes at most, the last for any more; Muon's is a multiple.
    """

    name: str
    layers: int
    width: int
    feed_forward: int
    heads: int
    vocabulary: int
    learning_rate: tuple[tuple[float, float], ...]

    def operations(self, seen: CorpusSeen) -> float:
        """Floating-point operations of one pass over a corpus: six for each weight that a token meets."""
        d, f = self.width, self.feed_forward
        reading = self.layers * (4 * d * d + 2 * d * f) * seen.source_tokens
        writing = (self.layers * (8 * d * d + 2 * d * f) + d * self.vocabulary) * seen.target_tokens
        return 6.0 * (reading + writing)


ANY = float("inf")

TINY = Shape("tiny", 4, 128, 256, 4, 10_000, ((5, 5e-3), (10, 3.75e-3), (ANY, 3e-3)))
SMALL = Shape("small", 6, 256, 1024, 4, 16_000, ((5, 2e-3), (ANY, 1.5e-3)))

SHAPES: tuple[tuple[int, float, Shape], ...] = ((150_000, 30, SMALL), (0, 0, TINY))
"""Pairs and minutes at the least, and the shape; the first row that fits, or a later one if no pass fits with it."""

VOCABULARY: tuple[tuple[float, int], ...] = ((1_000, 2_000), (3_000, 3_000), (10_000, 6_000))
"""Pairs at most, and symbols; of larger corpora, the shape's."""
UNSPACED_VOCABULARY = 6_000
"""Symbols at the least where a side is written without spaces, whose characters alone are some thousands."""

SMALL_CORPUS = 3_000
"""Pairs at most of a corpus that is soon learnt by heart, so that it always takes the strongest dropout."""
DROPOUT: tuple[tuple[float, float], ...] = ((7, 0.1), (15, 0.2), (ANY, 0.3))
"""Passes at most, and the rate of dropout."""

BATCH_TOKENS = 2_048
"""Target tokens of a mini-batch."""
WARMUP_SHARE = 0.1
"""Share of the updates in which the learning rate rises."""
GUIDANCE = 0.3
"""Weight of guided alignment."""
AVERAGED_SHARE = 0.13
"""Share of the run, before its end, that the averaged weights are mostly of."""

DESERVED: tuple[tuple[float, float], ...] = ((3_000, 60), (150_000, 35), (ANY, 15))
"""Pairs at most, and the passes that such a corpus deserves where no time is given."""
LONGEST = 60.0
"""Minutes at most where no time is given."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What was chosen and why, in a phrase.

    Attributes:
        text: the phrase.
        settings: the settings that it is about; it is no longer true where a person gave one of them.
    """

    text: str
    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Settings that were chosen, with the reasons.

    Attributes:
        changes: nested values of a recipe.
        reasons: what was chosen and why.
    """

    changes: JsonObject
    reasons: tuple[Reason, ...]


def shapes_for(seen: CorpusSeen, minutes: float) -> Sequence[Shape]:
    """The shapes that a corpus and a time allow, the best first."""
    return [shape for pairs, least, shape in SHAPES if seen.pairs >= pairs and minutes >= least]


def vocabulary_for(seen: CorpusSeen, shape: Shape) -> int:
    """The symbols of the vocabulary.

    >>> corpus = CorpusSeen(2_000, 30_000, 30_000, 15.0, 30.0, 100, 1_500, 100, (True, True))
    >>> vocabulary_for(corpus, TINY)
    3000
    """
    symbols = next((symbols for pairs, symbols in VOCABULARY if seen.pairs <= pairs), shape.vocabulary)
    return symbols if all(seen.spaced) else max(symbols, UNSPACED_VOCABULARY)


def deserved_passes(seen: CorpusSeen) -> float:
    """The passes over a corpus that are worth while where no time is given."""
    return _row(DESERVED, seen.pairs)


def choose_shape(seen: CorpusSeen, shape: Shape, *, drawn_anew: bool = False) -> Choice:
    """The model, the vocabulary and what an update costs, which have to be known before the data is encoded.

    Args:
        seen: the corpus.
        shape: the size of the model.
        drawn_anew: whether words are segmented anew in each pass, so that links between tokens cannot guide attention.
    """
    vocabulary = vocabulary_for(seen, shape)
    sizes: JsonObject = {
        "layers": shape.layers,
        "width": shape.width,
        "feed_forward": shape.feed_forward,
        "heads": shape.heads,
    }
    reasons: tuple[Reason, ...] = (
        Reason(
            f"model: that of `{shape.name}`, {shape.layers} + {shape.layers} layers, {shape.width} wide, for "
            f"{seen.phrase}",
            tuple(f"model.{side}.{size}" for side in ("encoder", "decoder") for size in sizes),
        ),
        Reason(f"vocabulary: {vocabulary:,} symbols, for as many pairs", ("tokenizer.vocabulary_size",)),
        Reason(
            f"updates: by Muon, in mini-batches of {BATCH_TOKENS:,} target tokens",
            ("training.batch.tokens", "training.optimizer.kind"),
        ),
        Reason(
            "beginning: symbols by their contexts in these pairs, blocks as the identity",
            ("training.initial_embeddings", "model.encoder.output_projections", "model.decoder.output_projections"),
        ),
    )
    training: JsonObject = {
        "batch": {"tokens": BATCH_TOKENS},
        "optimizer": {"kind": "muon"},
        "initial_embeddings": "contexts",
    }
    if not drawn_anew:
        why = f"attention: guided by the links of IBM Model 1, with weight {GUIDANCE:g}"
        reasons += (Reason(why, ("training.guided_alignment.weight",)),)
        training["guided_alignment"] = {"weight": GUIDANCE}
    sizes["output_projections"] = "zero"
    changes: JsonObject = {
        "tokenizer": {"vocabulary_size": vocabulary},
        "model": {"encoder": dict(sizes), "decoder": dict(sizes)},
        "training": training,
    }
    return Choice(changes, reasons)


def choose_training(seen: CorpusSeen, shape: Shape, updates: int, passes: float, validations: int) -> Choice:
    """Regularisation, learning rate and schedule of a run.

    Args:
        seen: the corpus.
        shape: the shape of the model.
        updates: number of updates that fit.
        passes: passes over the corpus that these are.
        validations: how often to validate.
    """
    dropout = DROPOUT[-1][1] if seen.pairs <= SMALL_CORPUS else _row(DROPOUT, passes)
    rate = _row(shape.learning_rate, passes)
    warmup = int(WARMUP_SHARE * updates)
    average = max(1 - 1 / (AVERAGED_SHARE * updates), 0.0)
    interval = -(-updates // validations)
    few = "few pairs, which are soon learnt by heart"
    why = few if seen.pairs <= SMALL_CORPUS else f"{passes:.1f} passes over the pairs"
    reasons = (
        Reason(
            f"schedule: {updates:,} updates, {passes:.1f} passes over the pairs, with a warm-up of {warmup:,} and a "
            "line from there to the last one",
            (
                "training.updates",
                "training.tokens",
                "training.schedule.kind",
                "training.schedule.warmup",
                "training.schedule.warmup_share",
            ),
        ),
        Reason(f"dropout: {dropout:g}, for {why}", ("model.encoder.dropout", "model.decoder.dropout")),
    )
    changes: JsonObject = {
        "model": {"encoder": {"dropout": dropout}, "decoder": {"dropout": dropout}},
        "training": {
            "updates": updates,
            "average": round(average, 6),
            "optimizer": {"learning_rate": rate},
            "schedule": {"kind": "linear", "warmup": warmup},
            "validate_every": interval,
            "checkpoint_every": interval,
        },
    }
    return Choice(changes, reasons)


def _row(table: tuple[tuple[float, _Row], ...], key: float) -> _Row:
    """What stands beside the first limit that ``key`` does not exceed."""
    return next(value for most, value in table if key <= most)

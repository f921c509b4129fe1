"""Embeddings and positions as instructions."""

from __future__ import annotations

from dragoman.plan.columns import Columns
from dragoman.plan.nodes import EmbeddingPlan, LearnedPositionsPlan, PositionsPlan
from dragoman.plan.program import NO_POSITIONS, SINUSOIDAL_POSITIONS, Op
from dragoman.plan.writer import Vectors, Writer


def embedded(
    w: Writer, embedding: EmbeddingPlan, positions: PositionsPlan | None = None, columns: Columns | None = None
) -> Vectors:
    """The vector of each symbol that is read, plus that of its position, in one block unless ``columns`` are given."""
    width = embedding.weight.shape[1]
    columns = columns or Columns.of(width)
    table = w.weights.table(embedding.weight, embedding.scale, columns)
    if positions is None:
        place = NO_POSITIONS
    elif isinstance(positions, LearnedPositionsPlan):
        place = w.weights.table(positions.weight, 1.0, columns)
    else:
        place = SINUSOIDAL_POSITIONS
    return w.vectors(Op.embed, columns, matrix=table, other=place, count=width)


def longest(positions: PositionsPlan | None) -> int:
    """How many positions have a vector; 0 for any number."""
    return len(positions.weight) if isinstance(positions, LearnedPositionsPlan) else 0

"""Previews of output layers as instructions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dragoman.plan.columns import Columns
from dragoman.plan.nodes import LinearPlan
from dragoman.plan.output_preview import OutputPreview
from dragoman.plan.program import Matrix
from dragoman.plan.writer import Operand, Writer, exact_product, fitted


@dataclass(frozen=True, slots=True)
class Previewed:
    """The preview of a step's output layer: its matrix, the operand that this reads, and how many symbols are scored
    exactly; by default there is none."""

    matrix: int = -1
    operand: int = -1
    candidates: int = 0


NO_PREVIEW = Previewed()


def write_preview(w: Writer, output: LinearPlan, x: Operand, preview: OutputPreview) -> Previewed:
    """Write the two instructions that make the preview's operand u of what the output layer reads, and its matrix.

    Where a normalisation's gain g and bias c are taken into the output layer, h = g ⊗ n + c: u = (reading diag(g)) n,
    and what reading c adds to each score is part of the matrix's bias, so that u is as small as it can be.

    Raises:
        ValueError: if the preview is of an output layer of another size.
    """
    symbols, width = output.weight.shape
    rank = len(preview.reading)
    shapes = preview.reading.shape, preview.writing.shape, preview.rest.shape
    if shapes != ((rank, width), (width, rank), (symbols,)) or preview.candidates < 1:
        raise ValueError(f"a preview of shapes {shapes} for an output layer of {symbols} symbols and width {width}")
    columns = Columns.of(rank)
    reading = fitted(LinearPlan(preview.reading), x, columns)
    u = w.operand(w.fitted_product(x, Matrix(reading.weight, None), columns))
    weight = exact_product(output.weight, preview.writing)
    bias = preview.rest.astype(np.float64) + (0 if output.bias is None else output.bias)
    if x.norm is not None:
        bias += weight @ exact_product(preview.reading, x.norm.bias)
    matrix = w.weights.matrix(Matrix(columns.spread(weight), bias.astype(np.float32)))
    return Previewed(matrix, u.number, min(preview.candidates, symbols))

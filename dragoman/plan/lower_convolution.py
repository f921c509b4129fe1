"""Gated convolutions across positions, and the encoder that is made of them, as instructions."""

from __future__ import annotations

import math
from collections.abc import Iterable

from dragoman.plan.encoded import Encoded
from dragoman.plan.lower_text import embedded
from dragoman.plan.nodes import ConvolutionalEncoderPlan, GatedConvolutionPlan
from dragoman.plan.program import Op
from dragoman.plan.writer import Vectors, Writer


def convolutional_encoder(w: Writer, plan: ConvolutionalEncoderPlan) -> Encoded:
    """The hidden states of a text."""
    x = embedded(w, plan.embedding, plan.positions)
    return Encoded.of_positions(w, w.add(gated_convolutions(w, x, plan.blocks), x, math.sqrt(0.5)))


def gated_convolutions(w: Writer, x: Vectors, blocks: Iterable[GatedConvolutionPlan]) -> Vectors:
    """The vectors after a stack of gated convolutions."""
    for block in blocks:
        around = x
        if block.taps > 1:
            around = w.vectors(Op.window, x.columns.times(block.taps), in_=x.register, count=block.taps)
        gates = w.linear(around, block.convolution, x.columns.times(2))
        x = w.add(x, w.vectors(Op.glu, x.columns, in_=gates.register), math.sqrt(0.5))
    return x

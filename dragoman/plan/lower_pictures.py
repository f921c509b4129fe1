"""Encoders of pictures and of rows of a table as instructions."""

from __future__ import annotations

import numpy as np

from dragoman.layers.convolution.output_size import output_size
from dragoman.plan.columns import Columns
from dragoman.plan.encoded import Encoded
from dragoman.plan.lower_convolution import gated_convolutions
from dragoman.plan.nodes import (
    ConvolutionPlan,
    HiddenLayersPlan,
    LeNetPlan,
    LinearPlan,
    PerceptronPlan,
    PicturePlan,
    ResidualBlockPlan,
    ResidualPictureEncoderPlan,
)
from dragoman.plan.program import Activation, Instruction, KernelShape, Op
from dragoman.plan.writer import ACTIVATIONS, Vectors, Writer


def residual_picture_encoder(w: Writer, plan: ResidualPictureEncoderPlan) -> Encoded:
    """The hidden states across a picture."""
    x = _convolved(w, _ink(w, plan.picture), plan.stem, Activation.relu)
    for block in plan.blocks:
        x = _residual_block(w, x, block)
    columns = Columns.of(plan.column.weight.shape[1])
    across = w.vectors(Op.columns, columns, in_=x.register, count=x.columns.width)
    states = w.linear(across, plan.column, Columns.of(plan.column.weight.shape[0]))
    states = gated_convolutions(w, states, plan.context)
    return Encoded.of_positions(w, Vectors(states.register, states.columns, plan.norm))


def lenet_encoder(w: Writer, plan: LeNetPlan) -> Encoded:
    """The hidden state of a picture of one size."""
    x, height, width = _ink(w, plan.picture), plan.picture.height, plan.picture.width or 0
    window = KernelShape(*plan.window, *plan.window)
    for convolution in plan.convolutions:
        x = _convolved(w, x, convolution, Activation.relu)
        x = w.vectors(Op.pool_2d, x.columns, in_=x.register, shape=window)
        height, width = (
            output_size(output_size(size, kernel, stride, padding), pool, pool)
            for size, kernel, stride, padding, pool in zip(
                (height, width),
                convolution.weight.shape[2:],
                convolution.stride,
                convolution.padding,
                plan.window,
                strict=True,
            )
        )
    return Encoded.of_examples(_hidden(w, _flat(w, x, height * width), plan.hidden))


def perceptron(w: Writer, plan: PerceptronPlan) -> Encoded:
    """The hidden state of a picture of one size, or of a row."""
    numbers = plan.numbers
    if isinstance(numbers, PicturePlan):
        x = _flat(w, _ink(w, numbers), numbers.height * (numbers.width or 0))
    else:
        x = w.vectors(Op.given, Columns.of(numbers.numbers))
    return Encoded.of_examples(_hidden(w, x, plan.hidden))


def _ink(w: Writer, picture: PicturePlan) -> Vectors:
    return w.vectors(Op.ink, Columns.of(picture.channels), count=picture.channels)


def _flat(w: Writer, x: Vectors, places: int) -> Vectors:
    channels = x.columns.width
    columns = Columns.of(channels * places)
    return w.vectors(Op.flatten, columns, in_=x.register, count=channels, extra=columns.width)


def _hidden(w: Writer, x: Vectors, plan: HiddenLayersPlan) -> Vectors:
    for layer in plan.layers:
        x = w.linear(x, layer, Columns.of(layer.weight.shape[0]), ACTIVATIONS[plan.function])
    return x


def _residual_block(w: Writer, x: Vectors, block: ResidualBlockPlan) -> Vectors:
    inner = _convolved(w, x, block.first, Activation.relu)
    result = x if block.shortcut is None else _convolved(w, x, block.shortcut)
    _convolved(w, inner, block.second, into=result)
    w.emit(Instruction(Op.activate, out=result.register, in_=result.register, count=Activation.relu))
    return result


def _convolved(
    w: Writer,
    x: Vectors,
    plan: ConvolutionPlan,
    activation: Activation = Activation.none,
    into: Vectors | None = None,
) -> Vectors:
    """A cross-correlation as a product over the values around each place; it is added to ``into``, if that is given."""
    outputs, channels, tall, wide = plan.weight.shape
    shape = KernelShape(tall, wide, *plan.stride, *plan.padding)
    if shape != KernelShape(1, 1, 1, 1):
        columns = Columns.of(tall * wide * channels)
        x = w.vectors(Op.window_2d, columns, in_=x.register, count=channels, shape=shape)
    weight = np.ascontiguousarray(plan.weight.transpose(0, 2, 3, 1)).reshape(outputs, -1)
    register = None if into is None else into.register
    linear = LinearPlan(weight, plan.bias)
    return w.product(w.operand(x), linear, Columns.of(outputs), activation, into=register, added=into is not None)

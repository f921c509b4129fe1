"""From the plan of a model to the program that the engine runs; every encoder and decoder has a line in a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dragoman.contracts import SpecialSymbols
from dragoman.plan.allocate import Values, allocated
from dragoman.plan.columns import Columns
from dragoman.plan.encoded import Encoded
from dragoman.plan.lower_convolution import convolutional_encoder
from dragoman.plan.lower_pictures import lenet_encoder, perceptron, residual_picture_encoder
from dragoman.plan.lower_recurrent import attentional_decoder, recurrent_decoder, recurrent_encoder
from dragoman.plan.lower_text import longest
from dragoman.plan.lower_transformer import transformer_decoder, transformer_encoder
from dragoman.plan.nodes import (
    AttentionalDecoderPlan,
    ConvolutionalEncoderPlan,
    EncoderPlan,
    LeNetPlan,
    LinearPlan,
    PerceptronPlan,
    PicturePlan,
    Plan,
    PositionOutputPlan,
    RecurrentDecoderPlan,
    RecurrentEncoderPlan,
    ResidualPictureEncoderPlan,
    RowPlan,
    TransformerDecoderPlan,
    TransformerEncoderPlan,
    VectorOutputPlan,
)
from dragoman.plan.program import Kind, Matrix, Program
from dragoman.plan.writer import Operand, Vectors, Weights, Writer, fitted

ENCODERS: dict[type, Callable[..., Encoded]] = {
    TransformerEncoderPlan: transformer_encoder,
    RecurrentEncoderPlan: recurrent_encoder,
    ConvolutionalEncoderPlan: convolutional_encoder,
    ResidualPictureEncoderPlan: residual_picture_encoder,
    LeNetPlan: lenet_encoder,
    PerceptronPlan: perceptron,
}
WRITING_DECODERS: dict[type, Callable[..., Vectors]] = {
    TransformerDecoderPlan: transformer_decoder,
    RecurrentDecoderPlan: recurrent_decoder,
    AttentionalDecoderPlan: attentional_decoder,
}


@dataclass(frozen=True, slots=True)
class _Input:
    """What an encoder reads, as the program's header says it."""

    source_symbols: int = 0
    longest_source: int = 0
    channels: int = 0
    height: int = 0
    given: int = 0


def program_of(plan: Plan, special: SpecialSymbols | None) -> Program:
    """The program of a model.

    The result of a model that does not write symbol by symbol is a register of ``encode``: scores of symbols or tags,
    one row for each position; or of classes, or a number, one row for each example. Its width is padded; the true
    number of outputs is that of the plan's output layer.

    Args:
        plan: what the model computes.
        special: the special symbols of the texts that it writes; None if it writes none.
    """
    weights = Weights()
    encode, step = Writer(weights), Writer(weights)
    memory = None if plan.encoder is None else ENCODERS[type(plan.encoder)](encode, plan.encoder)
    decoder = plan.decoder
    if isinstance(decoder, PositionOutputPlan | VectorOutputPlan):
        assert memory is not None, "what is no language model has an encoder"
        vectors = memory.states if isinstance(decoder, PositionOutputPlan) else memory.final()
        result = encode.linear(vectors, decoder.output, Columns.of(len(decoder.output.weight)))
        symbols = decoder.symbols if isinstance(decoder, PositionOutputPlan) else 0
        return _program(plan, encode, step, special, symbols=symbols, result=result.register)
    last = WRITING_DECODERS[type(decoder)](encode, step, decoder, memory)
    return _program(plan, encode, step, special, symbols=len(decoder.output.weight), output=(last, decoder.output))


def _program(
    plan: Plan,
    encode: Writer,
    step: Writer,
    special: SpecialSymbols | None,
    *,
    symbols: int,
    result: int = -1,
    output: tuple[Vectors, LinearPlan] | None = None,
) -> Program:
    weights = encode.weights
    matrix = operand = -1
    if output is not None:
        reads = step.operand(output[0])
        matrix, operand = weights.matrix(_output_matrix(reads, output[1])), reads.number
    encoded, of_encode = allocated(encode.instructions, encode.widths, [(Kind.register, result)] * (result >= 0))
    stepped, of_step = allocated(step.instructions, step.widths, [(Kind.operand, operand)] * (operand >= 0))
    reads_of = _Input() if plan.encoder is None else _input(plan.encoder)
    writes = special if symbols else None
    return Program(
        encoded,
        stepped,
        tuple(weights.matrices),
        tuple(weights.tables),
        tuple(weights.vectors),
        tuple(weights.states),
        tuple(weights.pasts),
        tuple(weights.memories),
        output=matrix,
        output_operand=_renumbered(of_step, Kind.operand, operand),
        result=_renumbered(of_encode, Kind.register, result),
        start=-1 if writes is None else writes.start,
        end=-1 if writes is None else writes.end,
        symbols=symbols,
        source_symbols=reads_of.source_symbols,
        never_written=() if writes is None else writes.never_written,
        longest_source=reads_of.longest_source,
        longest_target=longest(plan.decoder.positions) if isinstance(plan.decoder, TransformerDecoderPlan) else 0,
        channels=reads_of.channels,
        height=reads_of.height,
        given=reads_of.given,
    )


def _renumbered(numbers: Values, kind: Kind, number: int) -> int:
    return numbers.get((kind, number), -1)


def _output_matrix(reads: Operand, output: LinearPlan) -> Matrix:
    matrix = fitted(output, reads, None)
    return Matrix(matrix.weight, matrix.bias, keep_rows=True)


def _input(encoder: EncoderPlan) -> _Input:
    return INPUTS[type(encoder)](encoder)


def _of_picture(picture: PicturePlan) -> _Input:
    return _Input(channels=picture.channels, height=picture.height)


def _of_numbers(numbers: PicturePlan | RowPlan) -> _Input:
    if isinstance(numbers, PicturePlan):
        return _of_picture(numbers)
    return _Input(given=Columns.of(numbers.numbers).padded)


INPUTS: dict[type, Callable[..., _Input]] = {
    TransformerEncoderPlan: lambda plan: _Input(len(plan.embedding.weight), longest(plan.positions)),
    ConvolutionalEncoderPlan: lambda plan: _Input(len(plan.embedding.weight), longest(plan.positions)),
    RecurrentEncoderPlan: lambda plan: _Input(len(plan.embedding.weight)),
    ResidualPictureEncoderPlan: lambda plan: _of_picture(plan.picture),
    LeNetPlan: lambda plan: _of_picture(plan.picture),
    PerceptronPlan: lambda plan: _of_numbers(plan.numbers),
}

"""From the plan of a model to the program that the engine runs; every encoder and decoder has a line in a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dragoman.contracts import SpecialSymbols
from dragoman.plan.allocate import allocated
from dragoman.plan.columns import Columns
from dragoman.plan.encoded import Encoded
from dragoman.plan.lower_convolution import convolutional_encoder
from dragoman.plan.lower_pictures import lenet_encoder, perceptron, residual_picture_encoder
from dragoman.plan.lower_preview import NO_PREVIEW, Previewed, write_preview
from dragoman.plan.lower_recurrent import attentional_decoder, recurrent_decoder, recurrent_encoder
from dragoman.plan.lower_text import longest
from dragoman.plan.lower_transformer import transformer_decoder, transformer_encoder
from dragoman.plan.nodes import (
    AttentionalDecoderPlan,
    ConvolutionalEncoderPlan,
    DecoderPlan,
    LeNetPlan,
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
from dragoman.plan.output_preview import OutputPreview
from dragoman.plan.program import Kind, Program
from dragoman.plan.writer import Vectors, Weights, Writer, fitted

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


@dataclass(frozen=True, slots=True)
class _Written:
    """What a decoder makes, as the program's header says it, with the numbers from before registers are shared."""

    symbols: int
    output: int = -1
    operand: int = -1
    previewed: Previewed = NO_PREVIEW
    result: int = -1


def program_of(plan: Plan, special: SpecialSymbols | None, preview: OutputPreview | None = None) -> Program:
    """The program of a model.

    The result of a model that does not write symbol by symbol is a register of ``encode``: scores of symbols or tags,
    one row for each position; or of classes, or a number, one row for each example. Its width is padded; the true
    number of outputs is that of the plan's output layer.

    Args:
        plan: what the model computes.
        special: the special symbols of the texts that it writes; None if it writes none.
        preview: by what likely symbols are found; None to score all of them.

    Raises:
        ValueError: if the preview is none of this model's output layer.
    """
    weights = Weights()
    encode, step = Writer(weights), Writer(weights)
    memory = None if plan.encoder is None else ENCODERS[type(plan.encoder)](encode, plan.encoder)
    written = _written(encode, step, plan.decoder, memory, preview)
    encoded, of_encode = allocated(encode.instructions, encode.widths, _kept(Kind.register, written.result))
    stepped, of_step = allocated(
        step.instructions, step.widths, _kept(Kind.operand, written.operand, written.previewed.operand)
    )
    reads = _Input() if plan.encoder is None else INPUTS[type(plan.encoder)](plan.encoder)
    symbols = special if written.symbols else None
    return Program(
        encoded,
        stepped,
        tuple(weights.matrices),
        tuple(weights.tables),
        tuple(weights.vectors),
        tuple(weights.states),
        tuple(weights.pasts),
        tuple(weights.memories),
        output=written.output,
        output_operand=of_step.get((Kind.operand, written.operand), -1),
        preview=written.previewed.matrix,
        preview_operand=of_step.get((Kind.operand, written.previewed.operand), -1),
        candidates=written.previewed.candidates,
        result=of_encode.get((Kind.register, written.result), -1),
        start=-1 if symbols is None else symbols.start,
        end=-1 if symbols is None else symbols.end,
        symbols=written.symbols,
        source_symbols=reads.source_symbols,
        never_written=() if symbols is None else symbols.never_written,
        longest_source=reads.longest_source,
        longest_target=longest(plan.decoder.positions) if isinstance(plan.decoder, TransformerDecoderPlan) else 0,
        channels=reads.channels,
        height=reads.height,
        given=reads.given,
    )


def _written(
    encode: Writer, step: Writer, decoder: DecoderPlan, memory: Encoded | None, preview: OutputPreview | None
) -> _Written:
    """Write what the decoder computes; the output matrix is the last one."""
    if isinstance(decoder, PositionOutputPlan | VectorOutputPlan):
        assert memory is not None, "what is no language model has an encoder"
        if preview is not None:
            raise ValueError("a preview is of models that write symbol by symbol")
        vectors = memory.states if isinstance(decoder, PositionOutputPlan) else memory.final()
        result = encode.linear(vectors, decoder.output, Columns.of(len(decoder.output.weight)))
        return _Written(decoder.symbols if isinstance(decoder, PositionOutputPlan) else 0, result=result.register)
    operand = step.operand(WRITING_DECODERS[type(decoder)](encode, step, decoder, memory))
    previewed = NO_PREVIEW if preview is None else write_preview(step, decoder.output, operand, preview)
    output = step.weights.matrix(replace(fitted(decoder.output, operand, None), keep_rows=True))
    return _Written(len(decoder.output.weight), output, operand.number, previewed)


def _kept(kind: Kind, *numbers: int) -> list[tuple[Kind, int]]:
    return [(kind, number) for number in numbers if number >= 0]


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

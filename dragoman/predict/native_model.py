"""A PyTorch model as the native engine computes it."""

from __future__ import annotations

from dragoman.contracts import SpecialSymbols
from dragoman.errors import UnsupportedError
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.native.engine import EngineModel
from dragoman.native.engine_kernels import Number
from dragoman.native.library import allowed, library
from dragoman.plan.compile import program_of
from dragoman.plan.output_preview import OutputPreview
from dragoman.plan.plan_of import plan_of
from dragoman.plan.program_bytes import program_bytes
from dragoman.predict.engine_memory import refuse_large_model


def native_model(
    model: EncoderDecoder, special: SpecialSymbols | None, number: str, preview: OutputPreview | None = None
) -> EngineModel:
    """The model with its present weights, packed for the engine.

    Args:
        model: encoder and decoder, on the processor.
        special: the special symbols of the texts that it writes; None if it writes none.
        number: the type of number of matrix products, one of :data:`~dragoman.predict.engine_choice.NUMBERS`.
        preview: by what likely symbols are found in int8 and bfloat16; None to score all of them. float32 is exact, and
            scores all symbols always.

    Raises:
        UnsupportedError: if the engine cannot compute the model, see :func:`obstacle_of`; or memory does not suffice.
        ValueError: if the preview is none of this model's output layer.
    """
    obstacle = obstacle_of(model)
    if obstacle is not None:
        raise UnsupportedError(f"the native engine cannot be used: {obstacle}", remedy="use PyTorch's.")
    chosen = Number[number.upper()]
    used = None if chosen is Number.FLOAT32 else preview
    data = program_bytes(program_of(plan_of(model), special, used))
    refuse_large_model(len(data), number)
    return EngineModel(data, chosen)


def obstacle_of(model: EncoderDecoder) -> str | None:
    """Why the native engine cannot compute a model; None if it can."""
    found = library("engine")
    if found.handle is None:
        return f"its library is {found.reason}"
    if not allowed():
        return "native kernels are set aside"
    if model.device.type != "cpu":
        return "the model is on another device than the processor"
    try:
        plan_of(model)
    except UnsupportedError as error:
        return error.what
    return None

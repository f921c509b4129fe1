"""Labels, numbers and tags in native code: the outputs of models that write nothing step by step."""

from __future__ import annotations

from functools import singledispatchmethod

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Packed, Pictures, Rows, Source
from dragoman.contracts.expect import expect
from dragoman.encoders.multilayer_perceptron import MultilayerPerceptron
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.native.engine_inputs import EngineInputs
from dragoman.predict.engine_memory import EngineMemory
from dragoman.predict.native_model import native_model


class NativeOutputs:
    """The outputs of a decoder of labels, numbers or tags, in float32.

    Args:
        model: encoder and decoder, whose present weights are copied.
        outputs: number of outputs K of the decoder.
        threads: number of threads; by default PyTorch's.

    Raises:
        UnsupportedError: if the engine cannot compute the model; see
            :func:`~dragoman.predict.native_model.obstacle_of`.
    """

    def __init__(self, model: EncoderDecoder, outputs: int, *, threads: int | None = None) -> None:
        self._model = model
        self._outputs = outputs
        self._threads = threads
        self._native = native_model(model, None, "float32")
        self._given = self._native.describe().given
        self._memory = EngineMemory(self._native)

    def __call__(self, source: Source) -> Float[Tensor, "n K"]:
        """The outputs of each picture or row, or of each token of texts with tags."""
        inputs = self._inputs(source)
        threads = self._threads or torch.get_num_threads()
        self._memory.ask(inputs.lengths, threads=threads)
        rows = self._native.encode(inputs.values, inputs.lengths.tolist(), threads)
        return torch.from_numpy(np.concatenate(rows)[:, : self._outputs])

    @singledispatchmethod
    def _inputs(self, source: object) -> EngineInputs:
        """A batch in the form that the engine reads."""
        raise TypeError(f"the engine reads texts, pictures and rows, not {type(source).__name__}")

    @_inputs.register
    def _texts(self, source: Packed) -> EngineInputs:
        return EngineInputs.of_texts(source)

    @_inputs.register
    def _pictures(self, source: Pictures) -> EngineInputs:
        return EngineInputs.of_pictures(source)

    @_inputs.register
    def _rows(self, source: Rows) -> EngineInputs:
        numbers = expect(self._model.encoder, MultilayerPerceptron).numbers(source).float()
        return EngineInputs.of_numbers(F.pad(numbers, (0, self._given - numbers.shape[1])).numpy())

"""The search engine in native code, for encoder-decoder models of every kind that there is a plan of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

import torch

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import (
    Packed,
    Pictures,
    SearchFeature,
    SearchRequest,
    SearchResult,
    SpecialSymbols,
)
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.native.engine_inputs import EngineInputs
from dragoman.native.engine_search import ENGINE_FEATURES, EngineSearcher
from dragoman.plan.output_preview import OutputPreview
from dragoman.predict.engine import SearchPart
from dragoman.predict.engine_memory import EngineMemory
from dragoman.predict.native_model import native_model, obstacle_of
from dragoman.search.repetition import RepetitionRule


class NativeEngine:
    """An :class:`~dragoman.predict.engine.Engine` in native code, on the processor, for texts and for pictures.

    A row's outputs depend on nothing but the row, to the bit: not on the other rows, their order, or the number of
    threads. In float32 they are those of :class:`~dragoman.predict.torch_engine.TorchEngine`.

    Args:
        model: encoder and decoder, whose present weights are copied.
        special: special symbols of the output vocabulary.
        number: the type of number of matrix products, one of :data:`~dragoman.predict.engine_choice.NUMBERS`.
        threads: number of threads, each of which searches for some rows; by default PyTorch's number of threads.
        shortlist: lexical shortlist that limits each row's symbols by its own source; by default all are allowed.
        preview: by what likely symbols are found; see :class:`~dragoman.plan.output_preview.OutputPreview`. A shortlist
            takes its place. By default all symbols are scored.

    Raises:
        UnsupportedError: if the engine cannot compute the model; see
            :func:`~dragoman.predict.native_model.obstacle_of`.
        ValueError: if the preview is none of this model's output layer.
    """

    def __init__(
        self,
        model: EncoderDecoder,
        special: SpecialSymbols,
        *,
        number: str = "float32",
        threads: int | None = None,
        shortlist: Shortlist | None = None,
        preview: OutputPreview | None = None,
    ) -> None:
        self._number = number
        self._threads = threads
        self._has_shortlist = shortlist is not None
        self._has_preview = preview is not None and number != "float32"
        self.native = native_model(model, special, number, None if self._has_shortlist else preview)
        if shortlist is not None:
            self.native.set_shortlist(shortlist.always, shortlist.offsets, shortlist.targets)
        self._searcher = EngineSearcher.of_model(self.native, blank=special.padding)
        self._repetition = RepetitionRule()
        self._memory = EngineMemory(self.native)

    @property
    def description(self) -> str:
        """The number format that the engine computes with."""
        narrowed = ", shortlist" if self._has_shortlist else ", preview" if self._has_preview else ""
        return f"native, {self._number}{narrowed}"

    @property
    def features(self) -> frozenset[SearchFeature]:
        """The features of the engine's searches."""
        return ENGINE_FEATURES

    def search(self, source: Packed | Pictures, request: SearchRequest) -> SearchResult:
        """The best outputs for each row; see :meth:`~dragoman.predict.engine.Engine.search`. Ctrl-C ends it within a
        step.

        Raises:
            UnsupportedError: if the request asks for a feature that the engine lacks or needs more memory than is free,
                or the model's scores are not finite.
        """
        inputs = self._checked(source, request)
        return self._searcher.search(inputs, request, self._repetition, threads=self._own_threads)

    def stream(self, source: Packed | Pictures, request: SearchRequest) -> Iterator[SearchPart]:
        """The result in parts, each as soon as it is found, and roughly in the order of the rows. If the iterator is
        given up, the search ends within a step. Arguments and errors are those of :meth:`search`."""
        inputs = self._checked(source, request)
        found = self._searcher.stream(inputs, request, self._repetition, threads=self._own_threads)
        return ((rows, SearchResult(hypotheses)) for rows, hypotheses in found)

    def _checked(self, source: Packed | Pictures, request: SearchRequest) -> EngineInputs:
        """The inputs, if there is enough memory for their search."""
        inputs = _inputs(source)
        states = self._searcher.states(inputs).tolist() if request.limits is None else ()
        prefix = max(map(len, request.prefixes or ()), default=0)
        outputs, threads = max(request.most_tokens(states), default=0) + prefix, self._own_threads
        self._memory.ask(inputs.lengths, outputs, request.method.width, threads=threads)
        return inputs

    @property
    def _own_threads(self) -> int:
        return self._threads or torch.get_num_threads()


def exact_engine(model: EncoderDecoder, special: SpecialSymbols) -> NativeEngine | None:
    """The engine for a model's present weights in float32, whose outputs are PyTorch's; None if it cannot compute the
    model. Arguments are those of :class:`NativeEngine`."""
    return None if obstacle_of(model) is not None else NativeEngine(model, special)


@singledispatch
def _inputs(source: object) -> EngineInputs:
    """A batch in the form that the engine reads."""
    raise TypeError(f"the engine reads texts and pictures, not {type(source).__name__}")


_inputs.register(Packed, EngineInputs.of_texts)
_inputs.register(Pictures, EngineInputs.of_pictures)

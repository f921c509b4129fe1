"""The search engine in native code, for encoder-decoder models of every kind that there is a plan of."""

from __future__ import annotations

from typing import Generic, TypeVar

import torch

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import Packed, Pictures, SearchFeature, SearchRequest, SearchResult, SpecialSymbols
from dragoman.errors import UnsupportedError
from dragoman.model.encoder_decoder import EncoderDecoder

Read = TypeVar("Read", Packed, Pictures)


class NativeEngine(Generic[Read]):
    """An :class:`~dragoman.predict.engine.Engine` in native code, on the processor.

    A row's outputs depend on nothing but the row, to the bit: not on the other rows, their order, or the number of
    threads. In float32 they are those of :class:`~dragoman.predict.torch_engine.TorchEngine`.

    Args:
        model: encoder and decoder, whose weights are copied here.
        special: special symbols of the output vocabulary.
        number: the type of number of matrix products, one of :data:`~dragoman.predict.engine_choice.NUMBERS`.
        threads: number of threads, each of which searches for some rows; by default PyTorch's number of threads.
        shortlist: lexical shortlist that limits each row's symbols by its own source; by default all are allowed.

    Raises:
        UnsupportedError: if the engine cannot compute the model; see :func:`obstacle_of`.
    """

    def __init__(
        self,
        model: EncoderDecoder,
        special: SpecialSymbols,
        *,
        number: str = "float32",
        threads: int | None = None,
        shortlist: Shortlist | None = None,
    ) -> None:
        obstacle = obstacle_of(model)
        if obstacle is not None:
            raise UnsupportedError(f"the native engine cannot be used: {obstacle}", remedy="use PyTorch's.")
        self._special = special
        self._number = number
        self._threads = threads or torch.get_num_threads()
        self._shortlist = shortlist

    @property
    def description(self) -> str:
        """The number format that the engine computes with."""
        return f"native, {self._number}" + ("" if self._shortlist is None else ", shortlist")

    @property
    def features(self) -> frozenset[SearchFeature]:
        """Greedy and beam search, prefixes, and constraints."""
        return frozenset({SearchFeature.GREEDY, SearchFeature.BEAM, SearchFeature.PREFIXES, SearchFeature.CONSTRAINTS})

    def search(self, source: Read, request: SearchRequest) -> SearchResult:
        """The best outputs for each row; see :meth:`~dragoman.predict.engine.Engine.search`.

        Raises:
            UnsupportedError: if the request asks for a feature that the engine lacks, or the model's scores are not
                finite.
        """
        request.check(source.layout.batch, self.features, "the native engine")
        return SearchResult([[] for _ in range(source.layout.batch)])


def obstacle_of(model: EncoderDecoder) -> str | None:
    """Why the native engine cannot compute a model; None if it can."""
    del model
    return "this build has no search by it"

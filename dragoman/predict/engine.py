"""The protocol of search engines: what searches for a translator, a reader or a writer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from torch import nn

from dragoman.contracts import Nothing, Packed, Pictures, SearchFeature, SearchRequest, SearchResult
from dragoman.search.search import SEARCH_FEATURES

Read_contra = TypeVar("Read_contra", bound=Packed | Pictures | Nothing, contravariant=True)
Read = TypeVar("Read", Packed, Pictures)

SearchPart = tuple[Sequence[int], SearchResult]
"""Some rows of a source, and what was found for them."""


@runtime_checkable
class Engine(Protocol[Read_contra]):
    """Turns sources into hypotheses. The result for one row does not depend on the others.

    An ``Engine[Packed]`` reads text, an ``Engine[Pictures]`` reads pictures, and an ``Engine[Nothing]`` writes without
    any source.
    """

    @property
    def description(self) -> str:
        """The device and the number format that the engine computes with, in a few words."""
        ...

    @property
    def features(self) -> frozenset[SearchFeature]:
        """The features that a request may ask for."""
        ...

    def search(self, source: Read_contra, request: SearchRequest) -> SearchResult:
        """The best outputs for each row of ``source``.

        Args:
            source: texts, each row ended by the end symbol, in any number and order, where the engine chooses which are
                computed together; or a batch of pictures, all computed together; or the number of texts to write.
            request: the search method, limits and number of outputs.

        Returns:
            For each row up to ``n_best`` hypotheses, best first. They contain no padding, unknown or start symbol.

        Raises:
            UnsupportedError: if the request asks for a feature that the engine lacks; raised before any work.
        """
        ...


@runtime_checkable
class StreamingEngine(Protocol[Read_contra]):
    """An :class:`Engine` that hands over what it has found while it searches for the rest."""

    def stream(self, source: Read_contra, request: SearchRequest) -> Iterator[SearchPart]:
        """The result of :meth:`Engine.search` in parts, each as soon as it is found. If the iterator is given up, the
        search ends soon. Arguments and errors are those of :meth:`Engine.search`."""
        ...


def in_parts(engine: Engine[Read], source: Read, request: SearchRequest) -> Iterator[SearchPart]:
    """The result of a search in parts, each as soon as it is found; in one part where the engine finds all at once."""
    if isinstance(engine, StreamingEngine):
        yield from engine.stream(source, request)
    else:
        yield range(source.layout.batch), engine.search(source, request)


class StepByStep:
    """What all engines have in common whose searches go through a model step by step, computed by PyTorch."""

    model: nn.Module

    @property
    def description(self) -> str:
        """The device and the number format that PyTorch computes with."""
        return computed_by_torch(self.model)

    @property
    def features(self) -> frozenset[SearchFeature]:
        """The features of a search by steps."""
        return SEARCH_FEATURES


def computed_by_torch(model: nn.Module) -> str:
    """The device and the number format that PyTorch computes with for a model.

    >>> computed_by_torch(nn.Linear(2, 2))
    'PyTorch, float32, on cpu'
    """
    parameter = next(model.parameters())
    return f"PyTorch, {str(parameter.dtype).removeprefix('torch.')}, on {parameter.device.type}"

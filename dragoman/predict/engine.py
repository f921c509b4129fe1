"""What searches for a translator, a reader or a writer."""

from __future__ import annotations

from typing import Protocol, TypeVar, runtime_checkable

from torch import nn

from dragoman.contracts import Nothing, Packed, Pictures, SearchFeature, SearchRequest, SearchResult

Read_contra = TypeVar("Read_contra", bound=Packed | Pictures | Nothing, contravariant=True)


@runtime_checkable
class Engine(Protocol[Read_contra]):
    """Sources in, hypotheses out. Nothing that is found for one row depends on another.

    An ``Engine[Packed]`` reads text, an ``Engine[Pictures]`` pictures, and an ``Engine[Nothing]`` writes without
    reading.
    """

    @property
    def description(self) -> str:
        """What computes, and with which numbers, in a few words."""
        ...

    @property
    def features(self) -> frozenset[SearchFeature]:
        """What a request may ask for."""
        ...

    def search(self, source: Read_contra, request: SearchRequest) -> SearchResult:
        """The best outputs for each row of ``source``.

        Args:
            source: texts, each row ended by the end symbol, in any number and order: the engine decides which are
                computed together; or a batch of pictures, which all are computed together; or how many texts to write.
            request: what is asked.

        Returns:
            For each row up to ``n_best`` hypotheses. No padding, unknown or start symbol is ever written.

        Raises:
            UnsupportedError: if something is asked for that the engine cannot do, before any work.
        """
        ...


def computed_by_torch(model: nn.Module) -> str:
    """Where PyTorch computes with a model, and with which numbers."""
    parameter = next(model.parameters())
    return f"PyTorch, {str(parameter.dtype).removeprefix('torch.')}, on {parameter.device.type}"

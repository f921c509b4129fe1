"""What a translator or a reader needs of whatever searches for it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from dragoman.contracts import Packed, Pictures, SearchFeature, SearchRequest, SearchResult


@runtime_checkable
class Engine(Protocol):
    """Sources in, hypotheses out. Nothing that is found for one row depends on another."""

    @property
    def description(self) -> str:
        """What computes, and with which numbers, in a few words."""
        ...

    @property
    def features(self) -> frozenset[SearchFeature]:
        """What a request may ask for."""
        ...

    def search(self, source: Packed | Pictures, request: SearchRequest) -> SearchResult:
        """The best outputs for each row of ``source``.

        Args:
            source: texts, each row ended by the end symbol, in any number and order: the engine decides which are
                computed together; or a batch of pictures, which all are computed together.
            request: what is asked.

        Returns:
            For each row up to ``n_best`` hypotheses. No padding, unknown or start symbol is ever written.

        Raises:
            UnsupportedError: if something is asked for that the engine cannot do, before any work.
        """
        ...

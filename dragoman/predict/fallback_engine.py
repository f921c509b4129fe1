"""Two engines for one model: a fast one, and one that does what the fast one lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic

import torch

from dragoman.contracts import SearchFeature, SearchRequest, SearchResult
from dragoman.predict.engine import Engine, Read, SearchPart, in_parts


@dataclass(frozen=True, slots=True)
class FallbackEngine(Generic[Read]):
    """An :class:`~dragoman.predict.engine.Engine` that gives each request to the fast engine if that has all features
    it needs, else to the full one.

    Attributes:
        fast: the engine that is asked first.
        full: the engine that is asked for what the fast one lacks.
        fast_name: name of the fast engine.
    """

    fast: Engine[Read]
    full: Engine[Read]
    fast_name: str

    @property
    def description(self) -> str:
        """The description of the fast engine."""
        return self.fast.description

    @property
    def features(self) -> frozenset[SearchFeature]:
        """The features of both engines."""
        return self.fast.features | self.full.features

    def described_for(self, request: SearchRequest) -> str:
        """The description of the engine that answers the request, and what the fast one lacks for it."""
        missing = request.features - self.fast.features
        if not missing:
            return self.fast.description
        lacks = ", no ".join(feature.value for feature in SearchFeature if feature in missing)
        return f"{self.full.description} ({self.fast_name} has no {lacks})"

    def search(self, source: Read, request: SearchRequest) -> SearchResult:
        """The best outputs for each row; see :meth:`~dragoman.predict.engine.Engine.search`.

        Rows without a constraint are searched apart, so that they stay with the fast engine."""
        groups = request.apart(source.layout.batch)
        if len(groups) < 2:
            return self._answering(request).search(source, request)
        parts = (
            (rows, self._answering(part).search(source.select(torch.tensor(rows)), part))
            for rows in groups
            for part in (request.select(rows),)
        )
        return SearchResult.joined(parts, rows=source.layout.batch)

    def stream(self, source: Read, request: SearchRequest) -> Iterator[SearchPart]:
        """The result in parts; see :meth:`~dragoman.predict.engine.StreamingEngine.stream`. Rows without a constraint
        come first."""
        groups = request.apart(source.layout.batch)
        if len(groups) < 2:
            yield from in_parts(self._answering(request), source, request)
            return
        for rows in groups:
            part = request.select(rows)
            for places, found in in_parts(self._answering(part), source.select(torch.tensor(rows)), part):
                yield [rows[place] for place in places], found

    def _answering(self, request: SearchRequest) -> Engine[Read]:
        return self.fast if request.features <= self.fast.features else self.full

"""The search engine for encoder-decoder models of any kind, in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from dragoman.contracts import (
    DecoderState,
    Memory,
    Packed,
    Pictures,
    SearchRequest,
    SearchResult,
    Source,
    SpecialSymbols,
    StepFunction,
)
from dragoman.data.bucketing import in_order
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.engine import SearchPart, StepByStep
from dragoman.predict.fused_language_model import FusedLanguageModel
from dragoman.search.rules import SearchRules
from dragoman.search.scores import Normalizer, log_normalizer, unnormalized
from dragoman.search.search import search


class TorchEngine(StepByStep):
    """An :class:`~dragoman.predict.engine.Engine` for every model that reads text or pictures.

    Args:
        model: encoder and decoder; put into evaluation mode.
        special: special symbols of the output vocabulary.
        batch_tokens: most source tokens, times the beam width, that are computed together.
        language_model: language model that is fused into every search, if there is one.
    """

    model: EncoderDecoder

    def __init__(
        self,
        model: EncoderDecoder,
        special: SpecialSymbols,
        *,
        batch_tokens: int,
        language_model: FusedLanguageModel | None = None,
    ) -> None:
        self.model = model
        self.special = special
        self.batch_tokens = batch_tokens
        self.language_model = language_model

    def search(self, source: Packed | Pictures, request: SearchRequest) -> SearchResult:
        """The best outputs for each row; see :meth:`~dragoman.predict.engine.Engine.search`.

        Raises:
            UnsupportedError: if the request asks for a feature that no search by steps has, or the model's scores are
                not finite.
        """
        return SearchResult.joined(self.stream(source, request), rows=source.layout.batch)

    def stream(self, source: Packed | Pictures, request: SearchRequest) -> Iterator[SearchPart]:
        """The result batch by batch; arguments and errors are those of :meth:`search`."""
        request.check(source.layout.batch, self.features, "PyTorch's engine")
        self.model.eval()
        with torch.inference_mode():
            searched = self.model.for_search()
        return (
            (places, self._search(searched, batch.to(self.model.device), request.select(places), places))
            for rows in request.apart(source.layout.batch)
            for places, batch in self._batches(source, rows, request.followed)
        )

    def _batches(
        self, source: Packed | Pictures, rows: Sequence[int], width: int
    ) -> Iterator[tuple[list[int], Packed | Pictures]]:
        """Batches of ``rows``: texts of similar length together, pictures as they come."""
        if isinstance(source, Pictures):
            yield list(rows), source if len(rows) == source.layout.batch else source.select(torch.tensor(rows))
            return
        lengths = source.layout.lengths.cpu().numpy()[list(rows)]
        # From long to short, so that a line too long for the memory is met first.
        for order in reversed(in_order(lengths, lengths, tokens=max(self.batch_tokens // width, 1))):
            places = [rows[place] for place in order.tolist()]
            yield places, source.select(torch.tensor(places))

    def _search(
        self,
        searched: tuple[Callable[[Memory], DecoderState], StepFunction[Any]],
        source: Source,
        request: SearchRequest,
        numbers: Sequence[int],
    ) -> SearchResult:
        start, step = searched
        with torch.inference_mode():
            memory = self.model.encode(source)
            state = start(memory)
            normalizer: Normalizer = log_normalizer
            if self.language_model is not None:
                step, state = self.language_model.fuse(step, state, memory.layout.batch)
                normalizer = unnormalized
            rules = SearchRules.of(
                request,
                special=self.special,
                limits=memory.layout.lengths.tolist(),
                numbers=numbers,
                normalizer=normalizer,
            )
            return search(step, state, request.method, rules)

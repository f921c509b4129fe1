"""Searches with a model of any kind in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from dragoman.contracts import Hypothesis, Memory, Packed, Pictures, Source, StepFunction
from dragoman.data.bucketing import in_order
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.fused_language_model import FusedLanguageModel
from dragoman.search.beam import beam_search
from dragoman.search.greedy import greedy_search
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.scores import Normalizer, log_normalizer, unnormalized
from dragoman.text.vocabulary import END, NEVER_WRITTEN, START


class TorchEngine:
    """An :class:`~dragoman.predict.engine.Engine` for every model.

    Args:
        model: the encoder and decoder; used in evaluation mode.
        batch_tokens: source tokens, times the beam, that are computed together at most.
        language_model: has its say in every search, if there is one.
    """

    def __init__(
        self, model: EncoderDecoder, *, batch_tokens: int, language_model: FusedLanguageModel | None = None
    ) -> None:
        self.model = model
        self.batch_tokens = batch_tokens
        self.language_model = language_model

    @property
    def description(self) -> str:
        """Where PyTorch computes, and with which numbers."""
        parameter = next(self.model.parameters())
        return f"PyTorch, {str(parameter.dtype).removeprefix('torch.')}, on {parameter.device.type}"

    def search(
        self,
        rows: list[list[int]],
        *,
        width: int,
        n_best: int,
        length_penalty: float,
        limits: list[int],
        forbidden: Sequence[int] = (),
    ) -> list[list[Hypothesis]]:
        """The best outputs for each source; see :meth:`~dragoman.predict.engine.Engine.search`.

        Raises:
            UnsupportedError: if the model's scores are not numbers.
        """
        self.model.eval()
        with torch.inference_mode():
            searched = self.model.for_search()
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        found: list[list[Hypothesis]] = [[] for _ in rows]
        # From long to short, so that a line too long for the memory is met first.
        for places in reversed(in_order(lengths, lengths, tokens=max(self.batch_tokens // width, 1))):
            source = Packed.of([rows[place] for place in places], self.model.device)
            allowed = [limits[place] for place in places]
            for place, hypotheses in zip(
                places,
                self._search(searched, source, allowed, width, n_best, length_penalty, forbidden),
                strict=True,
            ):
                found[place] = hypotheses
        return found

    def search_pictures(
        self, pictures: Pictures, *, width: int, n_best: int, length_penalty: float
    ) -> list[list[Hypothesis]]:
        """The best outputs for each picture, which all are computed together; none is longer than the encoder has
        places for it. Else as :meth:`search`."""
        self.model.eval()
        with torch.inference_mode():
            searched = self.model.for_search()
        return self._search(searched, pictures.to(self.model.device), None, width, n_best, length_penalty)

    def _search(
        self,
        searched: tuple[Callable[[Memory], Any], StepFunction[Any]],
        source: Source,
        limits: list[int] | None,
        width: int,
        n_best: int,
        length_penalty: float,
        forbidden: Sequence[int] = (),
    ) -> list[list[Hypothesis]]:
        start, step = searched
        with torch.inference_mode():
            memory = self.model.encode(source)
            limits = memory.layout.lengths.tolist() if limits is None else limits
            state = start(memory)
            normalizer: Normalizer = log_normalizer
            if self.language_model is not None:
                step, state = self.language_model.fuse(step, state, memory.layout.batch)
                normalizer = unnormalized
            common: dict[str, Any] = {
                "start": START,
                "end": END,
                "limits": limits,
                "forbidden": (*NEVER_WRITTEN, *forbidden),
                "normalizer": normalizer,
            }
            if width == 1:
                return [[hypothesis] for hypothesis in greedy_search(step, state, **common)]
            penalty = LengthPenalty(length_penalty)
            return beam_search(step, state, width=width, penalty=penalty, n_best=n_best, **common)

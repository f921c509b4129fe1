"""Searches with a model of any kind in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from dragoman.contracts import Hypothesis, Memory, Packed, StepFunction
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
        self, rows: list[list[int]], *, width: int, n_best: int, length_penalty: float, limits: list[int]
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
            batch = [rows[place] for place in places], [limits[place] for place in places]
            for place, hypotheses in zip(
                places, self._search(searched, *batch, width, n_best, length_penalty), strict=True
            ):
                found[place] = hypotheses
        return found

    def _search(
        self,
        searched: tuple[Callable[[Memory], Any], StepFunction[Any]],
        rows: list[list[int]],
        limits: list[int],
        width: int,
        n_best: int,
        length_penalty: float,
    ) -> list[list[Hypothesis]]:
        start, step = searched
        with torch.inference_mode():
            state = start(self.model.encode(Packed.of(rows, self.model.device)))
            normalizer: Normalizer = log_normalizer
            if self.language_model is not None:
                step, state = self.language_model.fuse(step, state, len(rows))
                normalizer = unnormalized
            common: dict[str, Any] = {
                "start": START,
                "end": END,
                "limits": limits,
                "forbidden": NEVER_WRITTEN,
                "normalizer": normalizer,
            }
            if width == 1:
                return [[hypothesis] for hypothesis in greedy_search(step, state, **common)]
            penalty = LengthPenalty(length_penalty)
            return beam_search(step, state, width=width, penalty=penalty, n_best=n_best, **common)

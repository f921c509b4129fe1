"""Small models of every kind with random weights, 2 of whose symbols can be written, and all their outputs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch

from dragoman.contracts import (
    DEFAULT_SYMBOLS,
    Nothing,
    Packed,
    Pictures,
    PictureSize,
    SearchMethod,
    SearchResult,
    TextSize,
)
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.language_model import LanguageModel
from dragoman.recipe import recipe_from
from dragoman.search.repetition import NO_RULE
from dragoman.search.rules import SearchRules
from dragoman.search.search import search

SYMBOLS = DEFAULT_SYMBOLS
VOCABULARY = 6
STACK = {"layers": 1, "width": 8, "feed_forward": 12, "heads": 2, "dropout": 0.0}
PICTURES = {"kind": "residual", "channels": [4, 6], "halvings": 1, "width": 8, "context": 1, "dropout": 0.0}
DECODERS: dict[str, dict[str, Any]] = {
    "transformer": STACK,
    "rnn without attention": {"kind": "rnn", "width": 8, "attention": "none"},
    "gru with attention": {"kind": "gru", "width": 8, "attention": "additive"},
    "lstm with input feeding": {"kind": "lstm", "width": 8, "attention": "dot", "input_feeding": True},
    "pictures by alignment": {"kind": "ctc"},
    "language model": STACK,
}


class Subject:
    """A model with random weights, and the log-probability of every output by teacher forcing."""

    def __init__(self, kind: str, seed: int, limits: Sequence[int]) -> None:
        self.limits = limits
        reads = kind == "pictures by alignment"
        self.writes_alone = kind == "language model"
        encoder = {"kind": "none"} if self.writes_alone else PICTURES if reads else STACK
        recipe = recipe_from({"model": {"tie": "none", "encoder": encoder, "decoder": DECODERS[kind]}})
        size = PictureSize(1, 16, None) if reads else TextSize(VOCABULARY)
        self.model = build(recipe.model, size, TextSize(VOCABULARY), seed).eval().double()
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.5)
        random = np.random.default_rng(seed)
        self.source: Packed | Pictures | Nothing = Nothing(2)
        if reads:
            self.source = Pictures.of([random.integers(0, 256, (1, 16, width), dtype=np.uint8) for width in (40, 28)])
        elif not self.writes_alone:
            self.source = Packed.of([[*random.integers(4, 6, 3).tolist(), SYMBOLS.end] for _ in range(2)])

    def find(self, method: SearchMethod, count: int, rows: Sequence[int] = (0, 1)) -> SearchResult:
        """What a search finds for these rows."""
        limits = [self.limits[row] for row in rows]
        rules = SearchRules(
            SYMBOLS.start, SYMBOLS.end, limits, n_best=count, forbidden=SYMBOLS.never_written, repetition=NO_RULE
        )
        model = cast(Any, self.model)
        with torch.inference_mode():
            if self.writes_alone:
                state = model.start(len(rows))
            else:
                state = model.start(model.encode(cast(Any, self.source).select(torch.tensor(rows))))
            return search(model.step, state, method, rules)

    def enumerated(self, row: int) -> list[tuple[list[int], float]]:
        """All outputs of a row, with their log-probabilities."""
        written = [
            [*tokens, SYMBOLS.end]
            for length in range(self.limits[row] + 1)
            for tokens in itertools.product([4, 5], repeat=length)
        ]
        target = Packed.of(written)
        with torch.inference_mode():
            if self.writes_alone:
                losses = cast(LanguageModel, self.model).decoder.token_losses(target.shifted(SYMBOLS.start), target)
            else:
                model = cast(EncoderDecoder, self.model)
                repeated = cast(Any, self.source).select(torch.full((len(written),), row))
                losses = model.decoder.token_losses(target, model.encode(repeated))
        if len(losses) == len(written):
            sums = losses
        else:
            sums = torch.zeros(len(written), dtype=losses.dtype).index_add_(0, target.layout.rows, losses)
        return [(tokens[:-1], -float(nats)) for tokens, nats in zip(written, sums, strict=True)]

"""Attentions, and an encoder and a decoder of different kinds, on rows of up to five symbols out of ten; rows of ten
symbols, and more of them, are in ``benchmarks/reversal.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from learning import TRANSFORMER, exact_match, recurrent

MODELS: dict[str, tuple[dict[str, Any], dict[str, Any], int, float]] = {
    "both directions, scaled dot": (
        recurrent("gru", width=32, bidirectional=True),
        recurrent("gru", attention="scaled_dot"),
        750,
        1e-2,
    ),
    "rnn, additive, fed": (recurrent("rnn"), recurrent("rnn", attention="additive", input_feeding=True), 800, 5e-3),
    "transformer to gru": (TRANSFORMER, recurrent("gru", attention="multi_head"), 450, 8e-3),
}


@pytest.mark.parametrize("name", list(MODELS))
def test_learnt_to_99_percent(name: str, tmp_path: Path) -> None:
    encoder, decoder, updates, learning_rate = MODELS[name]
    assert exact_match(tmp_path / "run", encoder, decoder, updates=updates, learning_rate=learning_rate) >= 0.99

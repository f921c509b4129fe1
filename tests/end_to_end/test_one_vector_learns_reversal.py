"""Without attention all of a row must pass through one vector. Ten symbols take minutes (``benchmarks/reversal.py``),
four take seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning import exact_match, recurrent


@pytest.mark.parametrize(("kind", "learning_rate"), [("rnn", 3e-3), ("gru", 6e-3), ("lstm", 6e-3)])
def test_learnt_to_99_percent(kind: str, learning_rate: float, tmp_path: Path) -> None:
    encoder, decoder = recurrent(kind), recurrent(kind, attention="none")
    found = exact_match(tmp_path / "run", encoder, decoder, updates=900, learning_rate=learning_rate, longest=4)
    assert found >= 0.99

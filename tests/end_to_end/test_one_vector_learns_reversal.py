"""Without attention all of a row must pass through one vector. Ten symbols take minutes (``benchmarks/reversal.py``),
three take seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning import exact_match, recurrent


@pytest.mark.parametrize(("kind", "learning_rate", "updates"), [("rnn", 3e-3, 900), ("lstm", 6e-3, 800)])
def test_learnt_to_99_percent(kind: str, learning_rate: float, updates: int, tmp_path: Path) -> None:
    encoder, decoder = recurrent(kind, width=96), recurrent(kind, width=96, attention="none")
    found = exact_match(
        tmp_path / "run", encoder, decoder, updates=updates, learning_rate=learning_rate, longest=3, symbols=20
    )
    assert found >= 0.99

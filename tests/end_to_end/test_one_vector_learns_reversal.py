"""Without attention all of a row must pass through one vector. Ten symbols take minutes (``benchmarks/reversal.py``),
three take seconds."""

from __future__ import annotations

from pathlib import Path

from learning import exact_match, recurrent


def test_learnt_to_99_percent(tmp_path: Path) -> None:
    encoder, decoder = recurrent("lstm", width=96), recurrent("lstm", width=96, attention="none")
    found = exact_match(tmp_path / "run", encoder, decoder, updates=800, learning_rate=6e-3, longest=3, symbols=20)
    assert found >= 0.99

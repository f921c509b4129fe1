"""From a table of pairs to a Transformer that has learnt them."""

from __future__ import annotations

from pathlib import Path

from learning import TRANSFORMER, exact_match


def test_learnt_to_99_percent(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert exact_match(run, TRANSFORMER, TRANSFORMER, updates=550, learning_rate=6e-3) >= 0.99

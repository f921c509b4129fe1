"""From a table of pairs to a Transformer that has learnt them."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning import TRANSFORMER, exact_match


@pytest.mark.parametrize(("task", "updates"), [("copy", 350), ("reversal", 550)])
def test_learnt_to_99_percent(task: str, updates: int, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert exact_match(run, TRANSFORMER, TRANSFORMER, updates=updates, learning_rate=6e-3, task=task) >= 0.99

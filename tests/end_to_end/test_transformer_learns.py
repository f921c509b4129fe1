"""From a table of pairs to a Transformer that has learnt them."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning import TRANSFORMER, exact_match


@pytest.mark.parametrize("task", ["copy", "reversal"])
def test_learnt_to_99_percent(task: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    found = exact_match(run, TRANSFORMER, TRANSFORMER, updates=500, learning_rate=6e-3, task=task, longest=7)
    assert found >= 0.99

"""From a table of pairs to a Transformer that has learnt them."""

from __future__ import annotations

from pathlib import Path

import pytest
from learning import TRANSFORMER, exact_match


@pytest.mark.parametrize("task", ["copy", "reversal"])
def test_learnt_to_99_percent(task: str, tmp_path: Path) -> None:
    found = exact_match(tmp_path / "run", TRANSFORMER, TRANSFORMER, updates=800, learning_rate=5e-3, task=task)
    assert found >= 0.99

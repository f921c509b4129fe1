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


def test_a_gru_learns_it_from_more_rows(tmp_path: Path) -> None:
    """Of 8,000 rows, as the others have, it does not learn the rule well enough."""
    encoder, decoder = (recurrent("gru", 128, embedding_width=64, **more) for more in ({}, {"attention": "none"}))
    changes = {
        "data": {"validation_pairs": 100, "test_pairs": 500},
        "cleaning": {"language": True, "copies": True, "drop_duplicates": True, "drop_near_duplicates": True},
        "training": {"batch": {"tokens": 800}, "schedule": {"warmup": 50}, "average": 0.99},
    }
    task = {"longest": 4, "symbols": 20, "pairs": 40_000}
    found = exact_match(tmp_path / "run", encoder, decoder, updates=900, learning_rate=6e-3, changes=changes, **task)
    assert found >= 0.99

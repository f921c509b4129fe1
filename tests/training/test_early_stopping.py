from __future__ import annotations

import math

from dragoman.training.early_stopping import EarlyStopping


def test_lower_loss_is_better() -> None:
    stopping = EarlyStopping("loss", patience=2)
    assert [stopping.observe(v) for v in (3.0, 2.0, 2.5)] == [True, True, False]
    assert not stopping.exhausted
    stopping.observe(2.0)
    assert stopping.exhausted
    assert stopping.best == 2.0


def test_higher_bleu_is_better() -> None:
    stopping = EarlyStopping("bleu", patience=1)
    assert [stopping.observe(v) for v in (3.0, 4.0)] == [True, True]
    stopping.observe(3.9)
    assert stopping.exhausted


def test_not_a_number_is_never_best() -> None:
    stopping = EarlyStopping("loss", patience=5)
    assert not stopping.observe(math.nan)
    assert stopping.observe(9.0)

"""Features of a stream are watched: in any batches, with pauses, in bounded memory; and documents are thinned."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from dragoman.monitoring import history as history_file
from dragoman.monitoring.documents import MeasuredRow, OneOfEach
from dragoman.monitoring.history import History
from dragoman.monitoring.watch import Watch

NAMES = ["length", "share", "ink"]


def test_batches_and_pauses_change_nothing() -> None:
    """Lines have gaps, as where copies are left out, and the drift begins at one."""
    random = np.random.default_rng(1)
    stream = random.normal(size=(700, 3))
    stream[400:, 1] += 1.2
    lines = np.cumsum(random.integers(1, 4, len(stream)))
    whole = Watch.against(random.normal(size=(300, 3)), NAMES, window=64)
    parts = Watch.from_dict(json.loads(json.dumps(whole.to_dict())))
    whole.observe(stream, lines)
    for some, of_some in zip(*(np.split(a, range(37, 700, 37)) for a in (stream, lines)), strict=True):
        parts.observe(some, of_some)
        parts = Watch.from_dict(json.loads(json.dumps(parts.to_dict())))
    assert parts.to_dict() == whole.to_dict()
    (found,) = whole.status().drifted
    assert found.name == "share"
    assert found.since == pytest.approx(lines[400], abs=60)
    assert found.larger > 0.6
    assert found.mean > 0.8
    assert parts.status().to_dict() == whole.status().to_dict()


def test_history_keeps_all_windows_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_file, "MOST", 16)
    history, values = History(1, 2, size=1), np.arange(4.0 * 16 + 3)
    for line, value in enumerate(values, start=1):
        places = np.zeros((1, 1), dtype=np.int64)
        history.current.add(np.array([[value]]), places, np.array([line]), f"at {line}")
        history.close(np.array([value]))
        assert len(history.parts) <= 16
    assert history.windows == sum(part.rows for part in history.parts) == len(values)
    for part in history.parts:
        assert part.means[0] == pytest.approx(values[part.line - 1 : part.last_line].mean())
        assert (part.time, part.log_evidence[0]) == (f"at {part.line}", part.last_line - 1)
    assert [part.line for part in history.parts[1:]] == [part.last_line + 1 for part in history.parts[:-1]]


def test_effect_of_a_window_is_the_share_of_pairs_in_which_it_is_larger() -> None:
    random = np.random.default_rng(2)
    reference, window = random.integers(0, 4, 90), random.integers(1, 5, 40)
    watch = Watch.against(np.zeros((20, 1)), ["length"], window=40)
    watch.history.current = type(watch.history.current)(1, 5)
    watch.history.current.add(window[:, None].astype(np.float64), window[:, None], np.arange(1, 41), "")
    pairs = (window[:, None] > reference) + 0.5 * (window[:, None] == reference)
    found = watch.history.current.larger(np.bincount(reference, minlength=5)[None])
    assert found[0] == pytest.approx(pairs.mean())


def measured(values: np.ndarray) -> list[MeasuredRow]:
    return [MeasuredRow(np.array([float(value)]), line, "") for line, value in enumerate(values.tolist(), start=1)]


def test_every_row_of_a_document_is_drawn_as_often() -> None:
    """4,000 documents of three rows, mixed with one another; whole, in batches, and with pauses."""
    documents = np.repeat(np.arange(2000), 3)
    order = np.argsort(np.arange(6000) + np.random.default_rng(3).integers(0, 9, 6000), kind="stable")
    documents = documents[order]
    places = [sum(documents[:row] == document) for row, document in enumerate(documents[:0])]
    seen: Counter[int] = Counter()
    for document in documents.tolist():
        places.append(seen[document])
        seen[document] += 1
    rows = measured(np.array(places))
    whole, parts = OneOfEach(20, seed=1), OneOfEach(20, seed=1)
    drawn = whole.take(documents.tolist(), rows) + whole.finish()
    in_parts: list[MeasuredRow] = []
    for begin in range(0, 6000, 500):
        in_parts += parts.take(documents[begin : begin + 500].tolist(), rows[begin : begin + 500])
        parts = OneOfEach.from_dict(json.loads(json.dumps(parts.to_dict())), patience=20)
    in_parts += parts.finish()
    assert [row.line for row in in_parts] == [row.line for row in drawn]
    assert len(drawn) == 2000
    counts = Counter(int(row.values[0]) for row in drawn)
    assert all(abs(counts[place] - 2000 / 3) < 95 for place in range(3))


def test_a_document_that_has_ended_stays_so() -> None:
    each = OneOfEach(patience=2, seed=1)
    rows = measured(np.arange(9))
    drawn = each.take([1, 2, 3, 4, 1, 5, 6, 7, 8], rows)
    assert [row.line for row in drawn] == [1, 2, 3, 4, 6, 7][: len(drawn)]
    assert 5 not in [row.line for row in drawn + each.finish()]

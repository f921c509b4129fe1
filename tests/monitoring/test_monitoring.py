"""A model is watched by what it is given: by every kind of input, from a log or row by row, with pauses."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from untrained import rows, save, write

import dragoman
from dragoman.errors import DamagedFileError, DragomanError, InputError, UnsupportedError
from dragoman.monitoring.monitor import Monitor
from dragoman.monitoring.status import Status

REFERENCE = rows(120, seed=1)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for name in ("rows", "other rows", "texts", "pictures"):
        save(folder, name)
    return folder


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """250 quiet rows and 150 that have shifted."""
    return write(tmp_path / "log.jsonl", rows(250, seed=9) + rows(150, seed=3, shift=3))


def test_calls_at_intervals_find_what_one_call_finds(models: Path, log: Path, tmp_path: Path) -> None:
    whole = dragoman.monitor(models / "rows", log, reference=REFERENCE, window=50)
    assert [one.name for one in whole.drifted] == ["size, standardised", "prediction, standardised"]
    assert whole.drifted[0].since == pytest.approx(251, abs=15)
    assert whole.drifted[0].alarm in range(251, 300)
    every, grown = log.read_text(), tmp_path / "grown.jsonl"
    for size in (5000, 5400, 16_000, len(every)):
        grown.write_text(every[:size])
        status = dragoman.monitor(models / "rows", grown, reference=REFERENCE, window=50, state=tmp_path / "state")
    assert status.to_dict() == whole.to_dict()
    again = dragoman.monitor(models / "rows", grown, reference=REFERENCE, window=50, state=tmp_path / "state")
    assert again.to_dict() == whole.to_dict()


def test_a_server_may_ask_row_by_row(models: Path, log: Path) -> None:
    given = [json.loads(line) for line in log.read_text().splitlines()[241:261]]
    one, many = (Monitor(models / "rows", reference=REFERENCE, window=50) for _ in range(2))
    many.observe(given)
    for row in given:
        status = one.observe([row])
    assert status.to_dict() == many.status().to_dict()
    assert status.drift
    assert "drift: size" in repr(one)


def test_a_log_is_followed_until_somebody_interrupts(
    models: Path, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every, seen = log.read_text(), list[Status]()
    log.write_text(every[:9000])
    later = iter([every, None])

    def wait(seconds: float) -> None:
        text = next(later)
        if text is None:
            raise KeyboardInterrupt
        log.write_text(text)

    monkeypatch.setattr(time, "sleep", wait)
    options = {"reference": REFERENCE, "window": 50, "state": tmp_path / "state"}
    followed = dragoman.monitor(models / "rows", log, follow=True, watching=seen.append, **options)
    assert (followed.rows, followed.drift) == (400, True)
    assert [status.windows for status in seen] == [3, 8]
    assert dragoman.monitor(models / "rows", log, **options).to_dict() == followed.to_dict()


def test_texts_pictures_and_rows_are_read_from_their_fields(models: Path, tmp_path: Path) -> None:
    texts = [f"red apples {number}" for number in range(40)]
    asked = write(tmp_path / "texts.jsonl", [{"request": {"text": text}, "at": "noon"} for text in [*texts, texts[3]]])
    status = dragoman.monitor(
        models / "texts", asked, field="request.text", time="at", reference=texts, window=10, device="cpu"
    )
    assert (status.rows, status.windows, status.parts[0].time) == (40, 4, "noon")
    assert "1 of 41 inputs had come before" in status.as_text()
    assert dragoman.monitor(models / "texts", asked, field="request.text", reference=texts, copies=True).rows == 41
    draw = np.random.default_rng(1)
    pictures = [draw.integers(0, 256, (8, 8), dtype=np.uint8) for _ in range(24)]
    for number, pixels in enumerate(pictures):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    seen = write(tmp_path / "pictures.jsonl", [{"file": f"{number}.png"} for number in range(24)])
    assert dragoman.monitor(models / "pictures", seen, field="file", reference=pictures).rows == 24
    table = tmp_path / "rows.parquet"
    pd.DataFrame(rows(30, seed=4)).to_parquet(table)
    assert dragoman.monitor(models / "rows", table, reference=REFERENCE).rows == 30


def test_one_row_of_each_document_counts(models: Path, tmp_path: Path) -> None:
    """Copies of one row for each of 60 documents: as rows they would be far from exchangeable."""
    records = [{**row, "session": number} for number, row in enumerate(rows(60, seed=5)) for _ in range(9)]
    asked = write(tmp_path / "log.jsonl", records)
    status = dragoman.monitor(models / "rows", asked, documents="session", reference=REFERENCE)
    assert (status.rows, status.drift) == (60, False)
    assert "one row of each document" in status.as_text()
    state = tmp_path / "state"
    first = dragoman.monitor(models / "rows", asked, documents="session", reference=REFERENCE, window=18, state=state)
    assert first.rows == 58  # The last ones may still go on.


def test_a_state_of_something_else_is_refused(models: Path, log: Path, tmp_path: Path) -> None:
    state, model = tmp_path / "state.json", models / "rows"

    def call(folder: Path = model, file: Path = log, **options: object) -> Status:
        return dragoman.monitor(folder, file, **{"reference": REFERENCE, "state": state, **options})  # type: ignore[arg-type]

    call()
    other = shutil.copy(log, tmp_path / "other.jsonl")
    saved = state.read_text()
    for message, change in {
        "the state is of another model": lambda: call(models / "other rows"),
        "the state is of another reference": lambda: call(reference=REFERENCE[:-1]),
        "the state is of another log": lambda: call(file=Path(other)),
        "the state was begun with alpha 0.05, and now it is 0.01": lambda: call(alpha=0.01),
        "the state was begun with window 1000": lambda: call(window=10),
    }.items():
        with pytest.raises(InputError, match=message):
            change()
        assert state.read_text() == saved
    broken: dict[str, type[DragomanError]] = {
        "no state": InputError,
        "[1]": InputError,
        saved[:500]: DamagedFileError,
        saved.replace('"format": 1', '"format": 9'): UnsupportedError,
        saved.replace('"watch"', '"wash"'): DamagedFileError,
    }
    for text, error in broken.items():
        state.write_text(text)
        with pytest.raises(error, match=r"state\.json"):
            call()


def test_bad_input_is_one_message(models: Path, log: Path, tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.jsonl", [])
    texts = write(tmp_path / "texts.jsonl", [{"text": "red"}, {"text": 7}])
    for message, model, file, options in (
        ("there is no log here", "rows", tmp_path / "gone", {}),
        ("the log is empty", "rows", empty, {}),
        ("no column `colour`", "rows", write(tmp_path / "less.jsonl", [{"size": 1.0}]), {}),
        ("no field `source`; there are: text", "texts", texts, {"reference": ["red"] * 30}),
        ("texts.jsonl:2: the field `text` holds 7", "texts", texts, {"reference": ["red"] * 30, "field": "text"}),
        ("no field `session`; there are: size, colour", "rows", log, {"documents": "session"}),
        ("leave --field away", "rows", log, {"field": "size"}),
        ("keeps no reference", "rows", log, {"reference": None}),
        ("3 examples, and at least 5", "rows", log, {"reference": REFERENCE[:3]}),
        ("alpha is 2", "rows", log, {"alpha": 2.0}),
        ("no regular file", "rows", Path("/dev/null"), {"state": tmp_path / "s"}),
    ):
        with pytest.raises(InputError, match=message):
            dragoman.monitor(models / model, file, **{"reference": REFERENCE, **options})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="documents"):
        Monitor(models / "rows", reference=REFERENCE).observe(REFERENCE, documents=["one"])

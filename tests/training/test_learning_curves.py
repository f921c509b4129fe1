from __future__ import annotations

import math
import struct
import warnings
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from dragoman.errors import InputError
from dragoman.training.history import History, read_history
from dragoman.training.learning_curves import draw_learning_curves
from dragoman.training.observer import UpdateRecord, ValidationRecord

pytestmark = pytest.mark.draws

UPDATE = UpdateRecord(1, 1, 5.0, 1e-3, 2.0, 4000, 0.1, 1.0)
VALIDATION = ValidationRecord(1, 1, 4.0, 54.6, {}, False, 1.0, None)


def recorded(folder: Path, updates: int, *, scores: bool = False, best: int | None = None) -> pd.DataFrame:
    history = History(folder)
    history.truncate(0)
    for update in range(1, updates + 1):
        history.on_update(replace(UPDATE, update=update, loss=9 / update**0.2))
        if update % 10 == 0:
            found = dict.fromkeys(("bleu", "chrf"), update / 10) if scores else {}
            record = replace(VALIDATION, update=update, loss=8 / update**0.2, best=update == best, scores=found)
            history.on_validation(record)
    history.on_end("done")
    return read_history(folder)


def pixels(path: Path) -> np.ndarray:
    return (imread(path)[..., :3] * 255).round().astype(int)


def has_colour(path: Path, colour: tuple[int, int, int]) -> bool:
    return bool((pixels(path) == colour).all(axis=-1).any())


BLUE, VERMILLION, GREEN, YELLOW = (0, 114, 178), (213, 94, 0), (0, 158, 115), (240, 228, 66)


def test_losses_scores_and_the_best_point_are_drawn_where_there_are_some(tmp_path):
    plain, scored = tmp_path / "plain.png", tmp_path / "scored.png"
    draw_learning_curves(recorded(tmp_path, 100), plain, "run")
    draw_learning_curves(recorded(tmp_path, 100, scores=True, best=70), scored, "run")
    for path in (plain, scored):
        assert has_colour(path, BLUE)
        assert has_colour(path, VERMILLION)
    assert (has_colour(plain, GREEN), has_colour(plain, YELLOW)) == (False, False)
    assert (has_colour(scored, GREEN), has_colour(scored, YELLOW)) == (True, True)
    assert pixels(scored).shape[0] > pixels(plain).shape[0]


def test_the_best_point_stands_at_its_update(tmp_path):
    path = tmp_path / "curves.png"
    places = []
    for best in (20, 60, 100):
        draw_learning_curves(recorded(tmp_path, 100, best=best), path, "run")
        rows, columns = np.nonzero((pixels(path) == YELLOW).all(axis=-1))
        # The star of the legend, above the panel, stays where it is.
        places.append(columns[rows > rows.min() + 30].mean())
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=3)
    assert places[2] - places[0] > 300


def test_the_same_history_gives_the_same_bytes(tmp_path):
    frame = recorded(tmp_path, 50, scores=True)
    draw_learning_curves(frame, tmp_path / "one.png", "run")
    draw_learning_curves(frame, tmp_path / "two.png", "run")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_file_is_a_whole_png(tmp_path):
    path = tmp_path / "curves.png"
    draw_learning_curves(recorded(tmp_path, 20), path, "run")
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert data.endswith(b"IEND" + struct.pack(">I", zlib.crc32(b"IEND")))


@pytest.mark.parametrize("title", ["$\\frac{$", "<run> & [co]", "", "x" * 300])
def test_any_title_is_only_text(tmp_path, title):
    draw_learning_curves(recorded(tmp_path, 5), tmp_path / "curves.png", title)
    assert (tmp_path / "curves.png").exists()


@pytest.mark.parametrize("updates", [1, 2, 10])
def test_a_short_run_can_be_drawn_without_warnings(tmp_path, updates):
    frame = recorded(tmp_path, updates, scores=True, best=10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_learning_curves(frame, tmp_path / "curves.png", "run")


def test_numbers_that_are_missing_leave_gaps(tmp_path):
    history = History(tmp_path)
    for update in range(1, 30):
        loss = math.nan if update % 3 == 0 else 4.0
        history.on_update(replace(UPDATE, update=update, loss=loss, gradient_norm=math.inf, learning_rate=0.0))
    history.on_validation(replace(VALIDATION, update=29, loss=math.nan, best=True))
    history.on_end("diverged")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_learning_curves(read_history(tmp_path), tmp_path / "curves.png", "run")
    assert has_colour(tmp_path / "curves.png", BLUE)


def test_one_wild_update_does_not_flatten_the_curve(tmp_path):
    history = History(tmp_path)
    for update in range(1, 101):
        history.on_update(replace(UPDATE, update=update, loss=1e6 if update == 100 else 9 / update**0.5))
    history.on_end("done")
    draw_learning_curves(read_history(tmp_path), tmp_path / "curves.png", "run")
    rows, _ = np.nonzero((pixels(tmp_path / "curves.png") == BLUE).all(axis=-1))
    assert rows.max() - rows.min() > 200


def test_an_empty_history_is_an_input_error_and_leaves_no_file(tmp_path):
    (tmp_path / "history.jsonl").touch()
    with pytest.raises(InputError, match="nothing to draw"):
        draw_learning_curves(read_history(tmp_path), tmp_path / "curves.png", "run")
    assert not (tmp_path / "curves.png").exists()

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from dragoman.errors import InputError
from dragoman.evaluation.classification_report import ClassificationReport, evaluate_labels
from dragoman.tasks.pictures import draw_confusion, draw_predictions

pytestmark = pytest.mark.draws

BLUE, VERMILLION = (0, 114, 178), (213, 94, 0)


def measured(
    classes: int, *, calibrated: bool = True, name: str = "class {}", examples: int = 600
) -> ClassificationReport:
    generator = np.random.default_rng(0)
    true = np.arange(examples) % classes
    scores = generator.random((examples, classes))
    scores[np.arange(examples), true] += 1
    scores /= scores.sum(axis=1, keepdims=True)
    names = [name.format(number) for number in range(classes)]
    return evaluate_labels(
        scores.argmax(axis=1), true, names, probabilities=scores if calibrated else None, resamples=10
    )


def pixels(path: Path) -> np.ndarray:
    return (imread(path)[..., :3] * 255).round().astype(int)


def has_colour(path: Path, colour: tuple[int, int, int]) -> bool:
    return bool((pixels(path) == colour).all(axis=-1).any())


@pytest.mark.parametrize("classes", [2, 3, 13, 60])
def test_confusion_is_drawn_without_warnings_and_calibration_where_it_is_known(tmp_path: Path, classes: int) -> None:
    plain, both = tmp_path / "plain.png", tmp_path / "both.png"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_confusion(measured(classes, calibrated=False), plain, "labels")
        draw_confusion(measured(classes), both, "labels")
    assert (has_colour(plain, VERMILLION), has_colour(both, VERMILLION)) == (False, True)
    assert pixels(both).shape[1] > pixels(plain).shape[1]


def test_more_classes_than_can_be_read_make_no_larger_picture(tmp_path: Path) -> None:
    for classes in (40, 90):
        draw_confusion(measured(classes), tmp_path / f"{classes}.png", "labels")
    assert pixels(tmp_path / "40.png").shape == pixels(tmp_path / "90.png").shape


@pytest.mark.parametrize("name", ["$\\frac{{{}", "{} 日本語", "", "<{}> & [co]" + "x" * 300, "a\nb{}"])
def test_any_name_and_title_is_only_text(tmp_path: Path, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_confusion(measured(3, name=name), tmp_path / "labels.png", "$\\frac{$")
    assert (tmp_path / "labels.png").exists()


def test_one_example_is_enough(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_confusion(measured(2, examples=1), tmp_path / "labels.png", "one")
        draw_predictions(np.ones(1), np.ones(1), tmp_path / "numbers.png", "one")
    assert has_colour(tmp_path / "numbers.png", BLUE)


def test_numbers_are_drawn_the_same_every_time(tmp_path: Path) -> None:
    true = np.random.default_rng(0).normal(size=25_000)
    for name in ("one.png", "two.png"):
        draw_predictions(0.5 * true + 1, true, tmp_path / name, "$numbers")
    assert has_colour(tmp_path / "one.png", VERMILLION)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_nothing_to_draw_is_an_input_error_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no estimate"):
        draw_predictions(np.zeros(0), np.zeros(0), tmp_path / "numbers.png", "numbers")
    assert not list(tmp_path.iterdir())

"""How objects show themselves in an interpreter and in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import dragoman
from dragoman.comparison.report import ComparisonReport
from dragoman.contracts import Ending
from dragoman.data.dataset import Dataset
from dragoman.diagnosis.capacity.report import CapacityReport
from dragoman.diagnosis.fit.report import FitReport
from dragoman.diagnosis.machine.diagnosis import Diagnosis
from dragoman.diagnosis.stability.report import StabilityReport
from dragoman.distillation.distill import Distillation
from dragoman.distillation.report import DistillationReport
from dragoman.evaluation.classification_report import evaluate_labels
from dragoman.evaluation.language_report import LanguageReport
from dragoman.evaluation.recognition_report import evaluate_recognition
from dragoman.evaluation.regression_report import evaluate_numbers
from dragoman.evaluation.translation_report import evaluate_translations
from dragoman.predict.predictor import Predictor
from dragoman.predict.reader import Reader
from dragoman.predict.translation import Translation
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer, Written
from dragoman.recipe import recipe_from
from dragoman.reports.shown import Shown, Summary
from dragoman.training.run import Run

HOSTILE = '<script>alert("1")</script>\n\x1b[31m' + "x" * 500
NUMBERS = evaluate_numbers(np.array([1.0, 2.5, 3.0]), np.array([1.0, 2.0, 3.5]), training_mean=2.0)


class Tags(HTMLParser):
    """The elements of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append(tag)


class Object(Shown):
    def summary(self) -> Summary:
        return Summary(HOSTILE, {HOSTILE: HOSTILE})


SHOWN: dict[str, tuple[Shown, str]] = {
    "hostile": (Object(), "alert"),
    "numbers": (NUMBERS, "RMSE"),
    "labels": (evaluate_labels(np.array([0, 1, 1]), np.array([0, 1, 0]), ("a", HOSTILE)), "accuracy 66.67 %"),
    "lines": (evaluate_recognition(["abc", "de"], ["abd", "de"]), "CER"),
    "translations": (evaluate_translations(["a b c d"], ["a b c d"], target_language="de"), "BLEU 100.00"),
    "run": (Run(Path("runs/<b>"), "all 5 updates done", False, NUMBERS), "RMSE"),
    "interrupted": (Run(Path("runs/mine"), "stopped by SIGINT", True, None), "dragoman.resume('runs/mine')"),
    "translation": (Translation(HOSTILE, 0.0, -1.5, Ending.COMPLETE, 3, placeholders_kept=False), "placeholders"),
    "written": (Written(HOSTILE, -1.5, Ending.COMPLETE), "-1.50"),
    "recipe": (recipe_from({}), "en → de"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_line_a_few_lines_and_a_small_table(name: str):
    shown, expected = SHOWN[name]
    assert len(repr(shown).splitlines()) == 1
    assert expected in str(shown)
    assert 1 < len(str(shown).splitlines()) < 15
    for text in (repr(shown), str(shown), shown._repr_html_()):
        assert "\x1b" not in text
        assert len(text) < 4000
    tags = Tags()
    tags.feed(shown._repr_html_())
    assert set(tags.found) <= {"div", "strong", "table", "tr", "th", "td"}


@pytest.mark.parametrize(
    "kind",
    [
        *(CapacityReport, ComparisonReport, Dataset, Diagnosis, Distillation, DistillationReport, FitReport),
        *(Dataset, LanguageReport, Predictor, Reader, StabilityReport, Translator, Writer),
    ],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_whatever_a_person_holds_in_python_shows_itself(kind: type):
    assert issubclass(kind, Shown)
    assert kind.__repr__ is Shown.__repr__
    assert kind.summary is not Shown.summary


def test_public_names_can_be_imported():
    for name in dragoman.__all__:
        assert getattr(dragoman, name) is not None

"""Which inputs are compared, and in which language they are."""

from __future__ import annotations

import random

import numpy as np
import pytest

from dragoman.diagnosis.shift import language
from dragoman.diagnosis.shift.expectation import weighted_mean
from dragoman.diagnosis.shift.language import other_language
from dragoman.diagnosis.shift.samples import first_of_each, kept_texts
from dragoman.recipe import load_recipe, merge, recipe_from

ENGLISH = "the old house stands near the river and nobody has lived there for many years because it is too cold"
FRENCH = "la vieille maison est près de la rivière et personne ne vit là depuis des années parce qu'il fait froid"


def lines(text: str, count: int = 60) -> list[str]:
    draws = random.Random(1)
    return [" ".join(draws.choices(text.split(), k=9)) for _ in range(count)]


def test_texts_count_once_where_training_drops_duplicates() -> None:
    texts = ["Save", " ", "Open", "Save", "save!", ""]
    recipe = load_recipe("tiny")
    kept = kept_texts(texts, recipe)
    assert (kept.rows.tolist(), kept.copies, kept.blank) == ([0, 2], 2, 2)
    values = recipe.model_dump(mode="json", exclude_none=True)
    near = recipe_from(merge(values, {"cleaning": {"drop_near_duplicates": False}}))
    assert kept_texts(texts, near).rows.tolist() == [0, 2, 4]
    all_of_them = recipe_from(merge(values, {"cleaning": {"drop_near_duplicates": False, "drop_duplicates": False}}))
    assert kept_texts(texts, all_of_them).rows.tolist() == [0, 2, 3, 4]


def test_rows_with_equal_features_count_once() -> None:
    values = np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 2.0 + 1e-7], [1.0, 2.1]], dtype=np.float32)
    assert first_of_each(values).tolist() == [0, 1, 3]


def test_another_language_is_named() -> None:
    found = other_language(lines(FRENCH), "en")
    assert found is not None
    assert (found.found, found.share) == ("French", 1.0)
    assert str(found) == "the new text is in French, and this model reads English (en)"
    mixed = other_language([*lines(ENGLISH), *lines(FRENCH, 20)], "en")
    assert mixed is not None
    assert 0.1 < mixed.share < 0.5
    assert "% of the new text is in French" in str(mixed)


@pytest.mark.parametrize(
    ("texts", "code"),
    [(lines(ENGLISH), "en"), (lines(ENGLISH), "br"), (lines("a b c d e"), "en"), (["1, 2, 3"], "en"), ([], "en")],
)
def test_what_is_in_the_language_or_in_none_is_not_named(texts: list[str], code: str) -> None:
    assert other_language(texts, code) is None


def test_another_script_is_named_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "can_tell_languages", lambda: False)
    assert other_language(lines(FRENCH), "en") is None
    found = other_language(lines("Привет как дела сегодня"), "en")
    assert found is not None
    assert found.found == "Cyrillic letters"
    assert other_language(lines("Привет как дела iPhone"), "ru") is None


def test_weighted_means_are_those_of_repeated_examples() -> None:
    values, weights = np.array([1.0, 2.0, 5.0]), np.array([1.0, 0.0, 3.0])
    found = weighted_mean(values, weights)
    assert found.value == pytest.approx(np.repeat(values, [1, 0, 3]).mean())
    assert found.effective == pytest.approx(16 / 10)
    assert not found.known
    many = weighted_mean(np.arange(400.0))
    assert many.known
    assert many.error == pytest.approx(np.arange(400.0).std() / 20)

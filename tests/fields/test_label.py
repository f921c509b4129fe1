from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import InputError
from dragoman.fields.files import field_from_dict
from dragoman.fields.label import LabelField
from dragoman.predict.outcomes import LabelOutcomes

FIELD = LabelField.learn(["cat", "dog", "cat", "Ape"])
TABLE = Path("pets.csv")


@given(st.lists(st.text("abc1", min_size=1), min_size=2).filter(lambda labels: len(set(labels)) > 1))
def test_every_label_comes_back_and_through_json(labels: list[str]) -> None:
    field = LabelField.learn(labels)
    assert field.decode(field.encode(labels)) == labels
    assert sum(field.counts) == len(labels)
    assert field_from_dict(json.loads(json.dumps(field.to_dict()))) == field


def test_classes_are_in_order() -> None:
    assert FIELD.names == ("Ape", "cat", "dog")
    assert FIELD.counts == (1, 2, 1)
    assert FIELD.size == 3
    assert LabelField.learn(["10", "9", "-1", "9"]).names == ("-1", "9", "10")


def test_a_number_is_the_same_label_however_the_table_holds_it() -> None:
    field = LabelField.learn([0, 1, 1])
    assert field.encode(["1", 1.0, np.float64(0), np.int64(1), " 0 "]).tolist() == [1, 1, 0, 1, 0]


def test_an_unseen_label_names_the_place_and_the_nearest() -> None:
    with pytest.raises(InputError, match=r"pets.csv:3: no training example has the label `Cats`(.|\n)*mean `cat`"):
        FIELD.encode(["dog", "Cats"], [(TABLE, 2), (TABLE, 3)])
    with pytest.raises(InputError, match="leave out the example"):
        FIELD.encode(["zebra"])


@pytest.mark.parametrize("value", [None, float("nan"), "", "  "])
def test_a_missing_label_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(InputError, match=r"pets.csv:9: the label is missing"):
        FIELD.encode([value], [(TABLE, 9)])
    with pytest.raises(InputError, match=r"pets.csv:9: the label is missing"):
        LabelField.learn(["cat", value], [(TABLE, 8), (TABLE, 9)])


def test_one_class_only_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="only one label, `cat`"):
        LabelField.learn(["cat"] * 9)
    with pytest.raises(InputError, match="no label"):
        LabelField.learn([])


def test_labels_that_hardly_repeat_are_refused() -> None:
    with pytest.raises(InputError, match=r'decoder\.kind = "number"'):
        LabelField.learn([str(value) for value in range(99)])
    assert LabelField.learn([str(value) for value in range(50)]).size == 50


def test_balanced_weights_by_hand() -> None:
    weights = FIELD.class_weights("balanced")
    assert weights.tolist() == pytest.approx([4 / 3, 2 / 3, 4 / 3])
    assert (weights * FIELD.counts).sum() / 4 == pytest.approx(1)
    assert FIELD.class_weights("none").tolist() == [1, 1, 1]


def test_probabilities_by_hand() -> None:
    field = LabelField(FIELD.names, FIELD.counts, temperature=2.0)
    logits = np.array([[0.0, 2 * np.log(3), 2 * np.log(4)], [2000.0, 0, 0]], dtype=np.float32)
    assert field.probabilities(logits) == pytest.approx(np.array([[1 / 8, 3 / 8, 4 / 8], [1, 0, 0]]), abs=1e-6)
    assert field_from_dict(json.loads(json.dumps(field.to_dict()))) == field


def test_labels_that_differ_in_case_alone_are_found() -> None:
    field = LabelField.learn(["Good", "good", "GOOD ", "bad", "Straße", "STRASSE"] * 3)
    assert [set(names) for names in field.alike()] == [{"GOOD", "Good", "good"}, {"STRASSE", "Straße"}]
    assert LabelField.learn(["a", "b", "a", "b"]).alike() == []


LOGITS = np.random.default_rng(1).normal(size=(50, 3))
WEIGHTS = np.array([0.2, 1.0, 3.0])


def test_reweighted_probabilities_are_in_proportion_to_weight_times_probability() -> None:
    calibrated = replace(FIELD, temperature=2.0)
    found = calibrated.reweighted(WEIGHTS).probabilities(LOGITS)
    expected = WEIGHTS * calibrated.probabilities(LOGITS)
    np.testing.assert_allclose(found, expected / expected.sum(axis=1, keepdims=True))
    twice = calibrated.reweighted(WEIGHTS).reweighted(1 / WEIGHTS)
    np.testing.assert_allclose(twice.probabilities(LOGITS), calibrated.probabilities(LOGITS))


def test_everything_that_reads_logits_honours_the_weights() -> None:
    field = replace(FIELD, temperature=0.5).reweighted(WEIGHTS)
    shares = field.probabilities(LOGITS)
    assert field.predictions(LOGITS) == field.decode(shares.argmax(axis=1))
    assert field.predictions(LOGITS) != FIELD.predictions(LOGITS)
    assert [each[0].prediction for each in LabelOutcomes(field, LOGITS).best(1)] == field.predictions(LOGITS)
    offset, factor = field.calibration
    scaled = offset + factor * LOGITS
    np.testing.assert_allclose(np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True), shares)
    ignorant = field.probabilities(field.uninformed[None])[0]
    np.testing.assert_allclose(ignorant, WEIGHTS * FIELD.counts / (WEIGHTS * FIELD.counts).sum())
    assert "re-weighted" in field.uninformed_remark


def test_weights_come_back_through_json_and_fields_without_them_are_written_as_ever() -> None:
    field = FIELD.reweighted(WEIGHTS)
    written = json.loads(json.dumps(field.to_dict()))
    assert field_from_dict(written) == field
    assert written["field"] != FIELD.to_dict()["field"], "a version that knows no weights would pass them over"
    assert set(FIELD.to_dict()) == {"field", "names", "counts", "temperature"}
    for wrong in ([1.0, 2.0], [1.0, 0.0, 1.0], [1.0, math.nan, 1.0]):
        with pytest.raises(ValueError, match=r"prior weights|not above 0"):
            field_from_dict({**written, "prior_weights": wrong})
    with pytest.raises(ValueError, match="finite and above 0"):
        FIELD.reweighted(np.array([1.0, 0.0, 1.0]))


def test_other_examples_have_shares_of_their_own() -> None:
    assert FIELD.reweighted(WEIGHTS).extended(Counter(["cat", "eel"])).prior_weights == ()

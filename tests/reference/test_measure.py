"""Features of every kind of model: the same in every way in which examples come, finite, and known in simple cases."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dragoman.contracts.expect import expect
from dragoman.data.dataset import Corpus
from dragoman.data.examples import Examples
from dragoman.errors import InputError
from dragoman.fields.label import LabelField
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.predictor import Predictor
from dragoman.predict.translator import Translator
from dragoman.reference.features import side_by_side
from dragoman.reference.held_out import reference_of
from dragoman.reference.measure import profile_of, profile_of_inputs
from dragoman.reference.profile import Profile
from dragoman.tasks.losses import ExampleLoss

sys.path.insert(0, str(Path(__file__).parent))
from kinds import HELD_OUT, KINDS, ODD, Kind, kind

CLOSE = 2e-4
"""Rounding of hidden states in batches of other sizes."""


def measured(case: Kind) -> Profile:
    return profile_of(case.loaded, case.dataset.validation)


@pytest.mark.parametrize("name", KINDS)
def test_examples_of_a_dataset_and_raw_inputs_are_measured_alike_in_any_order_and_batch(name: str) -> None:
    case = kind(name)
    of_dataset = measured(case)
    order = np.random.default_rng(1).permutation(HELD_OUT)[: HELD_OUT // 2]
    inputs = case.inputs.iloc[order] if hasattr(case.inputs, "iloc") else [case.inputs[row] for row in order]
    outputs = None if case.outputs is None else [case.outputs[row] for row in order]
    of_inputs = profile_of_inputs(case.loaded, inputs, outputs, like=of_dataset, progress=False)
    expected = of_dataset.select(order)
    assert of_inputs.features == expected.features
    np.testing.assert_allclose(of_inputs.values, expected.values, atol=CLOSE, rtol=CLOSE)
    for one, other in ((of_inputs.losses, expected.losses), (of_inputs.residuals, expected.residuals)):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            np.testing.assert_allclose(one, other, atol=CLOSE, rtol=CLOSE)
    assert of_inputs.losses is not None
    assert of_inputs.classes.keys() == expected.classes.keys()
    for each, classes in of_inputs.classes.items():
        assert classes.names == expected.classes[each].names
        np.testing.assert_array_equal(classes.true, expected.classes[each].true)
    assert of_dataset.inputs is None
    assert of_inputs.inputs is not None
    assert (of_inputs.residuals is not None) == name.endswith("number")


@pytest.mark.parametrize("name", KINDS)
def test_features_are_finite_whatever_comes(name: str) -> None:
    case = kind(name)
    profile = profile_of_inputs(case.loaded, ODD[name.split(" to ")[0]](), progress=False)
    assert np.isfinite(profile.values).all()
    assert profile.features == measured(case).features
    assert (profile.losses is not None) == (name == "nothing to text")


def test_features_of_a_text() -> None:
    case = kind("text to text")
    profile = profile_of_inputs(case.loaded, ["ab Cd 77!", "", "語 {name}"], progress=False)
    found = dict(zip(profile.features, profile.values.T, strict=True))
    np.testing.assert_allclose(found["length in characters, as a logarithm"], np.log1p([9, 0, 8]), rtol=1e-6)
    np.testing.assert_allclose(found["share of capitals"], [1 / 9, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(found["share of digits"], [2 / 9, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(found["share of letters of another script"], [0, 0, 1 / 8], rtol=1e-6)
    spelt = found["share spelt in bytes"].tolist()
    assert spelt[:2] == [0, 0]
    assert spelt[2] > 0
    assert sum(feature.startswith("hidden state") for feature in profile.features) == 32


def test_losses_are_those_of_training_and_of_the_translator() -> None:
    case = kind("text to text")
    found = measured(case).losses
    assert found is not None
    model = expect(case.loaded.model, EncoderDecoder)
    estimate = ExampleLoss(model, case.dataset.validation, np.arange(HELD_OUT), tokens=300)()
    np.testing.assert_allclose(found, estimate.sums / estimate.units, atol=CLOSE)
    scores = Translator.of(case.loaded, "a model").score(case.inputs, case.outputs or [])
    np.testing.assert_allclose(found, scores.nats / scores.tokens, atol=CLOSE)


def test_labels_are_calibrated_and_numbers_leave_residuals() -> None:
    case = kind("row to label")
    field = replace(expect(case.loaded.target, LabelField), temperature=2.5)
    loaded = replace(case.loaded, target=field)
    profile = profile_of_inputs(loaded, case.inputs, case.outputs, progress=False)
    labels = profile.classes["labels"]
    assert labels.probabilities is not None
    assert labels.true is not None
    assert profile.losses is not None
    expected = np.asarray(Predictor.of(loaded, "a model").probabilities(case.inputs))
    np.testing.assert_allclose(labels.probabilities, expected, atol=1e-5)
    np.testing.assert_allclose(profile.losses, -np.log(expected[np.arange(HELD_OUT), labels.true]), atol=1e-4)

    case = kind("row to number")
    numbers = profile_of_inputs(case.loaded, case.inputs, case.outputs, progress=False)
    predicted = np.array(Predictor.of(case.loaded, "a model").predict(case.inputs), dtype=np.float64)
    assert numbers.residuals is not None
    np.testing.assert_allclose(numbers.residuals, predicted - np.array(case.outputs), rtol=1e-4)
    assert not any(feature.startswith("hidden state") for feature in numbers.features), "they are the columns again"


def test_a_text_without_words_has_no_loss_of_tags() -> None:
    case = kind("text to tags")
    profile = profile_of_inputs(case.loaded, ["ab Cd", " "], ["O B-X", ""], progress=False)
    assert profile.losses is not None
    assert profile.losses[0] > 0
    assert profile.losses[1] == 0


def test_what_is_infinite_is_kept_as_a_large_number() -> None:
    """A text that cannot stand in its picture has no probability at all."""
    case = kind("picture to text")
    profile = profile_of_inputs(case.loaded, case.inputs[:2], ["ab", "ab" * 40], progress=False)
    assert profile.losses is not None
    assert profile.losses[1] == 50
    assert side_by_side({"a": np.array([np.nan, np.inf])}, 2).tolist() == [[0.0], [1e6]]


@pytest.mark.parametrize(
    ("name", "inputs", "outputs", "says"),
    [
        ("text to label", [], None, "there is no input"),
        ("text to label", ["a"], ["perhaps"], "labels:1: no training example has the label `perhaps`"),
        ("text to label", ["a", "b"], ["yes"], "1 labels were given for 2 inputs"),
        ("text to number", ["a"], ["much"], "'much' is not a number"),
        ("text to tags", ["a b"], ["O"], "lines of tags:1: the text has 2 words, and there are 1 tags"),
        ("text to text", ["a", 3], None, "item 2 is 3"),
        ("nothing to text", ["a"], ["a"], "for a language model"),
        ("row to number", [{"size": 1}], None, "no column `town`"),
    ],
)
def test_bad_input_is_refused(name: str, inputs: list[object], outputs: list[object] | None, says: str) -> None:
    with pytest.raises(InputError) as error:
        profile_of_inputs(kind(name).loaded, inputs, outputs, progress=False)
    assert says in str(error.value)


def test_the_reference_is_of_what_was_held_out_evenly_spread_and_holds_no_text() -> None:
    case = kind("text to text")
    two = (Corpus("one", 1.0), Corpus("two", 1.0))

    def reference(report: dict[str, object], **section: object) -> Profile | None:
        recipe = case.loaded.recipe
        recipe = recipe.model_copy(update={"reference": recipe.reference.model_copy(update=section)})
        dataset = replace(case.dataset, report=report, test=case.dataset.train, corpora=two)
        return reference_of(replace(case.loaded, recipe=recipe), dataset)

    whole = reference({"held_out": ["validation", "test"]})
    assert whole is not None
    assert len(whole) == HELD_OUT + len(case.dataset.train)
    assert whole.inputs is None
    assert whole.classes["corpus"].names == ("one", "two")
    assert whole.origin == "the validation set and the test set, held out of the training examples"
    some = reference({"held_out": ["validation"]}, examples=5, texts=True)
    assert some is not None
    texts = case.dataset.validation.source_texts()
    assert some.inputs == tuple(texts[row] for row in (0, 6, 12, 17, 23))
    given = reference({})
    assert given is not None
    assert (len(given), given.origin) == (HELD_OUT, "the validation set")
    assert reference({}, examples=0) is None


def test_documents_are_files_where_a_corpus_has_several() -> None:
    case = kind("row to label")
    rows = case.inputs.iloc[:3]
    named = profile_of_inputs(case.loaded, rows, documents=["x", "y", "x"], progress=False)
    assert named.documents is not None
    assert named.documents.tolist() == [0, 1, 0]
    assert measured(case).documents is None
    # The same examples, each from a file of its own.
    table = case.dataset.validation._table
    files = pa.array(np.arange(HELD_OUT, dtype=np.int32))
    table = table.set_column(table.column_names.index("file"), "file", files)
    of_files = profile_of(case.loaded, Examples(table, case.dataset.source, case.dataset.target)).documents
    assert of_files is not None
    assert of_files.tolist() == list(range(HELD_OUT))

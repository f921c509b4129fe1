"""A copy of a model for other shares of its labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from dragoman.contracts.expect import expect
from dragoman.decoders.label import LabelDecoder
from dragoman.diagnosis.shift.reweighting import reweighted, write_reweighted
from dragoman.errors import InputError, OutputError, UnsupportedError
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.row import RowField
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel, load_model, save_model
from dragoman.predict.predictor import Predictor
from dragoman.recipe import recipe_from
from dragoman.shift.label_shift import LabelShift, label_shift

OLD, NEW = 0.8, 0.2
"""The share of the first class before and now."""


def sample(share: float, count: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """A number that is 2 higher for the second class on average, and the classes."""
    draw = np.random.default_rng(seed)
    classes = (draw.random(count) > share).astype(np.int64)
    return pd.DataFrame({"size": draw.normal(size=count) + 2 * classes}), classes


def model(decoder: str = "label") -> LoadedModel:
    source = RowField.learn(sample(OLD, 2000, 1)[0], exclude="")
    target = LabelField(("small", "large"), (1600, 400)) if decoder == "label" else NumberField(0.0, 1.0)
    recipe = recipe_from({"model": {"encoder": {"kind": "linear"}, "decoder": {"kind": decoder}}})
    return LoadedModel(build(recipe.model, source.size, target.size, seed=1), recipe, source, target)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows the classes, but is half as sure as it should be, and leans to one of them."""
    loaded = model()
    column = loaded.source.columns[0]
    decoder = expect(expect(loaded.model, EncoderDecoder).decoder, LabelDecoder)
    odds = 2.0, -2.0 - np.log(OLD / (1 - OLD))  # ln p(large) / p(small) = 2 x − 2 − ln (p(small) / p(large))
    with torch.no_grad():
        decoder.weight.copy_(torch.tensor([[0.0], [0.5 * odds[0] * column.deviation]]))
        decoder.bias.copy_(torch.tensor([0.0, 0.5 * (odds[1] + odds[0] * column.mean) + 0.5]))
    path = tmp_path_factory.mktemp("models") / "sizes"
    save_model(path, loaded, {"card.md": "# sizes\n\nReads rows.\n"})
    return path


@pytest.fixture(scope="module")
def shift(folder: Path) -> LabelShift:
    predictor = Predictor.load(folder)
    old, classes = sample(OLD, 3000, 2)
    old_p, new_p = (predictor.probabilities(frame) for frame in (old, sample(NEW, 3000, 3)[0]))
    return label_shift(old_p, classes, new_p, permutations=19, resamples=20)


def test_the_copy_is_right_more_often_and_calibrated(folder: Path, shift: LabelShift, tmp_path: Path) -> None:
    written = write_reweighted(folder, shift, tmp_path / "copy")
    frame, classes = sample(NEW, 4000, 4)
    before, after = (Predictor.load(path).probabilities(frame) for path in (folder, written))
    right = [(found.argmax(axis=1) == classes).mean() for found in (before, after)]
    assert right[1] > right[0] + 0.03
    sure = after[:, 1] > 0.5
    assert after[sure, 1].mean() == pytest.approx(classes[sure].mean(), abs=0.03)
    truth = 1 / (1 + np.exp(2 - 2 * frame["size"] + np.log(NEW / (1 - NEW))))
    assert np.abs(after[:, 1] - truth).mean() < 0.03
    assert (
        np.array(Predictor.load(written).predict(frame)) == np.array(["small", "large"])[after.argmax(axis=1)]
    ).all()


def test_the_copy_says_what_it_is(folder: Path, shift: LabelShift, tmp_path: Path) -> None:
    copy = load_model(write_reweighted(folder, shift, tmp_path / "copy"))
    assert copy.parent is not None
    assert copy.parent.name == "sizes"
    card = (tmp_path / "copy" / "card.md").read_text()
    assert card.startswith("# copy\n\nA copy of sizes (SHA-256 of its SHA256SUMS: ")
    assert card.endswith("Reads rows.\n")
    assert "| small | 80" in card or "| small | 79" in card or "| small | 81" in card
    with pytest.raises(OutputError):
        write_reweighted(folder, shift, tmp_path / "copy")


def test_a_copy_of_a_copy_has_the_weights_of_its_own_estimate(folder: Path, shift: LabelShift) -> None:
    once = reweighted(load_model(folder), shift)
    field = expect(once.target, LabelField)
    assert expect(reweighted(once, shift).target, LabelField).prior_weights == pytest.approx(field.prior_weights)


def test_a_class_that_nobody_sees_any_more_keeps_a_small_weight(folder: Path) -> None:
    predictor = Predictor.load(folder)
    old, classes = sample(OLD, 500, 2)
    only = pd.DataFrame({"size": np.full(200, -3.0)})
    found = label_shift(
        predictor.probabilities(old), classes, predictor.probabilities(only), permutations=19, resamples=5
    )
    weights = expect(reweighted(load_model(folder), found).target, LabelField).prior_weights
    assert all(weight > 0 for weight in weights)


def test_only_labels_are_reweighted_and_only_by_an_estimate(shift: LabelShift) -> None:
    with pytest.raises(UnsupportedError, match="only probabilities of labels"):
        reweighted(model("number"), shift)
    few = label_shift(np.full((4, 2), 0.5), np.array([0, 1, 0, 1]), np.full((4, 2), 0.5), permutations=19)
    with pytest.raises(InputError, match="too few to estimate"):
        reweighted(model(), few)

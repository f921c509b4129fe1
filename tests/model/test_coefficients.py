"""What a linear model of rows has learnt, in the units of the data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dragoman.errors import InputError
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.row import RowField
from dragoman.model.build import build
from dragoman.model.coefficients import INTERCEPT, MISSING
from dragoman.model.folder import LoadedModel
from dragoman.predict.predictor import Predictor
from dragoman.recipe import recipe_from
from dragoman.training.run import train


def table(count: int, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "metres": draw.normal(50_000, 9_000, count),
            "grams": draw.normal(0.02, 0.004, count),
            "colour": draw.choice(["red", "green", "blue"], count),
            "age": np.where(draw.random(count) < 0.2, np.nan, draw.normal(40, 10, count)),
        }
    )
    colour = frame["colour"].map({"red": 30.0, "green": -10.0, "blue": 0.0})
    age = frame["age"].fillna(0.0) * 2 + 100 * frame["age"].isna()
    return frame.assign(target=1000 + 0.004 * frame["metres"] - 5000 * frame["grams"] + colour + age)


def predictor(decoder: str, target: NumberField | LabelField, **encoder: Any) -> Predictor:
    """A model with weights at random."""
    recipe = recipe_from({"model": {"encoder": {"kind": "linear", **encoder}, "decoder": {"kind": decoder}}})
    source = RowField.learn(table(200), exclude="target")
    model = build(recipe.model, source.size, target.size, 3)
    return Predictor(LoadedModel(model, recipe, source, target))


def sums(frame: pd.DataFrame, found: pd.DataFrame, output: str) -> np.ndarray:
    """The intercept, and each feature times its coefficient, computed from the table alone."""
    of = {(row["feature"], row["category"]): row[output] for _, row in found.iterrows()}
    total = np.full(len(frame), of[INTERCEPT, ""])
    for name in ("metres", "grams", "age"):
        gone = of.get((name, MISSING), 0.0)
        total += np.where(frame[name].isna(), gone, frame[name].fillna(0.0) * of[name, ""])
    return total + np.array([of.get(("colour", colour), 0.0) for colour in frame["colour"]])


@pytest.mark.parametrize("encoder", [{}, {"embedding_width": 3}], ids=["dummies", "embeddings"])
def test_a_number_is_the_sum_of_what_the_coefficients_say(encoder: dict[str, Any]):
    model = predictor("number", NumberField(7000.0, 350.0), **encoder)
    frame = table(50, seed=1)
    frame.loc[3, "colour"] = "a colour that no training row has"
    said = model.predict(frame)
    assert np.allclose(sums(frame, model.coefficients(), "coefficient"), said, rtol=1e-5)


def test_probabilities_are_the_softmax_of_the_sums():
    model = predictor("label", LabelField(("no", "yes", "who knows"), (1, 1, 1), temperature=1.7))
    frame = table(50, seed=1)
    found = model.coefficients()
    logits = np.stack([sums(frame, found, label) for label in model.labels], 1)
    odds = np.exp(logits - logits.max(1, keepdims=True))
    assert np.allclose(odds / odds.sum(1, keepdims=True), model.probabilities(frame), atol=1e-5)


def test_a_planted_relation_is_found_in_its_own_units(tmp_path):
    recipe = recipe_from(
        {
            "model": {"encoder": {"kind": "linear"}, "decoder": {"kind": "number"}},
            "training": {
                "updates": 200,
                "batch": {"tokens": 100},
                "schedule": {"kind": "cosine", "warmup": 10},
                "optimizer": {"learning_rate": 5e-2, "weight_decay": 0.0},
                "validate_every": 200,
                "checkpoint_every": 200,
                "average": 0.0,
                "precision": "float32",
                "device": "cpu",
                "threads": 1,
                "stability": {"look_every": 0},
            },
        }
    )
    run = train(recipe, tmp_path / "run", train=table(900), validation=table(60, seed=1), test=table(60, seed=2))
    found = Predictor.load(run.best).coefficients().set_index(["feature", "category"])["coefficient"]
    assert found["metres", ""] == pytest.approx(0.004, rel=0.02)
    assert found["grams", ""] == pytest.approx(-5000, rel=0.02)
    assert found["age", ""] == pytest.approx(2, rel=0.02)
    assert found["age", MISSING] == pytest.approx(100, rel=0.02)
    assert found["colour", "red"] - found["colour", "blue"] == pytest.approx(30, rel=0.02)
    assert found["colour", "green"] - found["colour", "blue"] == pytest.approx(-10, rel=0.05)
    assert "| grams |" in (run.best / "card.md").read_text(encoding="utf-8")


def test_a_model_that_is_not_linear_has_none():
    model = predictor("number", NumberField(0.0, 1.0))
    deep = recipe_from({"model": {"encoder": {"kind": "mlp", "hidden": [4]}, "decoder": {"kind": "number"}}})
    other = LoadedModel(build(deep.model, model.source.size, 1, 1), deep, model.source, model.target)
    with pytest.raises(InputError, match="coefficients"):
        Predictor(replace(other)).coefficients()


def test_a_predictor_shows_what_it_reads():
    shown = str(predictor("number", NumberField(7000.0, 350.0)))
    assert shown.splitlines()[0] == "a model that reads rows of a table and predicts numbers"
    assert "metres, grams, colour, age" in shown

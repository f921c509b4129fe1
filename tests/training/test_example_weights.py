"""Training examples that weigh more or less: from the file to the weights of the model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import toy
from safetensors.torch import load_file

from dragoman.data.dataset import Dataset
from dragoman.data.example_weights import example_keys, write_weights
from dragoman.data.prepare import prepare
from dragoman.data.split_file import open_table
from dragoman.errors import InputError, RecipeError
from dragoman.recipe import Recipe, changed, recipe_from
from dragoman.tasks.table import task_of
from dragoman.training.run import resume, train
from dragoman.training.trial import run_trial

STACK = {"layers": 1, "width": 8, "feed_forward": 8, "heads": 2}
TRANSLATOR = toy.recipe(batch={"tokens": 60, "pool": 2})
WORDS = ["red", "green", "blue", "gray"]


def kind(encoder: dict[str, Any], decoder: dict[str, Any], **tokenizer: Any) -> Recipe:
    return recipe_from(
        {
            "data": {"validation_pairs": 8, "test_pairs": 0},
            "cleaning": {"language": False, "repetition": False, "copies": False},
            "tokenizer": {"vocabulary_size": 320, **tokenizer},
            "model": {"encoder": encoder, "decoder": decoder},
            "training": {"batch": {"tokens": 60, "pool": 2}, "device": "cpu", "threads": 1, "label_smoothing": 0.0},
        }
    )


def rows(count: int) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    return pd.DataFrame({"size": draw.normal(size=count), "target": draw.permutation(np.arange(count) % 2)})


def texts(count: int) -> pd.DataFrame:
    pairs = toy.frame("reversal", count)
    return pd.DataFrame({"source": pairs["source"], "target": np.arange(count) % 2})


RECIPES: dict[str, tuple[Recipe, pd.DataFrame]] = {
    "translator": (TRANSLATOR, toy.frame("reversal", 80)),
    "BPE-dropout": (changed(TRANSLATOR, {"tokenizer": {"dropout": 0.1}}), toy.frame("reversal", 80)),
    "guided": (changed(TRANSLATOR, {"training": {"guided_alignment": {"weight": 0.1}}}), toy.frame("reversal", 80)),
    "language model": (
        kind({"kind": "none"}, {"kind": "transformer", **STACK}),
        toy.frame("copy", 80).rename(columns={"source": "text"}),
    ),
    "text to label": (kind({"kind": "transformer", **STACK}, {"kind": "label"}), texts(80)),
    "row to number": (kind({"kind": "mlp", "hidden": [4]}, {"kind": "number"}), rows(80)),
}


def write(file: Path, dataset: Dataset, weights: np.ndarray) -> None:
    """A file of weights for the training set of a dataset."""
    table = open_table(dataset.folder.path / "train.arrow")
    places = table.column("file").to_numpy(), table.column("line").to_numpy()
    write_weights(file, dataset.files, places, example_keys(table, dataset.files), weights)


def weighted(recipe: Recipe, file: Path) -> Recipe:
    return changed(recipe, {"data": {"weights": str(file)}})


@pytest.mark.parametrize("name", RECIPES)
def test_each_batch_has_the_weights_of_its_examples(name: str, tmp_path: Path) -> None:
    recipe, frame = RECIPES[name]
    plain = prepare(recipe, tmp_path / "plain", train=frame, log=lambda message: None)
    drawn = np.random.default_rng(2).uniform(0.5, 2.0, len(plain.train))
    write(tmp_path / "weights.csv", plain, drawn)
    said: list[str] = []
    dataset = prepare(weighted(recipe, tmp_path / "weights.csv"), tmp_path / "weighted", train=frame, log=said.append)
    assert any(message.startswith(f"weights: {len(drawn)} training examples weigh") for message in said)
    assert (plain.train.weights, dataset.validation.weights) == (None, None)
    found = dataset.train.weights
    assert found is not None
    units = dataset.train.target_lengths
    np.testing.assert_allclose(found / drawn, found[0] / drawn[0], rtol=1e-5)
    assert float((found * units).sum() / units.sum()) == pytest.approx(1, rel=1e-5)
    task = task_of(recipe)
    batches = [task.loader(recipe, dataset), task.loader(recipe, plain)]
    try:
        for batch, bare in (map(next, batches) for _ in range(3)):
            assert torch.equal(batch.weights, torch.from_numpy(found[batch.examples.numpy()]))
            assert bare.weights is None
            assert torch.equal(bare.examples, batch.examples)
    finally:
        for loader in batches:
            loader.close()


def test_only_datasets_with_weights_are_of_the_new_format(tmp_path: Path) -> None:
    recipe, frame = RECIPES["row to number"]
    dataset = prepare(recipe, tmp_path / "plain", train=frame, log=lambda message: None)
    write(tmp_path / "weights.parquet", dataset, np.ones(len(dataset.train)))
    given = weighted(recipe, tmp_path / "weights.parquet")
    prepare(given, tmp_path / "weighted", train=frame, log=lambda message: None)
    formats = [json.loads((tmp_path / name / "dataset.json").read_text())["format"] for name in ("plain", "weighted")]
    assert formats == [4, 5]
    assert "weight" not in open_table(tmp_path / "plain" / "train.arrow").column_names


SHORT = {"updates": 6, "validate_every": 3, "checkpoint_every": 3, "schedule": {"warmup": 1}}


def test_an_example_of_weight_zero_is_absent(tmp_path: Path) -> None:
    """What such examples hold makes no difference, to the bit. As many of each label stay, since the field counts."""
    recipe = changed(kind({"kind": "linear"}, {"kind": "label"}), {"training": SHORT})
    frame, held_out = rows(60), rows(10)
    absent = np.random.default_rng(3).random(60) < 0.5
    other = frame.copy()
    other.loc[absent, "target"] = frame.loc[absent, "target"].to_numpy()[::-1]
    assert not other.equals(frame)
    plain = prepare(recipe, tmp_path / "plain", train=frame, validation=held_out, log=lambda message: None)
    write(tmp_path / "weights.parquet", plain, np.where(absent, 0.0, 1.0))
    recipe = weighted(recipe, tmp_path / "weights.parquet")
    losses = [
        run_trial(recipe, dataset, validations=2).validations[-1].loss
        for dataset in (
            prepare(recipe, tmp_path / "one", train=frame, validation=held_out, log=lambda message: None),
            prepare(recipe, tmp_path / "other", train=other, validation=held_out, log=lambda message: None),
            plain,
        )
    ]
    assert losses[0] == losses[1] != losses[2]


def test_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    recipe = changed(kind({"kind": "linear"}, {"kind": "label"}), {"training": SHORT})
    frame = rows(60)
    plain = prepare(recipe, tmp_path / "plain", train=frame, log=lambda message: None)
    write(tmp_path / "weights.csv", plain, np.random.default_rng(4).uniform(0, 2, len(plain.train)))
    folder = train(weighted(recipe, tmp_path / "weights.csv"), tmp_path / "run", train=frame).folder
    newest = folder / "checkpoints" / "update-00000006"
    final = load_file(newest / "state.safetensors")
    shutil.rmtree(newest)
    resume(folder)
    resumed = load_file(newest / "state.safetensors")
    assert all(final[name].equal(resumed[name]) for name in final)


def test_weights_for_other_examples_are_refused(tmp_path: Path) -> None:
    recipe, frame = RECIPES["row to number"]
    dataset = prepare(recipe, tmp_path / "plain", train=frame, log=lambda message: None)
    write(tmp_path / "weights.csv", dataset, np.ones(len(dataset.train)))
    with pytest.raises(InputError, match="weights for other examples"):
        train(weighted(recipe, tmp_path / "weights.csv"), tmp_path / "run", train=rows(120))
    assert not (tmp_path / "run").exists()


def test_running_text_has_no_weights() -> None:
    with pytest.raises(
        RecipeError, match=r"data.weights gives lines weights, and training.batch.partition = \"random\""
    ):
        changed(
            RECIPES["language model"][0],
            {"data": {"weights": "weights.csv"}, "training": {"batch": {"partition": "random"}}},
        )

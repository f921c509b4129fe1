"""Weights of a run's training examples, by which they stand for new inputs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.diagnosis.shift.training_weights import write_training_weights
from dragoman.errors import InputError, OutputError
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, save_model
from dragoman.recipe import changed, dump_recipe, recipe_from

RECIPE = recipe_from(
    {
        "data": {"validation_pairs": 20, "test_pairs": 0},
        "model": {"encoder": {"kind": "linear"}, "decoder": {"kind": "label"}},
        "training": {"label_smoothing": 0.0},
    }
)


def rows(count: int, mean: float, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame({"size": draw.normal(mean, 1, count), "target": draw.integers(0, 2, count)})


TABLE = rows(800, 0.0, 1)
NEW = rows(800, 1.0, 2).drop(columns="target")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model was never trained: what a linear model reads are the columns themselves."""
    folder = tmp_path_factory.mktemp("runs") / "sizes"
    dataset = prepare(RECIPE, folder / "dataset", train=TABLE, log=lambda message: None)
    (folder / "recipe.toml").write_text(dump_recipe(RECIPE))
    model = build(RECIPE.model, dataset.source.size, dataset.target.size, seed=1)
    save_model(folder / "best", LoadedModel(model, RECIPE, dataset.source, dataset.target), {})
    return folder


def test_weights_are_the_ratio_of_densities_and_training_takes_them(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "weights.csv"
    found = write_training_weights(run / "best", NEW, file, progress=False)
    written = pd.read_csv(file)
    train = Dataset.open(run / "dataset").train
    assert list(written.columns) == ["file", "line", "example", "weight"]
    assert len(written) == len(train) == len(found.weights.values)
    true = np.exp(TABLE["size"].to_numpy()[written["line"] - 1] - 0.5)
    assert np.corrcoef(np.log(written["weight"]), np.log(true))[0, 1] > 0.97
    assert written["weight"].mean() == pytest.approx(1, abs=1e-4)
    assert 0.1 < found.weights.effective_share < 0.7
    assert f"dragoman train RECIPE --weights {file}" in found.as_text()
    given = changed(RECIPE, {"data": {"weights": str(file)}})
    dataset = prepare(given, tmp_path / "dataset", train=TABLE, log=lambda message: None)
    assert json.loads((tmp_path / "dataset" / "report.json").read_text())["weights"]["unmatched"] == 0
    np.testing.assert_allclose(dataset.train.weights, written["weight"], rtol=1e-4)


def test_without_a_shift_it_is_said_that_weights_change_little(run: Path, tmp_path: Path) -> None:
    same = rows(800, 0.0, 3).drop(columns="target")
    found = write_training_weights(run, same, tmp_path / "weights.parquet", progress=False)
    assert "can hardly be told" in found.as_text()
    assert found.weights.effective_share > 0.9


def test_what_is_refused(run: Path, tmp_path: Path) -> None:
    far = NEW + 8
    with pytest.raises(InputError, match="the new inputs lie where there are hardly any training examples"):
        write_training_weights(run, far, tmp_path / "far.csv", progress=False)
    with pytest.raises(InputError, match="3 new inputs are too few"):
        write_training_weights(run, NEW.iloc[:3], tmp_path / "few.csv", progress=False)
    with pytest.raises(InputError, match="no training examples here"):
        write_training_weights(tmp_path, NEW, tmp_path / "weights.csv", progress=False)
    with pytest.raises(InputError, match="a file of weights ends with"):
        write_training_weights(run, NEW, tmp_path / "weights.txt", progress=False)
    with pytest.raises(OutputError):
        write_training_weights(run, NEW, Path("/proc/weights.csv"))
    assert not list(tmp_path.glob("*.csv"))

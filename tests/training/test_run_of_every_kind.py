"""Whole runs whose models read pictures or rows, or say labels or numbers: bits, files, calibration, class weights."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from dragoman.data.dataset import Dataset
from dragoman.evaluation.classification_report import ClassificationReport
from dragoman.fields.label import LabelField
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import load_model
from dragoman.predict.predictor import Predictor
from dragoman.recipe import Recipe, recipe_from
from dragoman.tasks import classification, regression
from dragoman.tasks.classification import true_labels
from dragoman.tasks.outputs import example_outputs
from dragoman.training import run as run_module
from dragoman.training.observer import Observer, UpdateRecord
from dragoman.training.run import Run, resume, train

RESIDUAL = {"kind": "residual", "channels": [4, 6], "halvings": 1, "width": 12, "context": 1, "taps": 3}
ENCODERS: dict[str, dict[str, Any]] = {
    "residual": RESIDUAL,
    "lenet": {"kind": "lenet", "channels": [3, 4], "hidden": [12], "dropout": 0.2},
}
SETTINGS: dict[str, Any] = {
    "updates": 12,
    "batch": {"tokens": 16, "pool": 4},
    "schedule": {"kind": "cosine", "warmup": 3},
    "optimizer": {"learning_rate": 5e-3},
    "validate_every": 5,
    "checkpoint_every": 4,
    "precision": "float32",
    "device": "cpu",
    "threads": 1,
}


def recipe(encoder: dict[str, Any], decoder: dict[str, Any], height: int = 12, **training: Any) -> Recipe:
    return recipe_from(
        {
            "data": {"validation_pairs": 20, "test_pairs": 20},
            "tokenizer": {"vocabulary_size": 320, "kind": "characters", "placeholders": False},
            "pictures": {"height": height, "width": None if encoder["kind"] == "residual" else 12},
            "model": {"encoder": encoder, "decoder": decoder},
            "training": {**SETTINGS, **training},
            "search": {"beam": 1},
        }
    )


def pictures(count: int, *, widths: tuple[int, int] = (12, 13)) -> pd.DataFrame:
    """Noise with a dark half, which is the label; of several widths."""
    draw = np.random.default_rng(0)
    made, labels = [], []
    for number in range(count):
        picture = draw.integers(100, 256, (12, int(draw.integers(*widths))), dtype=np.uint8)
        picture[: 6 if number % 2 else None, :5] //= 3
        made.append(picture)
        labels.append(("a", "b")[number % 2])
    return pd.DataFrame({"source": pd.Series(made, dtype=object), "target": labels})


def rows(count: int, *, rare: float = 0.5, seed: int = 0) -> pd.DataFrame:
    """Two numbers, of which the first is larger, mostly, where the label is ``rare``."""
    draw = np.random.default_rng(seed)
    is_rare = draw.random(count) < rare
    first = draw.normal(0, 1, count) + 1.2 * is_rare
    target = np.where(is_rare, "rare", "usual")
    return pd.DataFrame({"first": first, "second": draw.normal(0, 1, count), "target": target})


class StopAfter(Observer):
    """Sends this process a signal after an update, as Ctrl-C would."""

    def __init__(self, update: int) -> None:
        self.update = update

    def on_update(self, record: UpdateRecord) -> None:
        if record.update == self.update:
            os.kill(os.getpid(), signal.SIGINT)


def checkpoint(folder: Path) -> dict[str, torch.Tensor]:
    newest = sorted((folder / "checkpoints").glob("update-*"))[-1]
    return load_file(newest / "state.safetensors")


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "best" / "weights.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(one[name].equal(other[name]) for name in one)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures take most of the time of a run this small."""
    for home, name in (
        (run_module, "draw_learning_curves"),
        (classification, "draw_confusion"),
        (regression, "draw_predictions"),
    ):
        monkeypatch.setattr(home, name, lambda *given, **named: None)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(("encoder", "decoder"), [("residual", "label"), ("residual", "ctc"), ("lenet", "label")])
def test_resumed_equals_uninterrupted(encoder: str, decoder: str, tmp_path: Path) -> None:
    """The running statistics of batch normalisation are part of the checkpoint, and the random state of dropout."""
    chosen = recipe(ENCODERS[encoder], {"kind": decoder})
    frame = pictures(200, widths=(12, 13) if encoder == "lenet" else (10, 20))
    whole = train(chosen, tmp_path / "whole", train=frame)
    assert any("running_variance" in name for name in weights(tmp_path / "whole")) == (encoder == "residual")
    for stop in (4, 6):
        folder = tmp_path / f"stopped-at-{stop}"
        assert train(chosen, folder, train=frame, observers=[StopAfter(stop)]).interrupted
        resumed = resume(folder)
        assert same(checkpoint(folder), checkpoint(tmp_path / "whole"))
        assert same(weights(folder), weights(tmp_path / "whole"))
        columns = ["update", "loss", "gradient_norm"]
        assert resumed.history()[columns].equals(whole.history()[columns])
        assert (folder / "evaluation.json").read_bytes() == (tmp_path / "whole" / "evaluation.json").read_bytes()


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A residual encoder of pictures that differ in width, which has learnt something."""
    chosen = recipe(RESIDUAL, {"kind": "label"}, updates=60, validate_every=20, label_smoothing=0.0, average=0.9)
    return train(chosen, tmp_path_factory.mktemp("labels") / "run", train=pictures(400, widths=(10, 20)))


@pytest.fixture(scope="module")
def estimated(tmp_path_factory: pytest.TempPathFactory) -> Run:
    frame = rows(400).assign(target=lambda frame: 3 * frame["first"] - frame["second"] + 10)
    chosen = recipe({"kind": "linear"}, {"kind": "number"}, updates=60, validate_every=20)
    return train(chosen, tmp_path_factory.mktemp("numbers") / "run", train=frame)


def test_what_runs_leave(labelled: Run, estimated: Run) -> None:
    for run in (labelled, estimated):
        assert {path.name for path in run.folder.iterdir()} == {
            "recipe.toml",
            "dataset",
            "history.jsonl",
            "stability.jsonl",
            "checkpoints",
            "best",
            "learning_curves.png",
            "evaluation.json",
            "evaluation.png",
        }
        assert (run.folder / "evaluation.png").read_bytes().startswith(b"\x89PNG")
        validations = run.history().query("event == 'validation'")
        assert validations["update"].tolist() == [20, 40, 60]
    assert {"accuracy", "macro_f1"} <= set(labelled.history().columns)
    assert {"rmse", "mae"} <= set(estimated.history().columns)


def test_the_report_of_labels_is_that_of_the_test_set(labelled: Run) -> None:
    found = json.loads((labelled.folder / "evaluation.json").read_text())
    dataset = Dataset.open(labelled.folder / "dataset")
    assert dataset.test is not None
    best = load_model(labelled.best)
    logits = example_outputs(cast(EncoderDecoder, best.model), dataset.test)
    right = (logits.argmax(1) == true_labels(dataset.test)).mean()
    assert found["accuracy"]["value"] == pytest.approx(right)
    assert right > 0.8
    assert labelled.report is not None
    assert labelled.report.to_dict() == found


def test_the_report_of_numbers_is_that_of_the_test_set(estimated: Run) -> None:
    assert estimated.report is not None
    found = json.loads((estimated.folder / "evaluation.json").read_text())
    assert estimated.report.to_dict() == found
    frame = rows(400).assign(truth=lambda frame: 3 * frame["first"] - frame["second"] + 10)
    dataset = Dataset.open(estimated.folder / "dataset")
    assert dataset.test is not None
    chosen = frame.iloc[[line - 1 for _, line in dataset.test.places(np.arange(len(dataset.test)))]]
    said = np.array(Predictor.load(estimated.best).predict(chosen[["first", "second"]]))
    rmse = float(np.sqrt(((said - chosen["truth"]) ** 2).mean()))
    assert found["rmse"]["value"] == pytest.approx(rmse, rel=1e-4)


def test_the_cards_say_what_the_models_are_and_how_good(labelled: Run, estimated: Run) -> None:
    card = (labelled.best / "card.md").read_text(encoding="utf-8")
    assert "Reads pictures and predicts labels" in card
    assert "a (" in card
    assert "b (" in card
    assert "height 12 and any width" in card
    assert labelled.report is not None
    assert labelled.report.as_text() in card
    card = (estimated.best / "card.md").read_text(encoding="utf-8")
    assert "Reads rows of a table and predicts numbers" in card
    assert "first: number, mean" in card
    assert estimated.report is not None
    assert estimated.report.as_text() in card


def test_the_best_model_is_the_one_that_was_validated(labelled: Run) -> None:
    """What is loaded gives the validation loss of the history: weights and running statistics came back."""
    dataset = Dataset.open(labelled.folder / "dataset")
    best = load_model(labelled.best)
    logits = torch.from_numpy(example_outputs(cast(EncoderDecoder, best.model), dataset.validation))
    truth = torch.from_numpy(true_labels(dataset.validation))
    loss = torch.nn.functional.cross_entropy(logits, truth).item()
    history = labelled.history().query("event == 'validation'")
    assert loss == pytest.approx(history["loss"].min(), rel=1e-5)
    statistics = [value for name, value in weights(labelled.folder).items() if "running_mean" in name]
    assert statistics
    assert all(value.abs().max() > 1e-3 for value in statistics)


def test_the_temperature_is_that_of_the_validation_set_and_is_stored(labelled: Run) -> None:
    field = load_model(labelled.best).target
    assert isinstance(field, LabelField)
    assert field.temperature != 1.0
    dataset = Dataset.open(labelled.folder / "dataset")
    logits = example_outputs(cast(EncoderDecoder, load_model(labelled.best).model), dataset.validation)
    truth = true_labels(dataset.validation)

    def nats(temperature: float) -> float:
        probabilities = LabelField(field.names, field.counts, temperature).probabilities(logits)
        return float(-np.log(probabilities[np.arange(len(truth)), truth]).mean())

    assert nats(field.temperature) <= min(nats(field.temperature * factor) for factor in (0.8, 1.0, 1.25)) + 1e-9
    assert f"temperature {field.temperature:.3f}" in (labelled.best / "card.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("encoder", list(ENCODERS))
def test_same_recipe_same_bits_and_another_seed_others(encoder: str, tmp_path: Path) -> None:
    frame = pictures(120)
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        train(recipe(ENCODERS[encoder], {"kind": "label"}, updates=6, seed=seed), tmp_path / name, train=frame)
    one, again, other = (weights(tmp_path / name) for name in ("one", "same", "other"))
    assert same(one, again)
    assert not same(one, other)


@pytest.mark.usefixtures("undrawn")
def test_balanced_class_weights_raise_the_recall_of_a_rare_class(tmp_path: Path) -> None:
    train_frame, test = rows(600, rare=0.08), rows(400, rare=0.08, seed=1)
    recall = {}
    for weighing in ("none", "balanced"):
        decoder = {"kind": "label", "class_weights": weighing}
        settings = {"updates": 150, "optimizer": {"learning_rate": 2e-2}, "validate_every": 50, "average": 0.9}
        chosen = recipe({"kind": "linear"}, decoder, **settings, batch={"tokens": 64}, label_smoothing=0.0)
        run = train(chosen, tmp_path / weighing, train=train_frame, validation=test, test=test)
        assert isinstance(run.report, ClassificationReport)
        said = np.array(Predictor.load(run.best).predict(test.drop(columns="target")))
        recall[weighing] = float((said == "rare")[test["target"] == "rare"].mean())
    assert recall["balanced"] > recall["none"] + 0.3
    assert recall["balanced"] > 0.6


@pytest.mark.usefixtures("undrawn")
def test_metrics_of_labels_and_numbers_can_choose_the_best(tmp_path: Path) -> None:
    for decoder, metric, frame in (
        ({"kind": "label"}, "macro_f1", rows(200)),
        ({"kind": "number", "loss": "huber"}, "mae", rows(200).assign(target=np.arange(200.0))),
    ):
        chosen = recipe({"kind": "mlp"}, decoder, early_stopping={"metric": metric, "patience": 1})
        history = train(chosen, tmp_path / metric, train=frame).history()
        assert history.query("event == 'validation'")[metric].notna().all()

"""Language models from text to card: windows, carried state, resuming, budgets, scores."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import dragoman
from dragoman.contracts import DEFAULT_SYMBOLS
from dragoman.data.dataset import Dataset
from dragoman.data.loader import Loader
from dragoman.data.windows import Window, Windows, random_windows, sequential_windows
from dragoman.errors import InputError
from dragoman.model.build import build
from dragoman.model.folder import load_model
from dragoman.predict.writer import Writer
from dragoman.recipe import Recipe, recipe_from
from dragoman.training.observer import Observer, UpdateRecord
from dragoman.training.run import resume, train

DECODERS: dict[str, dict[str, Any]] = {
    "lstm": {"kind": "lstm", "width": 24, "layers": 2, "dropout": 0.1},
    "gru": {"kind": "gru", "width": 24, "dropout": 0.1},
    "transformer": {"width": 16, "layers": 1, "heads": 2, "feed_forward": 16},
}


def text(lines: int = 300, seed: int = 0) -> pd.DataFrame:
    """Lines in which each letter but the first is the next of the alphabet, mostly."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(lines):
        letters = [int(random.integers(20))]
        for _ in range(int(random.integers(2, 12))):
            letters.append((letters[-1] + 1) % 20 if random.random() < 0.9 else int(random.integers(20)))
        rows.append(" ".join(chr(ord("a") + letter) for letter in letters))
    return pd.DataFrame({"text": rows})


def recipe(decoder: str = "lstm", partition: str = "sequential", **training: Any) -> Recipe:
    return recipe_from(
        {
            "data": {"validation_pairs": 20, "test_pairs": 20},
            "cleaning": {"drop_duplicates": False, "drop_near_duplicates": False, "repetition": False},
            "tokenizer": {"vocabulary_size": 310},
            "model": {"encoder": {"kind": "none"}, "decoder": DECODERS[decoder]},
            "training": {
                "updates": 12,
                "label_smoothing": 0.0,
                "batch": {"tokens": 128, "pool": 4, "partition": partition, "window": 8},
                "schedule": {"kind": "cosine", "warmup": 3},
                "optimizer": {"learning_rate": 1e-2},
                "validate_every": 5,
                "checkpoint_every": 4,
                "precision": "float32",
                "device": "cpu",
                "threads": 1,
                **training,
            },
        }
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("text") / "run"
    return train(recipe(updates=150, validate_every=50), folder, train=text(600))


@pytest.mark.parametrize("partition", ["lines", "sequential", "random"])
@pytest.mark.parametrize("decoder", list(DECODERS))
def test_every_kind_and_partition_runs_to_its_card(decoder: str, partition: str, tmp_path: Path) -> None:
    done = train(recipe(decoder, partition), tmp_path / "run", train=text())
    assert done.report is not None
    assert done.report.to_dict()["perplexity"]["value"] > 1
    card = (done.best / "card.md").read_text()
    assert "language model" in card
    assert "bits per character" in card
    assert (done.folder / "learning_curves.png").exists()


def test_it_learns_and_the_order_of_letters_shows(run: Any) -> None:
    """The best that is possible is near 1.5 nats per letter but the first; a uniform guess among letters is 3."""
    validations = run.history().query("event == 'validation'")
    assert validations["loss"].iloc[-1] < 0.8 * validations["loss"].iloc[0]
    writer = Writer.load(run.best, device="cpu")
    good, bad = writer.score(["c d e f g h", "h c g d f e"], alone=True).nats
    assert good + 5 < bad


class _Stop(Observer):
    def __init__(self, update: int) -> None:
        self.update = update

    def on_update(self, record: UpdateRecord) -> None:
        if record.update == self.update:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("stop", [3, 6])
@pytest.mark.parametrize(("decoder", "partition"), [("lstm", "sequential"), ("gru", "random"), ("lstm", "lines")])
def test_resumed_equals_uninterrupted(decoder: str, partition: str, stop: int, tmp_path: Path) -> None:
    """The carried state is part of the checkpoint."""
    whole = train(recipe(decoder, partition), tmp_path / "whole", train=text())
    part = train(recipe(decoder, partition), tmp_path / "part", train=text(), observers=[_Stop(stop)])
    assert part.interrupted
    resumed = resume(tmp_path / "part")
    for one, other in zip(
        load_model(whole.best).model.parameters(), load_model(resumed.best).model.parameters(), strict=True
    ):
        assert one.equal(other)
    columns = ["update", "loss", "gradient_norm"]
    assert resumed.history()[columns].equals(whole.history()[columns])


@pytest.mark.parametrize("partition", ["sequential", "random"])
def test_a_run_carries_the_state_from_window_to_window(partition: str, tmp_path: Path) -> None:
    """With a learning rate of almost nothing, the losses of sequential windows are those of whole strands."""
    still = {"optimizer": {"learning_rate": 1e-12}, "updates": 6, "label_smoothing": 0.0}
    batch = {"tokens": 32, "partition": partition, "window": 4}
    values = recipe(partition=partition, **still, batch=batch).model_dump()
    values["model"]["decoder"]["dropout"] = 0.0
    done = train(recipe_from(values), tmp_path / "run", train=text())
    losses = done.history().query("event == 'update'")["loss"].tolist()

    dataset = Dataset.open(done.folder / "dataset")
    model = build(recipe_from(values).model, dataset.target.size, dataset.target.size, seed=1)
    windows = Windows(dataset.train, rows=8, length=4, partition=sequential_windows)
    begins = windows.plan(np.random.default_rng([1, 0]))[0].begins
    strands = windows.batch(Window(begins, 6 * 4, follows=False), np.random.default_rng(0))
    whole = model.token_losses(strands).view(8, 6, 4).mean((0, 2)).tolist()
    assert (losses == pytest.approx(whole, rel=1e-4)) == (partition == "sequential")


@pytest.fixture(scope="module")
def dataset(run: Any) -> Dataset:
    return Dataset.open(run.folder / "dataset")


@pytest.mark.parametrize("partition", [sequential_windows, random_windows])
def test_loader_of_windows_goes_on_where_it_was(dataset: Dataset, partition: Any) -> None:
    def loader() -> Loader:
        return Loader(Windows(dataset.train, rows=4, length=8, partition=partition), seed=5)

    one, other = loader(), loader()
    expected = [next(one) for _ in range(150)]
    assert one.epoch > 1
    other.restore({"epoch": 0, "batch": 0})
    for _ in range(40):
        next(other)
    position = other.state()
    other.close()
    third = loader()
    third.restore(position)
    for batch in expected[40:]:
        again = next(third)
        assert again.target.values.equal(batch.target.values)
        assert again.inputs.values.equal(batch.inputs.values)
        assert again.follows == batch.follows
    for used in (one, third):
        used.close()


def test_windows_hold_the_lines_end_to_end(dataset: Dataset) -> None:
    windows = Windows(dataset.train, rows=1, length=16, partition=sequential_windows)
    generator = np.random.default_rng(0)
    plan = windows.plan(generator)
    batches = [windows.batch(window, generator) for window in plan]
    tokens = torch.cat([batch.target.values for batch in batches]).tolist()
    whole = [token for line in dataset.train.target_ids() for token in line]
    begin = int(plan[0].begins[0])
    assert tokens == whole[begin : begin + len(tokens)]
    inputs = torch.cat([batch.inputs.values for batch in batches]).tolist()
    assert inputs[1:] == [DEFAULT_SYMBOLS.start if token == DEFAULT_SYMBOLS.end else token for token in tokens[:-1]]


def test_a_budget_of_tokens_sets_the_updates(tmp_path: Path) -> None:
    done = train(recipe(tokens=2000), tmp_path / "run", train=text())
    updates = done.history().query("event == 'update'")
    assert updates["target_tokens"].sum() == pytest.approx(2000, abs=128)
    assert (updates["learning_rate"].iloc[-1]) < 1e-3 * updates["learning_rate"].max()
    assert len(done.history().query("event == 'validation'")) >= 8


class _Told(Observer):
    """Keeps what is said before training begins."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def on_prepare(self, message: str) -> None:
        self.messages.append(message)


def test_a_warm_up_that_does_not_fit_into_the_tokens_is_shortened_and_that_is_said(tmp_path: Path) -> None:
    told = _Told()
    done = train(recipe(tokens=300), tmp_path / "run", train=text(), observers=[told])
    assert (done.history()["event"] == "update").sum() == 2
    assert any("warmup is now 0, for 3 do not fit into 2 updates" in message for message in told.messages)


def test_sums_over_lines_do_not_depend_on_how_they_are_batched(run: Any) -> None:
    writer = Writer.load(run.best, device="cpu")
    lines = text(40, seed=9)["text"].tolist()
    together = writer.score(lines, alone=True)
    alone = [writer.score([line], alone=True).nats[0] for line in lines]
    assert np.allclose(together.nats, alone, atol=1e-4)
    assert together.characters.tolist() == [len(line) + 1 for line in lines]
    in_order = writer.score(lines).nats
    assert not np.allclose(in_order[1:], together.nats[1:], atol=1e-4)
    assert in_order[0] == pytest.approx(together.nats[0], abs=1e-4)


def test_writing(run: Any) -> None:
    writer = Writer.load(run.best, device="cpu")
    (greedy,) = writer.write(["c d"], top_k=1, longest=5)
    assert greedy.text.startswith("c d e f")
    one, same = (writer.write(["", "b c"], seed=3, longest=9) for _ in range(2))
    assert one == same
    assert one != writer.write(["", "b c"], seed=4, longest=9)
    assert one[1].text.startswith("b c")


def test_a_translator_is_no_language_model_and_the_other_way_round(run: Any) -> None:
    with pytest.raises(InputError, match="is a language model, and is no translator"):
        dragoman.Translator.load(run.best)


def test_a_vocabulary_can_be_taken_from_another_model(run: Any, tmp_path: Path) -> None:
    values = recipe().model_dump()
    values["tokenizer"]["model"] = run.best
    done = train(recipe_from(values), tmp_path / "run", train=text(seed=5))
    ours, theirs = (load_model(folder).target.tokenizer.vocabulary for folder in (done.best, run.best))
    assert ours == theirs
    values["tokenizer"]["model"] = tmp_path / "nowhere"
    with pytest.raises(InputError, match="names no trained model"):
        train(recipe_from(values), tmp_path / "other", train=text())
    assert not (tmp_path / "other").exists()

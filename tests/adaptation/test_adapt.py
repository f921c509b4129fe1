"""Going on with a model on new examples: what is mixed, what is held out, what is said of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame, recipe

from dragoman.adaptation import rates
from dragoman.adaptation.adapt import Adaptation, adapt, resume_adaptation
from dragoman.adaptation.extension import as_numbered_by
from dragoman.adaptation.keys import stored_keys
from dragoman.adaptation.mixture import Mixture, mix
from dragoman.adaptation.plan import Plan
from dragoman.adaptation.rates import FACTORS
from dragoman.assessment.evaluate import evaluate
from dragoman.cli.main import main
from dragoman.data.columns.row import row_columns
from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.errors import DragomanError, InputError, OutputError
from dragoman.fields.number import NumberField
from dragoman.fields.row import RowField
from dragoman.model.folder import load_model
from dragoman.recipe import Recipe, changed, recipe_from
from dragoman.training.observer import Observer, UpdateRecord
from dragoman.training.run import train
from dragoman.training.start import Start

FEW: dict[str, Any] = {"training": {"updates": 4, "optimizer": {"learning_rate": 1e-3}}}
"""Changes under which nothing is chosen, so that no trial is made."""


def write(folder: Path, data: pd.DataFrame, name: str = "new") -> dict[str, object]:
    """Write pairs as two text files; returns the corpus as a recipe writes it."""
    for side in ("source", "target"):
        (folder / f"{name}.{side}").write_text("\n".join(data[side]) + "\n", encoding="utf-8")
    return {"name": name, "source": folder / f"{name}.source", "target": folder / f"{name}.target"}


def new_pairs(seed: int = 3, pairs: int = 280) -> pd.DataFrame:
    """Other pairs than the parent's; some of the shortest sources are the same."""
    return frame("reversal", pairs, longest=5, seed=seed)


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a translator that copies."""
    folder = tmp_path_factory.mktemp("runs") / "parent"
    train(recipe(updates=20, average=0.0), folder, train=frame("copy", 300, longest=5))
    return folder


@pytest.fixture(scope="module")
def adapted(parent: Path, tmp_path_factory: pytest.TempPathFactory) -> Adaptation:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rates, "_FEWEST", 3)
        corpus, changes = write(folder, new_pairs()), {"training": {"updates": 6}}
        return adapt(parent, folder / "adapted", [corpus], replay=0.25, changes=changes)


def splits(dataset: Dataset, part: Sequence[str] = ("validation", "test")) -> list[np.ndarray]:
    held_out = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return [stored_keys(examples) for name in part if (examples := held_out[name]) is not None]


def test_old_pairs_have_their_share_of_a_pass(adapted: Adaptation, parent: Path) -> None:
    dataset = adapted.run.files.dataset()
    weights = dataset.training_weights
    assert weights is not None
    old = dataset.train.corpora >= 1
    assert weights[old].sum() / weights.sum() == pytest.approx(0.25)
    assert (weights[~old] == 1).all()
    stored = set(Dataset.open(parent / "dataset").train.source_texts())
    assert set(dataset.train.source_texts(np.flatnonzero(old))) <= stored


def test_validation_loss_counts_both_sides_by_their_shares(adapted: Adaptation) -> None:
    validation = adapted.run.files.dataset().validation
    lengths, old = validation.target_lengths, validation.corpora >= 1
    assert lengths[old].sum() / lengths.sum() == pytest.approx(0.25, abs=0.04)


def test_no_source_that_is_held_out_is_trained_on(adapted: Adaptation, parent: Path) -> None:
    dataset = adapted.run.files.dataset()
    (training,) = splits(dataset, ["train"])
    held_out = np.concatenate(splits(dataset))
    assert not np.isin(training, held_out).any()
    old = Dataset.open(parent / "dataset")
    assert np.isin(np.concatenate(splits(old, ["test"])), held_out).all()
    # The plain data do have such sources, so that something was left out.
    report = dataset.report
    assert report["sources_also_in_training"] == {"validation": 0, "test": 0}
    left_out = Mixture.from_dict(json.loads((adapted.run.folder / "adaptation" / "mixture.json").read_text())).left_out
    assert sum(left_out) > 0


def test_figures_are_those_of_evaluate(adapted: Adaptation, parent: Path, tmp_path: Path) -> None:
    assert adapted.report is not None
    dataset = adapted.run.files.dataset()
    assert dataset.test is not None
    for side, is_old in ((adapted.report.new, False), (adapted.report.old, True)):
        assert side is not None
        rows = np.flatnonzero((dataset.test.corpora >= 1) == is_old)
        pairs = {"source": dataset.test.source_texts(rows), "target": dataset.test.target_texts(rows)}
        corpus = write(tmp_path, pd.DataFrame(pairs), side.name)
        for model, value in ((parent / "best", side.quality.first), (adapted.run.best, side.quality.second)):
            report = evaluate(model, [corpus]).to_dict()
            assert report["bleu"]["value"] == pytest.approx(value)
            assert report["sentences"] == side.examples
        chrf = next(gap for gap in side.differences if gap.metric.startswith("chrF"))
        assert report["chrf"]["value"] == pytest.approx(chrf.second)


def test_the_rate_is_that_of_the_best_trial(adapted: Adaptation) -> None:
    assert adapted.report is not None
    trials = adapted.report.trials
    peak = trials[0].learning_rate
    assert [trial.learning_rate for trial in trials] == pytest.approx([peak * factor for factor in FACTORS])
    assert adapted.report.learning_rate == min(trials, key=lambda trial: trial.loss).learning_rate
    assert adapted.run.recipe().training.optimizer.learning_rate == pytest.approx(adapted.report.learning_rate)


def test_the_card_names_the_parent_and_has_the_table(adapted: Adaptation) -> None:
    assert adapted.report is not None
    card = (adapted.run.best / "card.md").read_text()
    assert "Adapted from the model parent." in card
    assert adapted.report.as_text() in card
    written = json.loads((adapted.run.folder / "adaptation.json").read_text())
    assert written["headline"] == adapted.report.headline()
    assert written["old"]["differences"][0]["metric"] == "BLEU"
    load_model(adapted.run.best)
    assert (adapted.run.folder / "adaptation.png").is_file()


def test_losses_before_are_those_of_the_parent(adapted: Adaptation, parent: Path) -> None:
    assert adapted.report is not None
    assert adapted.report.old is not None
    before = adapted.report.old.differences[-1].first
    history = [json.loads(line) for line in (parent / "history.jsonl").read_text().splitlines()]
    # The parent's loss on its test set is near the one on its validation set, and far from an untrained model's.
    last = [row["loss"] for row in history if row["event"] == "validation"][-1]
    assert before == pytest.approx(last, abs=0.3)


class Stop(Observer):
    """Interrupts as a person does, after an update."""

    def __init__(self, at: int) -> None:
        self.at = at

    def on_update(self, record: UpdateRecord) -> None:
        if record.update == self.at:
            os.kill(os.getpid(), signal.SIGINT)


def test_a_model_outside_its_run_by_the_command_and_with_an_interruption(
    parent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model, output = tmp_path / "model", tmp_path / "whole"
    shutil.copytree(parent / "best", model)
    corpus, old = write(tmp_path, new_pairs()), write(tmp_path, frame("copy", 250, longest=5, seed=8), "old")
    with pytest.raises(InputError, match=r"no old examples.*0\.3"):
        adapt(model, tmp_path / "refused", [corpus], replay=0.3)

    arguments = [f"--{name}={corpus[name]}" for name in ("source", "target")]
    arguments += [f"--old-{name}={old[name]}" for name in ("source", "target")]
    settings = ["--set=training.updates=4", "--set=training.optimizer.learning_rate=0.001", "--replay=0.3"]
    monkeypatch.setattr(sys, "argv", ["dragoman", "adapt", str(model), *arguments, *settings, f"--output={output}"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "on the old" in capsys.readouterr().out
    assert Plan.load(output / "adaptation").balance.replay == 0.3

    stop = [Stop(2)]
    unnamed = [{key: value for key, value in each.items() if key != "name"} for each in (corpus, old)]
    stopped = adapt(
        model, tmp_path / "stopped", unnamed[:1], old_corpora=unnamed[1:], replay=0.3, changes=FEW, observers=stop
    )
    assert stopped.run.interrupted
    assert stopped.report is None
    resumed = resume_adaptation(tmp_path / "stopped")
    assert [each.title for each in resumed.run.recipe().data.train] == ["new", "old"]
    weights = [(folder / "best" / "weights.safetensors").read_bytes() for folder in (output, resumed.run.folder)]
    assert weights[0] == weights[1]
    assert resumed.report is not None
    written = json.loads((output / "adaptation.json").read_text())
    assert written["new"] == json.loads(json.dumps(resumed.report.to_dict()))["new"]

    monkeypatch.setattr(sys, "argv", ["dragoman", "adapt", "--resume", str(output), "--replay", "0.3"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "--replay cannot be given beside --resume" in capsys.readouterr().err


def test_bad_input_is_refused_in_one_message(parent: Path, tmp_path: Path) -> None:
    few = write(tmp_path, new_pairs(pairs=60), "few")
    enough = write(tmp_path, new_pairs())
    asked: list[tuple[dict[str, Any], str]] = [
        ({"corpora": [few]}, "too few"),
        ({"corpora": [enough], "replay": 1.0}, "from 0 to below 1"),
        ({"corpora": [enough], "replay": -0.1}, "from 0 to below 1"),
        ({"corpora": [enough], "minutes": 0}, "no number of minutes"),
        ({"corpora": [enough], "changes": {"training": {"tokens": 100}}}, "not given in tokens"),
        ({"corpora": [{**enough, "source_language": "fr"}]}, "source language is fr"),
        ({"corpora": [enough], "changes": {"data": {"target_language": "it"}}}, "target language is it"),
        ({"corpora": ()}, "no new examples"),
        ({"corpora": [{"path": tmp_path / "none.tmx"}]}, "no such file|does not exist|cannot be read"),
    ]
    for number, (arguments, message) in enumerate(asked):
        with pytest.raises(DragomanError, match=message):
            adapt(parent, tmp_path / f"run{number}", **arguments)
        assert not (tmp_path / f"run{number}").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(OutputError, match="not empty"):
        adapt(parent, tmp_path / "full", [enough])
    with pytest.raises(InputError, match="no adaptation to go on with"):
        resume_adaptation(tmp_path)


def label_recipe(**training: Any) -> Recipe:
    return recipe_from(
        {
            "data": {"validation_pairs": 20, "test_pairs": 20},
            "model": {
                "encoder": {"kind": "mlp"},
                "decoder": {"kind": "label"},
            },
            "training": {
                "updates": 10,
                "batch": {"tokens": 50},
                "schedule": {"warmup": 2},
                "validate_every": 5,
                "device": "cpu",
                "threads": 1,
                **training,
            },
        }
    )


def rows(count: int, seed: int, names: Sequence[str], shift: float) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    values = generator.normal(shift, 1, size=(count, 2)).round(4)
    return pd.DataFrame({"a": values[:, 0], "b": values[:, 1], "target": [names[int(v > shift)] for v in values[:, 0]]})


def test_a_model_of_rows_and_labels_with_a_new_label(tmp_path: Path) -> None:
    train(label_recipe(), tmp_path / "parent", train=rows(300, 1, ("no", "yes"), 0.0))
    done = adapt(
        tmp_path / "parent", tmp_path / "run", train=rows(300, 2, ("no", "also"), 3.0), changes=FEW, replay=0.5
    )
    assert done.report is not None
    assert done.report.old is not None
    assert "untrained" in done.report.as_text()
    dataset = done.run.files.dataset()
    assert dataset.target.labels == ("no", "yes", "also")  # type: ignore[union-attr]
    counts = np.bincount(dataset.train.batch(np.arange(len(dataset.train))).target.values.numpy(), minlength=3)  # type: ignore[union-attr]
    assert tuple(counts) == dataset.target.counts  # type: ignore[union-attr]


def test_weights_follow_from_the_share(parent: Path, tmp_path: Path) -> None:
    start = Start.open(parent)
    wanted = changed(start.loaded.recipe, {"data": {"train": [write(tmp_path, new_pairs())]}})
    new = prepare(wanted, tmp_path / "new", parent=start.fields(wanted))
    old = Dataset.open(parent / "dataset")
    for share in (0.1, 0.9):
        counts = mix(new, old, tmp_path / str(share), replay=share, running=False, seed=1)
        weights = Dataset.open(tmp_path / str(share)).training_weights
        assert weights is not None
        assert counts.weight == pytest.approx(share / (1 - share) * counts.new["train"] / counts.old["train"])
        assert weights.sum() == pytest.approx(counts.new["train"] / (1 - share))
    mix(new, old, tmp_path / "none", replay=0.0, running=False, seed=1)
    without = Dataset.open(tmp_path / "none")
    assert without.test is not None
    assert not without.train.corpora.any()
    assert not without.validation.corpora.any()
    assert without.test.corpora.any()


def test_stored_rows_are_numbered_as_a_grown_field_numbers_them() -> None:
    old = pd.DataFrame(
        {"size": [1.0, 2.0, 4.0], "kind": ["a", "b", "a"], "day": ["2024-01-02", "2024-03-04", "2024-05-06"]}
    )
    more = pd.DataFrame({"size": [3.0, None], "kind": ["c", None], "day": ["2024-07-08", None]})
    known = RowField.learn(old.assign(target=1), exclude="target")
    grown = known.extended({name: more[name] for name in more.columns})
    stored, wanted = (pa.table(row_columns("source", *_encoded(field, old))) for field in (known, grown))
    moved = as_numbered_by(stored, (known, known), (grown, NumberField(0.0, 1.0)))
    assert moved.equals(wanted)
    assert not stored.equals(wanted)


def _encoded(field: RowField, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    found = field.encode(rows)
    return found.numbers, found.categories

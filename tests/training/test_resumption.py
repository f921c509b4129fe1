"""What may change when a run goes on, and what is refused."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

import dragoman
from dragoman.errors import InputError, RecipeError
from dragoman.recipe import load_recipe
from dragoman.storage.manifest import write_manifest
from dragoman.training import run as training_run
from dragoman.training.checkpoint import FACTS
from dragoman.training.observer import Observer
from dragoman.training.resumption import CHANGEABLE
from dragoman.training.run import resume, train
from dragoman.training.schedule import build_schedule

sys.path.insert(0, str(Path(__file__).parent))
from toy import StopAfter, frame, recipe

LENGTHENED = {"kind": "inverse_square_root", "warmup": 3}


class Told(Observer):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def on_prepare(self, message: str) -> None:
        self.messages.append(message)


def trained(folder: Path, **training: Any) -> Path:
    train(recipe(schedule=LENGTHENED, validate_every=4, **training), folder, train=frame("copy", 200))
    return folder


@pytest.fixture
def not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs end without the evaluation of their best model, which takes most of the time of one so short."""
    monkeypatch.setattr(training_run, "_finish", lambda *given: None)


@pytest.fixture(scope="module")
def shorter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("runs") / "shorter", updates=8)


@pytest.fixture
def copied(shorter: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shorter, tmp_path / "run"))


def newest(folder: Path) -> Path:
    return sorted((folder / "checkpoints").glob("update-*"))[-1]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(newest(folder) / "state.safetensors")


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "recipe.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_a_finished_run_given_more_updates_equals_one_planned_so_long(copied: Path, tmp_path: Path) -> None:
    longer = trained(tmp_path / "longer", updates=12)
    told = Told()
    run = dragoman.resume(copied, changes={"training": {"updates": 12}}, observers=[told])
    assert run.reason == "all 12 updates done"
    assert any("training.updates is now 12, and was 8" in message for message in told.messages)
    one, other = weights(copied), weights(longer)
    assert one.keys() == other.keys()
    assert all(one[name].equal(other[name]) for name in one)
    columns = ["event", "update", "loss", "learning_rate", "bleu"]
    histories = [pd.read_json(folder / "history.jsonl", lines=True)[columns] for folder in (copied, longer)]
    pd.testing.assert_frame_equal(*histories)
    assert load_recipe(copied / "recipe.toml").training.updates == 12
    assert load_recipe(copied / "best" / "recipe.toml").training.updates == 12


def test_a_change_in_the_file_counts_as_much_as_one_in_the_call(copied: Path, not_evaluated: None) -> None:
    edit(copied, "updates = 8", "updates = 9")
    edit(copied, "validate_every = 4", "validate_every = 3")
    assert resume(copied).reason == "all 9 updates done"
    history = pd.read_json(copied / "history.jsonl", lines=True)
    assert history[history["event"] == "validation"]["update"].tolist() == [4, 8, 9]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training": {"seed": 2}}, ["training.seed", " 1,", " 2;"]),
        ({"model": {"encoder": {"heads": 4}, "decoder": {"heads": 4}}}, ["model.encoder.heads", "model.decoder.heads"]),
        ({"training": {"optimizer": {"learning_rate": 0.1}, "updates": 20}}, ["learning_rate", "0.005", "0.1"]),
        ({"model": {"decoder": {"kind": "lstm"}}}, ["model.decoder.kind"]),
        ({"data": {"source_language": "fr"}}, ["data.source_language"]),
    ],
)
def test_what_may_not_change_is_refused_by_name(copied: Path, changes: dict[str, Any], said: list[str]) -> None:
    before = (copied / "recipe.toml").read_bytes(), weights(copied)["weights"]
    with pytest.raises(RecipeError) as refused:
        resume(copied, changes=changes)
    for part in [*said, "new run"]:
        assert part in str(refused.value)
    assert "training.updates:" not in str(refused.value)
    assert (copied / "recipe.toml").read_bytes() == before[0]
    assert weights(copied)["weights"].equal(before[1])


@pytest.mark.parametrize("checkpoints_tell", [True, False])
def test_an_edited_recipe_is_refused(copied: Path, checkpoints_tell: bool) -> None:
    """Checkpoints of earlier versions do not hold the recipe; the best model has it as well."""
    if not checkpoints_tell:
        _forget_recipes(copied)
    edit(copied, "learning_rate = 0.005", "learning_rate = 0.01")
    edit(copied, "seed = 1", "seed = 5")
    with pytest.raises(RecipeError, match=r"(?s)learning_rate: .*0\.005.*0\.01.*training\.seed: .* 1, .* 5;"):
        resume(copied)


def test_checkpoints_without_a_recipe_go_on(copied: Path, not_evaluated: None) -> None:
    _forget_recipes(copied)
    shutil.rmtree(copied / "best")
    assert resume(copied, changes={"training": {"updates": 9}}).reason == "all 9 updates done"
    assert json.loads((newest(copied) / FACTS).read_text())["recipe"].startswith("[data]")


def test_fewer_updates_than_were_made_are_refused(copied: Path) -> None:
    with pytest.raises(RecipeError, match=r"training\.updates: 5 .* 8 already"):
        resume(copied, changes={"training": {"updates": 5}})


def test_a_run_that_stopped_for_lack_of_progress_says_what_it_needs(tmp_path: Path, not_evaluated: None) -> None:
    """More updates alone would change nothing, so they are not taken in silence."""
    folder = tmp_path / "run"
    hopeless = {"optimizer": {"learning_rate": 1e-12}, "average": 0.0, "validate_every": 1}
    train(
        recipe(updates=6, schedule=LENGTHENED, early_stopping={"metric": "bleu", "patience": 2}, **hopeless),
        folder,
        train=frame("copy", 120),
    )
    stopped = pd.read_json(folder / "history.jsonl", lines=True)["update"].max()
    assert stopped < 6
    with pytest.raises(RecipeError, match=r"--set training\.early_stopping\.patience=4"):
        resume(folder, changes={"training": {"updates": 9}})
    run = resume(folder, changes={"training": {"updates": 9, "early_stopping": {"patience": 3}}})
    assert run.reason == "no better bleu in 3 validations"


def test_a_cosine_is_stretched_and_that_is_said(tmp_path: Path, not_evaluated: None) -> None:
    folder, told = tmp_path / "run", Told()
    train(recipe(updates=5, checkpoint_every=5), folder, train=frame("copy", 120))
    resume(folder, changes={"training": {"updates": 10}}, observers=[told])
    history = pd.read_json(folder / "history.jsonl", lines=True)
    rates = history[history["event"] == "update"].set_index("update")["learning_rate"]
    longer = build_schedule(recipe(updates=10).training)
    assert rates[6] == pytest.approx(longer(6))
    assert any("cosine schedule now ends at update 10" in message for message in told.messages)


def test_a_held_peak_is_held_for_longer_as_if_it_had_been_planned(tmp_path: Path, not_evaluated: None) -> None:
    told, held = Told(), {"kind": "hold", "warmup": 2}
    planned = train(recipe(updates=12, schedule=held), tmp_path / "planned", train=frame("copy", 120))
    longer = train(
        recipe(updates=9, schedule=held), tmp_path / "longer", train=frame("copy", 120), observers=[StopAfter(4)]
    )
    resume(longer.folder, changes={"training": {"updates": 12}}, observers=[told])
    for name, tensor in weights(planned.folder).items():
        assert tensor.equal(weights(longer.folder)[name]), name
    assert any("still holds its peak" in message for message in told.messages)


def test_all_that_changes_during_a_run_resumes_to_the_same_bits(tmp_path: Path, not_evaluated: None) -> None:
    settings: dict[str, Any] = {
        "updates": 10,
        "schedule": {"kind": "hold", "warmup_share": 0.2},
        "average_share": 0.3,
        "batch": {"tokens": 100, "pool": 4, "first_accumulation": 1, "accumulation": 3, "growth_until": 0.6},
        "dropout_start": 0.5,
        "optimizer": {"kind": "muon"},
    }
    for name, observers in (("whole", []), ("stopped", [StopAfter(3)])):
        train(recipe(**settings), tmp_path / name, train=frame("copy", 120), observers=observers)
    resume(tmp_path / "stopped")
    whole, stopped = (weights(tmp_path / name) for name in ("whole", "stopped"))
    assert whole.keys() == stopped.keys()
    assert all(tensor.equal(stopped[name]) for name, tensor in whole.items())
    assert not whole["weights"].equal(whole["average"])
    told = Told()
    resume(tmp_path / "stopped", changes={"training": {"updates": 11}}, observers=[told])
    (shares,) = (message for message in told.messages if "shares of the run" in message)
    for name in ("warmup_share", "average_share", "dropout_start", "first_accumulation"):
        assert name in shares


def test_every_changeable_setting_is_one() -> None:
    known = recipe(minutes=1.0, tokens=1000).model_dump()
    for key in CHANGEABLE:
        section: Any = known
        for part in key.split("."):
            section = section[part]


def _forget_recipes(folder: Path) -> None:
    for path in (folder / "checkpoints").iterdir():
        facts = json.loads((path / FACTS).read_text())
        del facts["recipe"]
        (path / FACTS).write_text(json.dumps(facts))
        write_manifest(path)


def test_no_run_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run to resume"):
        resume(tmp_path, changes={"training": {"updates": 9}})

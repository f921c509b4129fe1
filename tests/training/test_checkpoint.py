"""Checkpoints are whole experiments: damaged ones are passed over and said, and nothing starts from zero in silence."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from dragoman.errors import DamagedFileError, InputError, OutputError, RecipeError
from dragoman.storage.lock import locked
from dragoman.storage.manifest import write_manifest
from dragoman.training import run as run_module
from dragoman.training.observer import Observer
from dragoman.training.run import resume, train

sys.path.insert(0, str(Path(__file__).parent))
from toy import frame, recipe


class Sentences(Observer):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_prepare(self, message: str) -> None:
        self.heard.append(message)


def run(folder: Path, **training: object) -> None:
    settings = {"updates": 8, "checkpoint_every": 3, "validate_every": 4, **training}
    train(recipe(**settings), folder, train=frame("copy", 120))


def result(folder: Path) -> tuple[object, ...]:
    newest = sorted((folder / "checkpoints").glob("update-*"))[-1]
    rows = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    files = (newest / "state.safetensors", folder / "best" / "weights.safetensors", folder / "evaluation.json")
    for row in rows:
        for measured in ("seconds", "waited"):
            row.pop(measured, None)
    return newest.name, rows, *(path.read_bytes() for path in files)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    run(folder)
    return folder


@pytest.fixture(autouse=True)
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than training here."""
    monkeypatch.setattr(run_module, "draw_learning_curves", lambda history, path, title: None)


@pytest.fixture
def copied(tmp_path: Path, finished: Path) -> Path:
    """Of a finished run, whose checkpoints are those of updates 6 and 8."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def newest(folder: Path) -> Path:
    return folder / "checkpoints" / "update-00000008"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def rewrite_tensors(checkpoint: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(checkpoint / "state.safetensors")
    change(tensors)
    save_file(tensors, checkpoint / "state.safetensors")
    write_manifest(checkpoint)


def rewrite_facts(checkpoint: Path, text: str) -> None:
    (checkpoint / "state.json").write_text(text)
    write_manifest(checkpoint)


def sealed_cut(checkpoint: Path) -> None:
    cut(checkpoint / "state.safetensors")
    write_manifest(checkpoint)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "tensors cut": lambda c: cut(c / "state.safetensors"),
    "tensors missing": lambda c: (c / "state.safetensors").unlink(),
    "history altered": lambda c: (c / "history.jsonl").write_text("{}\n"),
    "manifest missing": lambda c: (c / "SHA256SUMS").unlink(),
    "manifest empty": lambda c: (c / "SHA256SUMS").write_text(""),
    "manifest cut at a line": lambda c: (c / "SHA256SUMS").write_text(
        (c / "SHA256SUMS").read_text().splitlines(keepends=True)[0]
    ),
    "nothing left": lambda c: [path.unlink() for path in c.iterdir()],
    "tensors cut before the manifest": sealed_cut,
    "no JSON": lambda c: rewrite_facts(c, "{"),
    "JSON of something else": lambda c: rewrite_facts(c, "[]"),
    "facts missing": lambda c: rewrite_facts(c, '{"format": 1}'),
    "another average": lambda c: rewrite_tensors(c, lambda t: t.update(average=t["average"][:-1].clone())),
    "no random state": lambda c: rewrite_tensors(c, lambda t: t.pop("random.cpu")),
    "a random state too short": lambda c: rewrite_tensors(
        c, lambda t: t.update({"random.cpu": t["random.cpu"][:9].clone()})
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))
def test_a_damaged_newest_checkpoint_is_passed_over_and_said(
    copied: Path, finished: Path, damage: Callable[[Path], object]
) -> None:
    damage(newest(copied))
    listener = Sentences()
    resume(copied, observers=[listener])
    assert len(listener.heard) == 2
    assert "update-00000008 is damaged" in listener.heard[0]
    assert "going on from the checkpoint of update 6" in listener.heard[1]
    assert result(copied) == result(finished)


def test_nothing_starts_from_zero_when_all_are_damaged(copied: Path) -> None:
    before = (copied / "history.jsonl").read_bytes()
    for checkpoint in (copied / "checkpoints").iterdir():
        cut(checkpoint / "state.json")
    with pytest.raises(DamagedFileError, match="all 2 checkpoints") as error:
        resume(copied)
    assert "update-00000006" in str(error.value)
    assert "update-00000008" in str(error.value)
    assert (copied / "history.jsonl").read_bytes() == before


def test_a_damaged_checkpoint_never_pushes_out_a_good_one(copied: Path, finished: Path) -> None:
    """With one kept, a damaged one of a later update must not count as the one."""
    recipe_file = copied / "recipe.toml"
    recipe_file.write_text(recipe_file.read_text().replace("keep_checkpoints = 2", "keep_checkpoints = 1"))
    folder = copied / "checkpoints"
    newest(copied).rename(folder / "update-00000099")
    cut(folder / "update-00000099" / "state.json")
    resume(copied)
    assert [path.name for path in sorted(folder.iterdir())] == ["update-00000008", "update-00000099"]
    shutil.rmtree(folder / "update-00000099")
    assert result(copied) == result(finished)


@pytest.mark.parametrize("harm", ["removed", "torn", "cleared"])
def test_the_history_comes_back_from_the_checkpoint(copied: Path, finished: Path, harm: str) -> None:
    history = copied / "history.jsonl"
    if harm == "removed":
        history.unlink()
    else:
        history.write_bytes(b"\0\0\n" * 5 if harm == "torn" else b"")
    resume(copied)
    assert result(copied) == result(finished)


def test_a_checkpoint_of_the_format_before_can_be_gone_on_with(copied: Path, finished: Path) -> None:
    checkpoint = newest(copied)
    (checkpoint / "history.jsonl").unlink()
    facts = json.loads((checkpoint / "state.json").read_text())
    rewrite_facts(checkpoint, json.dumps({**facts, "format": 1}))
    resume(copied)
    assert result(copied)[1:] == result(finished)[1:]


def test_another_architecture_is_an_error_not_a_damage(copied: Path) -> None:
    recipe_file = copied / "recipe.toml"
    recipe_file.write_text(recipe_file.read_text().replace("feed_forward = 64", "feed_forward = 128"))
    with pytest.raises(RecipeError, match=r"model\.encoder\.feed_forward: .* 64, .* 128;"):
        resume(copied)


def test_what_killed_savings_left_is_cleared_away(copied: Path) -> None:
    for name in ("checkpoints/.update-00000007.new", ".best.new", ".best.old"):
        (copied / name).mkdir()
        (copied / name / "state.json").write_text("half")
    (copied / ".evaluation.json.new").write_text("half")
    resume(copied)
    assert not list(copied.rglob(".*"))


def test_a_replacement_of_the_only_checkpoint_is_recovered(copied: Path, finished: Path) -> None:
    shutil.rmtree(copied / "checkpoints" / "update-00000006")
    newest(copied).rename(copied / "checkpoints" / ".update-00000008.old")
    resume(copied)
    assert result(copied) == result(finished)


def test_a_run_killed_in_preparation_begins_anew(tmp_path: Path, finished: Path) -> None:
    folder = tmp_path / "run"
    (folder / ".dataset.new").mkdir(parents=True)
    (folder / ".dataset.new" / "train.arrow").write_bytes(b"half")
    (folder / ".recipe.toml.new").write_text("[data")
    with pytest.raises(InputError, match="killed while its data was prepared") as error:
        resume(folder)
    assert "same training command" in error.value.remedy
    run(folder)
    assert result(folder) == result(finished)
    assert not list(folder.rglob(".*"))


def test_a_run_killed_between_dataset_and_recipe_goes_on(tmp_path: Path, finished: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished / "dataset", folder / "dataset")
    shutil.copy(finished / "recipe.toml", folder / ".recipe.toml.new")
    resume(folder)
    assert result(folder) == result(finished)


def test_nothing_of_others_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / ".dataset.new").mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        run(folder)
    assert sorted(path.name for path in folder.iterdir()) == [".dataset.new", "notes.txt"]


def test_a_recipe_that_is_no_recipe_any_more_is_named(copied: Path) -> None:
    (copied / "recipe.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DamagedFileError, match=r"recipe\.toml"):
        resume(copied)


def test_two_processes_never_write_in_one_run(copied: Path, tmp_path: Path) -> None:
    with locked(copied), pytest.raises(OutputError, match="another process"):
        resume(copied)
    (tmp_path / "new").mkdir()
    with locked(tmp_path / "new"), pytest.raises(OutputError, match="another process"):
        run(tmp_path / "new")
    resume(copied)

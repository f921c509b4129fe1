"""Several processes do what one does: same curve, same weights; one that stops or fails ends them all."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from dragoman.contracts import Packed, TextBatch
from dragoman.data.loader import Loader
from dragoman.errors import RecipeError
from dragoman.recipe import Recipe, load_recipe
from dragoman.training.distributed import ALONE, Processes, joined_processes
from dragoman.training.history import read_history
from dragoman.training.randomness import seed_mini_batch
from dragoman.training.run import resume, train

sys.path.insert(0, str(Path(__file__).parent))
from toy import frame, recipe

PROCESS = Path(__file__).parent / "one_of_several.py"
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Ended:
    code: int
    output: str
    errors: str


def several(folder: Path, settings: dict[str, Any] | str, *fault: object, count: int = 2) -> list[Ended]:
    """Run the toy recipe in processes that find each other as those of ``torchrun`` do."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    given = settings if isinstance(settings, str) else json.dumps(settings)
    command = [sys.executable, str(PROCESS), str(folder), given, *map(str, fault)]
    common = {**os.environ, "WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    started = [
        subprocess.Popen(
            command,
            env={**common, "RANK": str(index), "LOCAL_RANK": str(index)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(count)
    ]
    try:
        ended = [process.communicate(timeout=120) for process in started]
    finally:
        for process in started:
            process.kill()
    return [Ended(process.returncode, *texts) for process, texts in zip(started, ended, strict=True)]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    newest = sorted((folder / "checkpoints").glob("update-*"))[-1]
    return load_file(newest / "state.safetensors")


def batch(accumulation: int, first: int | None = None) -> dict[str, Any]:
    """Adam with a large ε: where a gradient is nothing but rounding, a small one makes whole steps of it."""
    optimizer = {"learning_rate": 5e-3, "epsilon": 1e-3}
    grows = {} if first is None else {"first_accumulation": first, "growth_until": 0.7}
    batches = {"tokens": 200, "pool": 4, "accumulation": accumulation, **grows}
    return {"batch": batches, "optimizer": optimizer, "r_drop": 1.0}


GROWING = {**batch(4, first=2), "dropout_start": 0.5}
"""Two mini-batches at first and then four, while dropout rises."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two processes."""
    folder = tmp_path_factory.mktemp("runs") / "pair"
    ended = several(folder, GROWING)
    assert [process.code for process in ended] == [0, 0], ended
    assert [process.output.split("|")[2].strip() for process in ended] == ["True", "False"]
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same recipe in one process."""
    folder = tmp_path_factory.mktemp("runs") / "alone"
    train(recipe(**GROWING), folder, train=frame("copy", 300))
    return folder


def assert_equal_but_for_rounding(one: Path, other: Path) -> None:
    columns = ["event", "update", "epoch", "loss", "learning_rate", "gradient_norm", "target_tokens", "padding"]
    curves = [read_history(folder)[columns] for folder in (one, other)]
    pd.testing.assert_frame_equal(*curves, rtol=1e-3)
    losses = [curve.query("event == 'update'")["loss"].to_numpy() for curve in curves]
    np.testing.assert_allclose(*losses, rtol=1e-4)
    first, second = (weights(folder) for folder in (one, other))
    assert first.keys() == second.keys()
    for name in ("weights", "average"):
        torch.testing.assert_close(first[name], second[name], atol=1e-5, rtol=1e-4)


def test_two_processes_equal_one_with_accumulation(pair: Path, alone: Path) -> None:
    """Dropout is on and rises, with two passes over each example; epochs end in the middle of an update, and the batch
    grows to twice its size."""
    assert_equal_but_for_rounding(pair, alone)
    updates = read_history(pair).query("event == 'update'")
    assert updates["epoch"].max() > 2
    assert updates["target_tokens"][-4:].mean() > 1.6 * updates["target_tokens"][:8].mean()


def test_what_two_processes_leave_is_what_one_leaves(pair: Path, alone: Path) -> None:
    def names(folder: Path) -> set[str]:
        return {str(path.relative_to(folder)) for path in folder.rglob("*")}

    assert names(pair) == names(alone)
    assert "2 processes" in (pair / "best" / "card.md").read_text()


def test_a_signal_to_one_ends_all_with_one_checkpoint_and_resuming_is_exact(tmp_path: Path, pair: Path) -> None:
    stopped = several(tmp_path / "run", GROWING, "SIGINT", 1, 6)
    assert [ended.code for ended in stopped] == [0, 0], stopped
    assert all("True|stopped by SIGINT after update 6" in ended.output for ended in stopped)
    checkpoints = [path.name for path in sorted((tmp_path / "run" / "checkpoints").iterdir())]
    assert checkpoints == ["update-00000004", "update-00000006"]
    # One process can go on with what two began.
    shutil.copytree(tmp_path / "run", tmp_path / "alone")
    assert resume(tmp_path / "alone").report is not None
    assert_equal_but_for_rounding(tmp_path / "alone", pair)
    assert [ended.code for ended in several(tmp_path / "run", "resume")] == [0, 0]
    resumed, whole = weights(tmp_path / "run"), weights(pair)
    assert all(resumed[name].equal(whole[name]) for name in whole)


def test_when_one_fails_the_others_end_and_say_so(tmp_path: Path) -> None:
    ended = several(tmp_path / "run", batch(2), "fail", 1, 5)
    assert [one.code for one in ended] == [1, 1]
    assert "InputError: a batch cannot be read" in ended[1].errors
    assert "TrainingError: the other processes of this run cannot be reached" in ended[0].errors
    assert "Traceback" not in "".join(one.errors for one in ended)


def test_when_one_is_killed_the_others_end_and_say_so(tmp_path: Path) -> None:
    ended = several(tmp_path / "run", batch(2), "SIGKILL", 1, 5)
    assert [one.code for one in ended] == [1, -signal.SIGKILL]
    assert "cannot be reached" in ended[0].errors


def test_data_that_cannot_be_prepared_ends_all(tmp_path: Path) -> None:
    ended = several(tmp_path / "run", {**batch(2), "batch": {"tokens": 1, "accumulation": 2}})
    assert [one.code for one in ended] == [1, 1]
    assert "InputError" in ended[0].errors
    assert "cannot be reached" in ended[1].errors
    assert not (tmp_path / "run").exists()


def test_torchrun_and_ctrl_c(tmp_path: Path) -> None:
    data = frame("copy", 300)
    for side in ("source", "target"):
        (tmp_path / side).write_text("\n".join(data[side]) + "\n")
    settings = ["updates=100000", "threads=1", "precision=float32", "batch.tokens=100", "batch.accumulation=2"]
    changes = [part for setting in settings for part in ("--set", f"training.{setting}")]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    command = [*torchrun, "-m", "dragoman", "train", "demo", "--source", "source", "--target", "target"]
    process = subprocess.Popen(
        [*command, "--output", "run", *changes], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    history = tmp_path / "run" / "history.jsonl"
    while process.poll() is None and not (history.exists() and history.read_text().count("\n") > 3):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert output.count("dragoman train --resume") == 1, errors
    assert len(list((tmp_path / "run" / "checkpoints").iterdir())) == 2, "of update 0, and the newest"


def language_model(partition: str) -> Recipe:
    changes = {"training": {"batch": {"partition": partition, "accumulation": 2}}}
    return load_recipe("language-model", changes=changes)


def test_what_processes_cannot_share_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"accumulation = 3 .* 2 processes; make it a multiple of 2, such as 4"):
        Processes(0, 2).check(recipe(**batch(3)), CPU)
    with pytest.raises(RecipeError, match=r"first_accumulation = 1 .* 2 processes; make it a multiple of 2, such as 2"):
        Processes(0, 2).check(recipe(**batch(4, first=1)), CPU)
    with pytest.raises(RecipeError, match="sequential"):
        Processes(1, 2).check(language_model("sequential"), CPU)
    for given_recipe in (
        recipe(**batch(2)),
        recipe(**batch(6, first=2)),
        language_model("random"),
        language_model("lines"),
    ):
        Processes(1, 2).check(given_recipe, CPU)
    ALONE.check(language_model("sequential"), CPU)


def test_an_ordinary_run_joins_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined_processes() as processes:
        assert processes == ALONE
        assert processes.sum([1, 2.5]) == [1, 2.5]
        assert processes.from_first("all") == "all"
        assert processes.signal(signal.SIGTERM) is signal.SIGTERM


class Numbers:
    """Passes of so many batches, each a number."""

    def __init__(self, size: int) -> None:
        self.size = size

    def plan(self, generator: np.random.Generator) -> list[int]:
        return generator.permutation(self.size).tolist()

    def tokens(self, planned: int) -> int:
        return 1

    def batch(self, planned: int, generator: np.random.Generator) -> TextBatch:
        row = Packed.of([[planned, int(generator.integers(1000))]])
        return TextBatch(row, row, False, torch.tensor([planned]))


def drawn(loader: Loader, count: int) -> list[list[int]]:
    return [next(loader).target.values.tolist() for _ in range(count)]


def test_means_over_processes_take_one_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    exchanges = []

    def all_reduce(values: torch.Tensor) -> None:
        """The other process has numbers that are 2 larger."""
        exchanges.append(len(values))
        values.mul_(2).add_(2)

    monkeypatch.setattr("torch.distributed.all_reduce", all_reduce)
    tensors = [torch.tensor([1.0, 2.0]), torch.tensor([[3.0]])]
    Processes(0, 2).mean_(tensors)
    assert [tensor.tolist() for tensor in tensors] == [[2.0, 3.0], [[4.0]]]
    assert exchanges == [3]
    ALONE.mean_(tensors)
    assert exchanges == [3]


@settings(max_examples=30)
@given(size=st.integers(1, 7), count=st.integers(1, 4), before=st.integers(0, 6), after=st.integers(1, 6))
def test_loaders_deal_out_what_one_hands_out(size: int, count: int, before: int, after: int) -> None:
    """Also after a pause, across the ends of passes; and all stand at the same place."""
    whole = Loader(Numbers(size), seed=3)
    expected = drawn(whole, count * (before + after))
    shares = []
    for index in range(count):
        first = Loader(Numbers(size), seed=3, index=index, count=count)
        share = drawn(first, before)
        then = Loader(Numbers(size), seed=3, index=index, count=count)
        then.restore(first.state())
        share += drawn(then, after)
        shares.append(share)
        assert then.state() == whole.state()
        assert then.epoch == whole.epoch
        first.close()
        then.close()
    whole.close()
    assert [batch for turn in zip(*shares, strict=True) for batch in turn] == expected


def test_draws_depend_on_seed_update_and_place_alone() -> None:
    def draw(*key: int) -> float:
        seed_mini_batch(*key)
        return torch.rand(()).item()

    keys = [(seed, update, place) for seed in (1, 2) for update in (1, 2) for place in (0, 1)]
    found = [draw(*key) for key in keys]
    torch.rand(5)
    assert [draw(*key) for key in keys] == found
    assert len(set(found)) == len(keys)

"""Whatever strikes a run wherever it writes, going on ends in the same bits, and a person is told what happened."""

from __future__ import annotations

import ast
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dragoman
from dragoman.errors import OutputError
from dragoman.storage.folder import new_folder
from dragoman.training import run as run_module
from dragoman.training.run import resume, train

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from faults import found_by
from toy import frame, recipe

HERE = Path(__file__).parent
PACKAGE = Path(dragoman.__file__).parent
# All boundaries take minutes: benchmarks/kill.py tries them.
ONE_IN = {"kill": 19, "io": 89, "full": 89, "read-only": 89, "gone": 89}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each fault did; all are tried on the same run."""
    return found_by("experiment.py", tmp_path_factory.mktemp("experiment"), ONE_IN, "--random", "3")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the boundaries are told apart by /proc")
@pytest.mark.parametrize("fault", ONE_IN)
def test_the_same_bits_whatever_strikes(found: dict[str, Any], fault: str) -> None:
    one = found[fault]
    assert one["wrong"] == []
    assert one["boundaries"] > 200
    assert {"open", "write", "half", "fsync", "os.rename", "os.mkdir", "native half"} <= set(one["kinds"])
    assert one["ended"].get("killed" if fault == "kill" else "OutputError", 0) >= 2


@pytest.fixture(autouse=True)
def no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than training here."""
    monkeypatch.setattr(run_module, "draw_learning_curves", lambda history, path, title: None)


@pytest.fixture
def file_limit() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("file_limit")
@pytest.mark.parametrize(
    ("limit", "place"), [(8_000, "dataset"), (100_000, "update-00000000"), (300_000, "update-00000002")]
)
def test_a_file_size_limit_of_the_system(tmp_path: Path, limit: int, place: str) -> None:
    """A quota by the kernel itself, which the native writers meet too."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    settings = {"updates": 5, "checkpoint_every": 2, "validate_every": 1}
    with pytest.raises(OutputError, match="Likely cause: the disk is full") as error:
        train(recipe(**settings), tmp_path / "run", train=frame("copy", 120))
    assert place in str(error.value.file)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert not list(tmp_path.rglob(".*"))
    if place == "dataset":
        assert not (tmp_path / "run").exists()
    else:
        assert resume(tmp_path / "run").report is not None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    with pytest.raises(OutputError, match="Likely cause: the disk is full"):
        train(recipe(), small_disk / "run", train=frame("copy", 300))
    assert not list(small_disk.rglob(".*"))


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_is_read_or_written_that_can_run_code(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    forbidden = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "yaml"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & forbidden
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in forbidden
            assert not (node.module == "torch" and {alias.name for alias in node.names} & {"load", "save"})
        elif isinstance(node, ast.Attribute):
            assert "pickle" not in node.attr
            of_torch = isinstance(node.value, ast.Name) and node.value.id == "torch"
            assert not (of_torch and node.attr in ("load", "save"))
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


def test_a_safetensors_failure_is_an_output_error(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    with pytest.raises(OutputError), new_folder(tmp_path / "x") as folder:
        save_file({"a": torch.zeros(2)}, folder / "missing" / "a.safetensors")
    assert not list(tmp_path.iterdir())

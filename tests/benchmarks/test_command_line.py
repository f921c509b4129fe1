"""How a benchmark's result says that it was called."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from command_line import command_line


def test_no_folder_of_a_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    given = ["/a/speed.py", "/a/b/model", "--rounds", "3", "--peer", "eole=/a/b/4800.2", "--set", "x=1", "runs/mine"]
    monkeypatch.setattr(sys, "argv", given)
    assert command_line() == "python benchmarks/speed.py model --rounds 3 --peer eole=4800.2 --set x=1 runs/mine"

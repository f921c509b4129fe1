"""Toy runs in forked children that are killed or fail at a chosen moment, and are then gone on with.

    python experiment.py FOLDER FAULT=STEP... [--random N]

tries each fault at every so many boundaries, and prints what it found as JSON. The parent computes nothing with torch,
as a fork of a process that did could not train.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from boundaries import Boundaries, Fault, fail_once, full_from, gone_from, kill_at, no_fault, read_only_from
from toy import frame, recipe

from dragoman.errors import DragomanError, InputError
from dragoman.storage.folder import write_file
from dragoman.training import run as run_module

_BY_THE_CLOCK = ("seconds", "waited")
"""What a history holds that no two runs agree in."""

FAULTS: dict[str, Callable[[int, Path], Fault]] = {
    "kill": lambda number, folder: kill_at(number),
    "io": lambda number, folder: fail_once(number),
    "full": lambda number, folder: full_from(number),
    "read-only": lambda number, folder: read_only_from(number),
    "gone": gone_from,
}


def begin(folder: Path) -> None:
    settings = {"updates": 8, "checkpoint_every": 3, "validate_every": 4}
    run_module.train(recipe(**settings), folder, train=frame("copy", 120))


def go_on(folder: Path) -> None:
    """As a person would: resume, and where there is nothing to resume yet, the same command again."""
    try:
        run_module.resume(folder)
    except InputError:
        begin(folder)


def in_child(task: Callable[[Path], None], folder: Path, fault: Fault) -> tuple[int, Any]:
    """Process id and the end of a pipe on which the child says how ``task`` ended, unless it is killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, os.fdopen(reader)
    os.close(reader)
    # Drawing takes longer than training here and writes one file, like this.
    run_module.draw_learning_curves = lambda history, path, title: write_file(path, b"picture")
    boundaries = Boundaries(folder, fault)
    boundaries.install()
    outcome: dict[str, Any] = {"ended": "finished"}
    try:
        task(folder)
    except DragomanError as error:
        outcome = {"ended": type(error).__name__, "message": str(error)}
    except BaseException:
        outcome = {"ended": "traceback", "message": traceback.format_exc()}
    os.write(writer, json.dumps({**outcome, "seen": boundaries.seen, "modules": list(sys.modules)}).encode())
    os._exit(0)


def outcome_of(child: int, stream: Any) -> dict[str, Any]:
    with stream:
        text = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        return {"ended": "killed" if code == -signal.SIGKILL else f"exit {code}"}
    return json.loads(text)


def run_child(task: Callable[[Path], None], folder: Path, fault: Fault | None = None) -> dict[str, Any]:
    return outcome_of(*in_child(task, folder, fault or no_fault()))


def bits(folder: Path) -> dict[str, Any]:
    """All that two runs must agree in: the last checkpoint, the best model, the evaluation, the history."""
    newest = sorted((folder / "checkpoints").glob("update-*"))[-1]
    facts = json.loads((newest / "state.json").read_text())
    del facts["progress"]["seconds"]
    rows = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    files = [newest / "state.safetensors", folder / "evaluation.json", folder / "recipe.toml"]
    files += [folder / "best" / name for name in ("weights.safetensors", "tokenizer.json", "recipe.toml")]
    return {
        "facts": facts,
        "history": [{name: value for name, value in row.items() if name not in _BY_THE_CLOCK} for row in rows],
        "hidden": [str(path) for path in folder.rglob(".*")],
        **{path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
    }


class Experiment:
    """A reference run, and others that end differently and must agree with it once they were gone on with.

    Args:
        folder: for all of them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        warm = run_child(begin, folder / "warm" / "run")
        if warm["ended"] != "finished":
            raise RuntimeError(warm["message"])
        for name in warm["modules"]:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        began = time.perf_counter()
        # All runs have the same path, which the card and the recipe may mention.
        self._run = folder / "place" / "run"
        self._run.parent.mkdir()
        self.seen: list[str] = run_child(begin, self._run)["seen"]
        self.seconds = time.perf_counter() - began
        self._reference = bits(self._run)
        self.ended: Counter[str] = Counter()

    def tried(self, name: str, step: int, at_random: int) -> dict[str, Any]:
        """What a fault did at every so many boundaries, and at so many random moments."""
        self.ended.clear()
        wrong = [self.at_boundary(name, number) for number in range(1, len(self.seen) + 1, step)]
        generator = random.Random(1)
        wrong += [self.at_random(generator) for _ in range(at_random)]
        return {
            "boundaries": len(self.seen),
            "kinds": Counter(self.seen),
            "tried": len(wrong),
            "ended": dict(self.ended),
            "wrong": [text for text in wrong if text],
        }

    def at_boundary(self, name: str, number: int) -> str | None:
        """Let a fault strike there, then go on; what is wrong, if anything is."""
        self._clear()
        first = run_child(begin, self._run, FAULTS[name](number, self._run))
        self.ended[first["ended"]] += 1
        where = f"{name} at {number} ({self.seen[number - 1]})"
        if name == "gone":
            if first["ended"] not in ("OutputError", "InputError", "DamagedFileError", "finished"):
                return f"{where}: {first}"
            self._clear()
            return None
        expected = ("killed",) if name == "kill" else ("OutputError", "finished")
        if first["ended"] not in expected:
            return f"{where}: {first['ended']}\n{first.get('message')}"
        if name != "kill" and first["ended"] == "OutputError" and "Remedy" not in first["message"]:
            return f"{where}: {first['message']}"
        return self._finish(where)

    def at_random(self, generator: random.Random) -> str | None:
        """SIGKILL from outside after a delay that may lie anywhere in the run."""
        self._clear()
        delay = generator.uniform(0, self.seconds)
        child, stream = in_child(begin, self._run, no_fault())
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        self.ended[outcome_of(child, stream)["ended"]] += 1
        return self._finish(f"killed after {delay:.3f} s")

    def _finish(self, where: str) -> str | None:
        second = run_child(go_on, self._run)
        if second["ended"] != "finished":
            return f"{where}, then: {second['ended']}\n{second.get('message')}"
        found = bits(self._run)
        different = [key for key, value in self._reference.items() if found.get(key) != value]
        return f"{where}: another {', '.join(different)} {found['hidden']}" if different else None

    def _clear(self) -> None:
        shutil.rmtree(self._run.parent, ignore_errors=True)
        self._run.parent.mkdir()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("faults", nargs="+", metavar="FAULT=STEP", help="try this fault at every so many boundaries")
    parser.add_argument("--random", type=int, default=0, help="random moments to kill at, where that is a fault")
    arguments = parser.parse_args()
    experiment = Experiment(arguments.folder)
    found = {}
    for fault, step in (text.split("=") for text in arguments.faults):
        found[fault] = experiment.tried(fault, int(step), arguments.random if fault == "kill" else 0)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()

"""Files translated by a stand-in for a model in forked children that are killed or fail, and are then gone on with.

    python file_translation_experiment.py FOLDER FAULT=STEP...

tries the fault at every boundary, or at some, and prints what is wrong as JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from experiment import FAULTS, run_child

from dragoman.contracts import Ending
from dragoman.data import line_chunks
from dragoman.data.line_chunks import LineChunk
from dragoman.errors import OutputError
from dragoman.predict.file_translation import FileTranslation, Translated
from dragoman.predict.output_form import NBestTable
from dragoman.predict.translation import Translation
from dragoman.storage.resumable_file import kept_of

LINES = [f"line {number} ä" for number in range(11)]


class Silent:
    def begin(self, place: object) -> None:
        pass

    def on_chunk(self, chunk: object, found: object) -> None:
        pass


def upper(chunks: Iterable[LineChunk]) -> Iterator[Translated]:
    """A stand-in whose output tells which lines were translated together."""
    for chunk in chunks:
        texts = [f"{line.upper()} of {chunk.lines[0]}" for line in chunk.lines]
        yield chunk, [[Translation(text, 0.0, -1.0, Ending.COMPLETE, 2)] for text in texts]


def write(folder: Path, *, resume: bool) -> None:
    line_chunks.CHUNK_LINES = 3
    job = FileTranslation(folder / "out.txt", NBestTable(), upper, {"beam": 1})
    with (folder.parent / "in.txt").open("rb") as stream:
        job.run(stream, "in.txt", Silent(), resume=resume)


def begin(folder: Path) -> None:
    write(folder, resume=False)


def go_on(folder: Path) -> None:
    """As a person would."""
    try:
        write(folder, resume=True)
    except OutputError:
        if kept_of(folder / "out.txt") is not None:
            raise


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("faults", nargs="+", metavar="FAULT=STEP", help="try this fault at every so many boundaries")
    arguments = parser.parse_args()
    (arguments.folder / "in.txt").write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    importlib.import_module("pyarrow")
    faults = {name: int(step) for name, step in (text.split("=") for text in arguments.faults)}
    print(json.dumps({name: tried(arguments.folder, name, step) for name, step in faults.items()}))


def tried(parent: Path, fault: str, step: int) -> dict[str, Any]:
    """What a fault did at every so many boundaries."""

    def folder(name: str) -> Path:
        made = parent / f"{fault}-{name}"
        made.mkdir()
        return made

    whole = folder("whole")
    seen = run_child(begin, whole)["seen"]
    expected = (whole / "out.txt").read_bytes()
    wrong: list[str] = []
    ended: Counter[str] = Counter()
    for number in range(1, len(seen) + 1, step):
        place = folder(f"{number}")
        first = run_child(begin, place, FAULTS[fault](number, place))
        ended[first["ended"]] += 1
        if first["ended"] == "traceback":
            wrong.append(f"{number} ({seen[number - 1]}): {first['message']}")
            continue
        second = run_child(go_on, place)
        found = (place / "out.txt").read_bytes() if (place / "out.txt").exists() else b""
        left = sorted(path.name for path in place.iterdir())
        if second["ended"] != "finished" or found != expected or left != ["out.txt"]:
            wrong.append(f"{number} ({seen[number - 1]}): {first['ended']}, then {second}, {left}, {found!r}")
    return {"boundaries": Counter(seen), "ended": ended, "wrong": wrong}


if __name__ == "__main__":
    main()

"""The profile in a model's folder: what is written is read, the same to the bit, and anything else is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from test_profile import equal, profile

from dragoman.data.arrow import open_table
from dragoman.errors import DamagedFileError, UnsupportedError
from dragoman.reference.file import REFERENCE, load_reference, reference_bytes
from dragoman.reference.profile import Profile
from dragoman.storage.manifest import write_manifest

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model without a profile."""
    return Path(shutil.copytree(GOLDEN / "row-labels-5", tmp_path / "model"))


def put(folder: Path, content: bytes) -> None:
    (folder / REFERENCE).write_bytes(content)
    write_manifest(folder)


@pytest.mark.parametrize(
    "kept",
    [
        profile(5),
        profile(1, documents=False, inputs=False),
        Profile(("a",), np.zeros((3, 1), dtype=np.float32)),
    ],
)
def test_what_is_written_is_read_to_the_bit(folder: Path, kept: Profile) -> None:
    assert load_reference(folder) is None
    put(folder, reference_bytes(kept))
    found = load_reference(folder)
    assert found is not None
    assert equal(found, kept)
    assert found.origin == kept.origin
    assert reference_bytes(found) == reference_bytes(kept)


Change = Callable[[dict[str, Any], dict[str, Any]], None]


def _set(columns: dict[str, Any], name: str, values: list[Any], kind: pa.DataType) -> None:
    columns[name] = pa.array(values, kind)


WRONG: dict[str, Change] = {
    "features that are not finite": lambda columns, facts: _set(
        columns, "features", [[np.nan, 1]] * 4, pa.list_(pa.float32())
    ),
    "losses of another type": lambda columns, facts: _set(columns, "loss", [1, 2, 3, 4], pa.int32()),
    "a loss less": lambda columns, facts: _set(columns, "loss", [1, 2, 3, None], pa.float32()),
    "a list less": lambda columns, facts: _set(
        columns, "features", [[1, 2], None, [1, 2], [1, 2]], pa.list_(pa.float32())
    ),
    "a feature less": lambda columns, facts: _set(
        columns, "features", [[1, 2], [1, 2], [1, 2], [1]], pa.list_(pa.float32())
    ),
    "a class too high": lambda columns, facts: _set(columns, "class: labels", [0, 1, 2, 0], pa.int64()),
    "another column": lambda columns, facts: _set(columns, "more", [1, 2, 3, 4], pa.int32()),
    "no features": lambda columns, facts: columns.pop("features"),
    "more examples": lambda columns, facts: facts.update(examples=5),
    "another feature": lambda columns, facts: facts["features"].append("more"),
    "twins among features": lambda columns, facts: facts.update(features=["ink", "ink"]),
    "a number for a name": lambda columns, facts: facts.update(features=["ink", 3]),
    "edges that fall": lambda columns, facts: facts["classes"]["labels"].update(edges=[2.0, 1.0]),
    "no version": lambda columns, facts: facts.pop("version"),
    "classes of nothing": lambda columns, facts: facts.update(classes=[]),
}


def rewritten(change: Change, path: Path) -> bytes:
    path.write_bytes(reference_bytes(profile(4)))
    table = open_table(path)
    columns: dict[str, Any] = {name: table.column(name).combine_chunks() for name in table.column_names}
    facts = json.loads(table.schema.metadata[b"dragoman"])
    change(columns, facts)
    changed = pa.table(columns).replace_schema_metadata({"dragoman": json.dumps(facts)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, changed.schema) as writer:
        writer.write_table(changed)
    return sink.getvalue().to_pybytes()


def test_other_content_is_refused_by_the_name_of_the_file(folder: Path, tmp_path: Path) -> None:
    whole = reference_bytes(profile(4))
    contents = {name: rewritten(change, tmp_path / "one.arrow") for name, change in WRONG.items()}
    contents |= {"nothing": b"", "text": b"no arrow at all", "half": whole[: len(whole) // 2]}
    for name, content in contents.items():
        put(folder, content)
        with pytest.raises(DamagedFileError, match=REFERENCE):
            pytest.fail(f"{name} was read: {load_reference(folder)}")
    (folder / REFERENCE).write_bytes(whole)
    with pytest.raises(DamagedFileError, match="does not match its checksum"):
        load_reference(folder)


def test_a_newer_version_is_refused(folder: Path, tmp_path: Path) -> None:
    put(folder, rewritten(lambda columns, facts: facts.update(version=2, dragoman="9.9"), tmp_path / "one.arrow"))
    with pytest.raises(UnsupportedError, match=r"install dragoman 9\.9"):
        load_reference(folder)

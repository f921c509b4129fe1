"""The profile that a model keeps of its training distribution, as a file of the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import dragoman
from dragoman.data.arrow import open_table
from dragoman.data.columns.expected import ExpectedColumn
from dragoman.errors import UnsupportedError
from dragoman.reference.profile import Classes, Profile
from dragoman.reference.projection import SEED, WIDTH
from dragoman.storage.given import check_model, given_path
from dragoman.storage.json import JsonObject
from dragoman.storage.verified import VerifiedFolder

REFERENCE = "reference.arrow"
"""The name of the file in the folder of a model."""
VERSION = 1
_FACTS = b"dragoman"
_FEATURES, _LOSS, _RESIDUAL, _DOCUMENT, _INPUT = "features", "loss", "residual", "document", "input"
_CLASS, _PROBABILITIES = "class: ", "probabilities: "
_LISTS = pa.list_(pa.float32())
_ONE: Mapping[str, ExpectedColumn] = {
    _LOSS: ExpectedColumn(pa.float32()),
    _RESIDUAL: ExpectedColumn(pa.float32()),
    _DOCUMENT: ExpectedColumn(pa.int64()),
    _INPUT: ExpectedColumn(pa.large_string()),
}
"""The columns with one value for each example, all of which may be left out."""


def reference_files(profile: Profile | None) -> dict[str, bytes]:
    """The files of a model that hold a profile, by their names; none without a profile."""
    return {} if profile is None else {REFERENCE: reference_bytes(profile)}


def reference_bytes(profile: Profile) -> bytes:
    """A profile as an Arrow IPC file: a row for each example, and in the metadata of the schema, as JSON, all that is
    not of single examples. The same profile gives the same bytes."""
    columns: dict[str, pa.Array] = {_FEATURES: _lists(profile.values)}
    for name, values in ((_LOSS, profile.losses), (_RESIDUAL, profile.residuals), (_DOCUMENT, profile.documents)):
        if values is not None:
            columns[name] = pa.array(values, _ONE[name].type)
    if profile.inputs is not None:
        columns[_INPUT] = pa.array(profile.inputs, _ONE[_INPUT].type)
    for kind, classes in profile.classes.items():
        if classes.true is not None:
            columns[_CLASS + kind] = pa.array(classes.true, pa.int64())
        if classes.probabilities is not None:
            columns[_PROBABILITIES + kind] = _lists(classes.probabilities)
    batch = pa.RecordBatch.from_pydict(columns).replace_schema_metadata({_FACTS: json.dumps(_facts(profile)).encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def load_reference(folder: Path | str) -> Profile | None:
    """The profile of its training distribution that a model keeps; None if it keeps none, as models of earlier versions
    and those that were trained with ``reference.examples = 0``.

    >>> profile = load_reference("runs/demo/best")
    >>> profile.origin
    'the validation set and the test set, held out of the training examples'

    Args:
        folder: folder of the model.

    Raises:
        InputError: if there is no model in the folder.
        DamagedFileError: if a file is missing or was altered, or the profile is not what Dragoman writes.
        UnsupportedError: if a newer version of Dragoman wrote it.
    """
    path = given_path(folder, "the folder of a model")
    check_model(path)
    verified = VerifiedFolder.open(path)
    if not verified.holds(REFERENCE):
        return None
    with verified.understanding(REFERENCE) as file:
        table = open_table(file)
        facts = json.loads(table.schema.metadata[_FACTS])
        version, writer = int(facts["version"]), str(facts["dragoman"])
    if version > VERSION:
        raise UnsupportedError(
            f"the profile of the training distribution has version {version}, and this version reads up to {VERSION}",
            file=path / REFERENCE,
            remedy=f"install dragoman {writer} or newer.",
        )
    with verified.understanding(REFERENCE):
        return _profile(table, facts)


def _facts(profile: Profile) -> dict[str, object]:
    return {
        "version": VERSION,
        "dragoman": dragoman.__version__,
        "examples": len(profile),
        "origin": profile.origin,
        "features": list(profile.features),
        "projection": {"seed": SEED, "width": WIDTH},
        "classes": {
            kind: {
                "names": list(classes.names),
                "edges": None if classes.edges is None else classes.edges.tolist(),
            }
            for kind, classes in profile.classes.items()
        },
    }


def _profile(table: pa.Table, facts: JsonObject) -> Profile:
    """The profile in a table.

    Raises:
        ValueError: if a column is missing, of another type or size, or one too many.
    """
    names = table.column_names
    if len(set(names)) != len(names) or table.num_rows != facts["examples"]:
        raise ValueError(f"{table.num_rows} rows of the columns {names}, and {facts['examples']} examples")
    features = tuple(map(_text, facts["features"]))
    expected = {_FEATURES: ExpectedColumn(_LISTS, width=len(features)), **_ONE}
    for kind, content in facts["classes"].items():
        expected[_CLASS + kind] = ExpectedColumn(pa.int64(), below=len(content["names"]))
        expected[_PROBABILITIES + kind] = ExpectedColumn(_LISTS, width=len(content["names"]))
    # Types come first: what is none of these is not looked into.
    for name in names:
        if name not in expected or table.schema.field(name).type != expected[name].type:
            raise ValueError(f"there is a column `{name}` of {table.schema.field(name).type}")
    table.validate(full=True)
    for name in names:
        expected[name].check(name, table.column(name))
    found = {name: table.column(name) for name in names}
    classes = {
        kind: Classes(
            tuple(map(_text, content["names"])),
            _numbers(found.get(_CLASS + kind)),
            _matrix(found.get(_PROBABILITIES + kind)),
            None if content["edges"] is None else np.array(content["edges"], dtype=np.float64),
        )
        for kind, content in facts["classes"].items()
    }
    inputs, values = found.get(_INPUT), _matrix(found[_FEATURES])
    assert values is not None
    return Profile(
        features,
        values,
        losses=_numbers(found.get(_LOSS)),
        residuals=_numbers(found.get(_RESIDUAL)),
        classes=classes,
        documents=_numbers(found.get(_DOCUMENT)),
        inputs=None if inputs is None else tuple(inputs.to_pylist()),
        origin=_text(facts["origin"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _lists(matrix: np.ndarray) -> pa.ListArray:
    rows, width = matrix.shape
    ends = pa.array(np.arange(rows + 1) * width, pa.int32())
    return pa.ListArray.from_arrays(ends, pa.array(np.ascontiguousarray(matrix).reshape(-1), pa.float32()), type=_LISTS)


def _numbers(column: pa.ChunkedArray | None) -> np.ndarray | None:
    return None if column is None else column.to_numpy()


def _matrix(column: pa.ChunkedArray | None) -> np.ndarray | None:
    """Lists of one length as the rows of a matrix."""
    return None if column is None else pc.list_flatten(column).to_numpy().reshape(len(column), -1)

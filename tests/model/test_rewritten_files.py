"""Files with right checksums and wrong content: one message that names the file, whatever was written into it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from safetensors.torch import load_file, save_file

import dragoman
from dragoman.data.dataset import Dataset
from dragoman.errors import DamagedFileError, DragomanError
from dragoman.predict.predictor import Predictor
from dragoman.storage.manifest import MANIFEST, write_manifest

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[str], Path]:
    def copy(name: str) -> Path:
        return Path(shutil.copytree(GOLDEN / name, tmp_path / name))

    return copy


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("engine", ["torch", "ctranslate2", "auto"])
def test_weights_that_are_not_finite_are_refused_by_name_whatever_the_engine(
    copied: Callable[[str], Path], value: float, engine: str
) -> None:
    folder = copied("model-4")
    file = folder / "weights.safetensors"
    weights = load_file(file)
    name = sorted(weights)[-1]
    weights[name].view(-1)[-1] = value
    save_file(weights, file)
    write_manifest(folder)
    with pytest.raises(DamagedFileError, match=f"1 of the .* numbers of {name} are NaN or infinite"):
        dragoman.load(folder, device="cpu", engine=engine)


def test_weights_of_another_type_are_refused(copied: Callable[[str], Path]) -> None:
    folder = copied("model-4")
    file = folder / "weights.safetensors"
    save_file({name: tensor.to(torch.float64) for name, tensor in load_file(file).items()}, file)
    write_manifest(folder)
    with pytest.raises(DamagedFileError, match="float64, and weights are float32"):
        dragoman.load(folder, device="cpu")


@pytest.mark.parametrize("name", ["weights.safetensors", "tokenizer.json", "recipe.toml", "model.json"])
def test_a_model_file_whose_line_was_removed_from_the_manifest_is_refused(
    copied: Callable[[str], Path], name: str
) -> None:
    folder = copied("model-4")
    lines = (folder / MANIFEST).read_text().splitlines(keepends=True)
    (folder / MANIFEST).write_text("".join(line for line in lines if not line.endswith(f"  {name}\n")))
    with pytest.raises(DamagedFileError, match=f"{name}: the file is not listed in SHA256SUMS"):
        dragoman.load(folder, device="cpu")


@pytest.mark.parametrize("name", ["source.truecaser.json", "target.truecaser.json", "placeholders.json"])
def test_an_optional_file_that_was_put_beside_is_refused(copied: Callable[[str], Path], name: str) -> None:
    folder = copied("model-4")
    (folder / name).write_text("{}")
    with pytest.raises(DamagedFileError, match=f"{name}: the file is not listed in SHA256SUMS"):
        dragoman.load(folder, device="cpu")


def _open_model(folder: Path) -> Any:
    return dragoman.load(folder, device="cpu").translate(["abc"])


def _open_rows(folder: Path) -> Any:
    return Predictor.load(folder, device="cpu")


def _open_dataset(folder: Path) -> Any:
    dataset = Dataset.open(folder)
    return dataset.train.batch(np.arange(len(dataset.train)))


def _open_dataset_of_rows(folder: Path) -> Any:
    dataset = Dataset.open(folder)
    return dataset.train.batch(np.arange(len(dataset.train)))


OPENED: dict[str, Callable[[Path], Any]] = {
    "model-4": _open_model,
    "row-labels-4": _open_rows,
    "dataset-3": _open_dataset,
    "dataset-3-rows": _open_dataset_of_rows,
}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\xff", b"[" * 50_000, b"null", b"[]", b"{}"])
@pytest.mark.parametrize("name", OPENED)
def test_no_file_can_be_rewritten_into_a_traceback(
    copied: Callable[[str], Path], tmp_path: Path, name: str, content: bytes
) -> None:
    folder = copied(name)
    ignored = {MANIFEST, "card.md", "dropped.parquet"}
    for file in sorted(path for path in folder.iterdir() if path.name not in ignored):
        whole = file.read_bytes()
        file.write_bytes(content)
        write_manifest(folder)
        if (file.name, content) not in {("report.json", b"{}")}:
            with pytest.raises(DragomanError, match=file.name.replace(".", r"\.")):
                OPENED[name](folder)
        file.write_bytes(whole)


def _padding(content: dict[str, Any]) -> None:
    content["padding"] = {
        "strategy": {"Fixed": 10**9},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "<pad>",
    }


def _gap(content: dict[str, Any]) -> None:
    content["model"]["vocab"][next(iter(content["model"]["vocab"]))] = 10**9


def _merge_of_strangers(content: dict[str, Any]) -> None:
    content["model"]["merges"][0] = ["no", "symbol"]


@pytest.mark.parametrize("alter", [_padding, _gap, _merge_of_strangers])
def test_a_tokenizer_that_pads_or_does_not_fit_itself_is_refused(
    copied: Callable[[str], Path], alter: Callable[[dict[str, Any]], None]
) -> None:
    folder = copied("model-4")
    content = json.loads((folder / "tokenizer.json").read_text())
    alter(content)
    (folder / "tokenizer.json").write_text(json.dumps(content))
    write_manifest(folder)
    with pytest.raises(DamagedFileError, match=r"tokenizer\.json: not a tokenizer: "):
        dragoman.load(folder, device="cpu")


@pytest.mark.parametrize("number", [-1, 10**6, 2**31 - 1])
def test_ids_that_no_vocabulary_has_are_refused(copied: Callable[[str], Path], number: int) -> None:
    folder = copied("dataset-3")

    def alter(table: pa.Table) -> pa.Table:
        rows = table.column("target_ids").to_pylist()
        rows[0][0] = number
        return _with(table, "target_ids", pa.array(rows, pa.list_(pa.int32())))

    _rewrite(folder / "train.arrow", alter)
    with pytest.raises(DamagedFileError, match=rf"train\.arrow: .*`target_ids` holds {number}, and its numbers are"):
        Dataset.open(folder)


@pytest.mark.parametrize(
    ("name", "column", "file"),
    [("dataset-3", "target_text", "validation"), ("dataset-3-rows", "source_numbers", "train")],
)
def test_a_column_that_is_missing_is_named(copied: Callable[[str], Path], name: str, column: str, file: str) -> None:
    folder = copied(name)
    _rewrite(folder / f"{file}.arrow", lambda table: table.drop_columns([column]))
    with pytest.raises(DamagedFileError, match=rf"{file}\.arrow: .*there are 0 columns called `{column}`"):
        OPENED[name](folder)


def test_numbers_that_are_not_finite_and_missing_values_are_refused(copied: Callable[[str], Path]) -> None:
    folder = copied("dataset-3-rows")
    whole = (folder / "train.arrow").read_bytes()

    def not_finite(table: pa.Table) -> pa.Table:
        rows = table.column("source_numbers").to_pylist()
        rows[3][0] = float("nan")
        return _with(table, "source_numbers", pa.array(rows, pa.list_(pa.float32())))

    def missing(table: pa.Table) -> pa.Table:
        return _with(table, "target_label", pa.array([None, *[0] * (table.num_rows - 1)], pa.int64()))

    for alter, message in ((not_finite, "not finite"), (missing, "`target_label` lacks 1 value")):
        _rewrite(folder / "train.arrow", alter)
        with pytest.raises(DamagedFileError, match=message):
            Dataset.open(folder)
        (folder / "train.arrow").write_bytes(whole)


def _with(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def _rewrite(file: Path, alter: Callable[[pa.Table], pa.Table]) -> None:
    altered = alter(pa.ipc.open_file(pa.BufferReader(file.read_bytes())).read_all())
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, altered.schema) as writer:
        writer.write_table(altered)
    write_manifest(file.parent)

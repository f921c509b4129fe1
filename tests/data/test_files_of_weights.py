"""Files of weights: what they hold, how they are read, and which examples they are for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dragoman.data.example_weights import ExampleWeights, WeightedExamples, example_keys, read_weights, write_weights
from dragoman.errors import InputError

KEYS = np.array([2**64 - 1, 5, 1], dtype=np.uint64)
VALUES = np.array([0.5, 2.25, 0.0])


def pairs(sources: list[str], targets: list[str], files: list[int], lines: list[int]) -> pa.RecordBatch:
    places = {"file": pa.array(files, pa.int32()), "line": pa.array(lines, pa.int64())}
    return pa.RecordBatch.from_pydict({"source_text": sources, "target_text": targets, **places})


@pytest.mark.parametrize("name", ["weights.parquet", "weights.csv", "weights.TSV"])
def test_what_is_written_is_read(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    write_weights(file, ["a,b.txt", 'c"d.txt'], (np.array([0, 1, 0]), np.array([7, 8, 9])), KEYS, VALUES)
    found = read_weights(file)
    np.testing.assert_array_equal(found.find(KEYS), VALUES)
    assert np.isnan(found.find(np.array([4], dtype=np.uint64))).all()
    assert found.file == file


def test_a_table_of_weights_can_be_read_by_people(tmp_path: Path) -> None:
    file = tmp_path / "weights.csv"
    write_weights(file, ["a.txt"], (np.array([0]), np.array([7])), np.array([255], dtype=np.uint64), np.array([0.5]))
    lines = file.read_text().replace('"', "").splitlines()
    assert lines == ["file,line,example,weight", "a.txt,7,00000000000000ff,0.5"]


def test_texts_are_known_wherever_they_stand_and_everything_else_by_its_place() -> None:
    here = pairs(["x", "y", "x"], ["1", "2", "2"], [0, 0, 1], [1, 2, 3])
    moved = pairs(["y", "x", "x"], ["2", "2", "1"], [0, 0, 0], [11, 12, 13])
    keys = example_keys(here, ["a", "b"])
    assert example_keys(moved, ["c"]).tolist() == keys[[1, 2, 0]].tolist()
    places = {"file": pa.array([0, 0, 1], pa.int32()), "line": pa.array([1, 2, 1], pa.int64())}
    rows = pa.RecordBatch.from_pydict({"source_numbers": [[1.0]] * 3, **places})
    found = example_keys(rows, ["/home/me/data/a.csv", "/home/me/data/b.csv"])
    assert len(set(found.tolist())) == 3
    assert example_keys(rows, ["/srv/data/a.csv", "/srv/data/b.csv"]).tolist() == found.tolist()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("weights.txt", "", "ends with .parquet, .csv or .tsv"),
        ("weights.csv", "", "no file of weights"),
        ("weights.csv", "file,weight\na,1\n", "no column `example`"),
        ("weights.csv", "example,weight\n", "it is empty"),
        ("weights.csv", "example,weight\nxyz,1\n", "no file of weights"),
        ("weights.csv", "example,weight\n1,one\n", "no file of weights"),
        ("weights.csv", "example,weight\n1,1\n2,-0.5\n", "row 2 has the weight -0.5"),
        ("weights.tsv", "example\tweight\n1\tnan\n", "row 1 has the weight nan"),
        ("weights.csv", "example,weight\n1,0\n2,0\n", "all weights are 0"),
        ("weights.parquet", "PAR1", "no file of weights"),
        ("missing/weights.parquet", None, "no such file"),
    ],
)
def test_what_is_no_file_of_weights(name: str, content: str | None, message: str, tmp_path: Path) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_text(content)
    with pytest.raises(InputError, match=message):
        read_weights(file)


def test_one_percent_may_lack_a_weight_and_no_more() -> None:
    batch = pairs([f"s{row}" for row in range(200)], ["t"] * 200, [0] * 200, list(range(1, 201)))
    keys = example_keys(batch, ["corpus.tsv"])
    most = WeightedExamples(ExampleWeights.of(keys[:198], np.full(198, 3.0), Path("weights.csv")))
    written = most.add_to(batch, ["corpus.tsv"]).column("weight").to_numpy()
    assert written.tolist() == [3.0] * 198 + [1.0] * 2
    report = most.report()
    assert (report["examples"], report["unmatched"]) == (200, 2)
    fewer = WeightedExamples(ExampleWeights.of(keys[:197], np.full(197, 3.0), Path("weights.csv")))
    fewer.add_to(batch, ["corpus.tsv"])
    with pytest.raises(InputError) as refused:
        fewer.report()
    message = str(refused.value)
    assert "weights.csv: 3 of 200 training examples have no weight here, corpus.tsv:198 among them" in message
    assert "weights for other examples" in message

"""The weights of training examples, in a file: which example, and how much its loss counts.

An example is known by its texts, so that it keeps its weight in another order, in another file and under another
vocabulary. One whose source is no text is known by its place too: the line, the file and the folder that the file is
in. The file holds none of the texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from jaxtyping import Float, Float64, Int, UInt64

from dragoman.data.open_input import open_seekable, unreadable
from dragoman.data.seen import hashes
from dragoman.errors import InputError
from dragoman.storage.json import JsonObject
from dragoman.storage.output import opened_output

ENDINGS = (".parquet", ".csv", ".tsv")
"""The endings of files of weights."""
MOST_UNMATCHED = 0.01
"""The largest share of training examples that may lack a weight; they count 1, the mean."""
_KEY, WEIGHT = "example", "weight"
"""The columns of keys and of weights; in the file of a split there are weights alone."""
_COLUMNS = ("file", "line", _KEY, WEIGHT)
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


def example_keys(examples: pa.RecordBatch | pa.Table, files: Sequence[str]) -> UInt64[np.ndarray, " n"]:
    """64 bits for each example of a split, equal for equal examples.

    Args:
        examples: the columns of the split.
        files: the files that the numbers in its column ``file`` stand for.
    """
    names = examples.schema.names
    texts = [examples.column(f"{side}_text").to_pylist() for side in ("source", "target") if f"{side}_text" in names]
    if "source_text" in names:
        return hashes("\0".join(parts) for parts in zip(*texts, strict=True))
    short = ["/".join(Path(file).parts[-2:]) for file in files]
    numbers = examples.column("file").to_pylist()
    places = [f"{short[file]}:{line}" for file, line in zip(numbers, examples.column("line").to_pylist(), strict=True)]
    return hashes("\0".join(parts) for parts in zip(places, *texts, strict=True))


@dataclass(frozen=True, slots=True)
class ExampleWeights:
    """What a file of weights holds.

    >>> weights = ExampleWeights.of(np.array([7, 5, 7], np.uint64), np.array([1.0, 0.5, 3.0]))
    >>> weights.find(np.array([5, 6, 7], np.uint64))  # what occurs several times has the mean of its weights
    array([0.5, nan, 2. ])

    Attributes:
        keys: the key of each example, in rising order.
        values: the weight of each example.
        file: the file; None if they come from none.
    """

    keys: UInt64[np.ndarray, " k"]
    values: Float64[np.ndarray, " k"]
    file: Path | None = None

    @classmethod
    def of(
        cls, keys: UInt64[np.ndarray, " n"], weights: Float[np.ndarray, " n"], file: Path | None = None
    ) -> ExampleWeights:
        """The weights of examples, each of which may occur several times."""
        unique, place, times = np.unique(keys, return_inverse=True, return_counts=True)
        return cls(unique, np.bincount(place, weights=weights, minlength=len(unique)) / times, file)

    def find(self, keys: UInt64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """The weight of each example; not a number where there is none."""
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.values[place], np.nan)


def read_weights(path: Path) -> ExampleWeights:
    """Read a file of weights.

    Raises:
        InputError: if the file cannot be read, lacks a column, or holds what is no weight.
    """
    check_ending(path)
    with open_seekable(path) as stream, _explained(path):
        if path.suffix.lower() == ".parquet":
            table = pa.parquet.read_table(stream)
        else:
            parse = pa.csv.ParseOptions(delimiter=_SEPARATORS[path.suffix.lower()])
            convert = pa.csv.ConvertOptions(column_types={_KEY: pa.string(), WEIGHT: pa.float64()})
            table = pa.csv.read_csv(stream, parse_options=parse, convert_options=convert)
        missing = [name for name in (_KEY, WEIGHT) if name not in table.column_names]
        if missing or not len(table):
            what = f"has no column `{missing[0]}`" if missing else "is empty"
            raise ValueError(f"it {what}")
        keys = _keys(table.column(_KEY))
        weights = table.column(WEIGHT).cast(pa.float64()).to_numpy()
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong) or not weights.any():
        at = int(wrong[0]) if len(wrong) else None
        raise InputError(
            "all weights are 0" if at is None else f"row {at + 1:,} has the weight {weights[at]}",
            file=path,
            cause="a weight is a number that is 0 or larger, and one at least is larger.",
            remedy="correct it, or write the file anew by `dragoman diagnose shift MODEL --write-weights FILE`.",
        )
    return ExampleWeights.of(keys, weights, path)


def write_weights(
    path: Path,
    files: Sequence[str],
    places: tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]],
    keys: UInt64[np.ndarray, " n"],
    weights: Float[np.ndarray, " n"],
) -> None:
    """Write a file of weights, with a row for each example.

    Args:
        path: the file: Parquet, or by its ending ``.csv`` or ``.tsv`` a table as text.
        files: names of the files that examples are from.
        places: number of each example's file, and its line there.
        keys: keys of the examples.
        weights: weights of the examples.

    Raises:
        InputError: if the file has another ending.
        OutputError: if it cannot be written.
    """
    check_ending(path)
    binary = path.suffix.lower() == ".parquet"
    named = pa.DictionaryArray.from_arrays(pa.array(places[0], pa.int32()), pa.array(list(files), pa.string()))
    shown = pa.array(keys, pa.uint64()) if binary else pa.array([f"{key:016x}" for key in keys.tolist()], pa.string())
    columns = [named, pa.array(places[1], pa.int64()), shown, pa.array(weights, pa.float32())]
    table = pa.table(dict(zip(_COLUMNS, columns, strict=True)))
    with opened_output(path) as stream:
        if binary:
            pa.parquet.write_table(table, stream)
        else:
            options = pa.csv.WriteOptions(delimiter=_SEPARATORS[path.suffix.lower()], quoting_style="needed")
            pa.csv.write_csv(table.set_column(0, _COLUMNS[0], named.cast(pa.string())), stream, options)


class WeightedExamples:
    """Gives training examples their weights while they are written, and counts those that have none.

    Args:
        weights: weights of a file.
    """

    def __init__(self, weights: ExampleWeights) -> None:
        self._weights = weights
        self._found = [np.zeros(0)]
        self._unmatched: str | None = None

    def add_to(self, batch: pa.RecordBatch, files: Sequence[str]) -> pa.RecordBatch:
        """Some examples with one more column, of their weights; those that have none weigh 1.

        Args:
            batch: the columns of the examples.
            files: names of the files that the numbers in their column ``file`` stand for.
        """
        found = self._weights.find(example_keys(batch, files))
        missing = np.flatnonzero(np.isnan(found))
        if len(missing) and self._unmatched is None:
            file, line = (batch.column(name)[int(missing[0])].as_py() for name in ("file", "line"))
            self._unmatched = f"{files[file]}:{line}"
        self._found.append(found)
        return batch.append_column(WEIGHT, pa.array(np.nan_to_num(found, nan=1.0), pa.float32()))

    def report(self) -> JsonObject:
        """The number of examples, of those without a weight, and the effective share of all, as JSON values.

        Raises:
            InputError: if more than :data:`MOST_UNMATCHED` of the examples have no weight, or all weigh nothing.
        """
        found = np.concatenate(self._found)
        missing = int(np.isnan(found).sum())
        if missing > MOST_UNMATCHED * len(found):
            raise InputError(
                f"{missing:,} of {len(found):,} training examples have no weight here, {self._unmatched} among them",
                file=self._weights.file,
                cause="these are weights for other examples: the file was written for other corpora, or for the same "
                "ones cleaned or held out by other settings or another seed.",
                remedy="train on the corpora and with the settings for data and cleaning and the seed of the run that "
                "it was written for, or write it anew by `dragoman diagnose shift MODEL --write-weights FILE`.",
            )
        used = np.nan_to_num(found, nan=1.0)
        if not used.any():
            raise InputError(
                f"all {len(found):,} training examples have the weight 0 here",
                file=self._weights.file,
                remedy="give at least one of them a larger weight.",
            )
        share = float(used.mean() ** 2 / np.square(used).mean())
        return {
            "file": str(self._weights.file),
            "examples": len(found),
            "unmatched": missing,
            "effective_share": share,
        }


def describe_report(report: JsonObject) -> str:
    """A sentence for people on what :meth:`WeightedExamples.report` returned."""
    none = f"; {report['unmatched']:,} have none and weigh 1" if report["unmatched"] else ""
    return (
        f"weights: {report['examples']:,} training examples weigh what {report['file']} says{none}; they are worth "
        f"{100 * report['effective_share']:.0f} % of as many that weigh alike. The validation set, which chooses the "
        "best model, has no weights: give one like the inputs that the model is for"
    )


def check_ending(path: Path) -> None:
    """Check that the name of a file says how weights are written in it.

    Raises:
        InputError: if it ends otherwise.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError(
            f"a file of weights ends with {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}",
            file=path,
            remedy="give it such a name.",
        )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise InputError(
            f"this is no file of weights: {str(error).splitlines()[0]}",
            file=path,
            remedy=f"give a file with the columns {', '.join(_COLUMNS)}, such as `dragoman diagnose shift MODEL "
            "--write-weights FILE` writes.",
        ) from error


def _keys(column: pa.ChunkedArray) -> UInt64[np.ndarray, " n"]:
    """The keys of a column: whole numbers, or 16 hexadecimal digits each."""
    if pa.types.is_integer(column.type):
        return column.cast(pa.uint64()).to_numpy()
    return np.array([int(text, 16) for text in column.cast(pa.string()).to_pylist()], dtype=np.uint64)

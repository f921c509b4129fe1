from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dragoman.data import arrow
from dragoman.data.batch_sampler import Buckets, stored_pairs
from dragoman.data.bucketing import in_order, length_buckets, padded_places
from dragoman.data.columns.text import text_columns
from dragoman.data.dataset import Corpus, Dataset, DatasetWriter
from dragoman.data.examples import Examples
from dragoman.data.loader import Loader
from dragoman.errors import DamagedFileError, InputError, UnsupportedError
from dragoman.native.lines import Lines
from dragoman.text.codec import Codec
from dragoman.text.ragged import Ragged
from dragoman.text.tokenizer import Tokenizer

LENGTHS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=60)


Encoded = tuple[pa.RecordBatch, list[list[int]], list[list[int]]]


def encoded(count: int, seed: int = 0) -> Encoded:
    """Made-up pairs of two corpora in three files, with made-up ids."""
    random = np.random.default_rng(seed)
    ids = [[random.integers(4, 99, random.integers(1, 12)).tolist() for _ in range(count)] for _ in range(2)]
    numbers = range(count)
    texts = [Lines.of([f"{side} {number}" for number in numbers]) for side in ("source", "target")]
    row = np.arange(count)
    places = row % 2, row % 3, row + 1
    columns = [text_columns(*side) for side in zip(("source", "target"), texts, map(Ragged.of, ids), strict=True)]
    return arrow.record_batch({**columns[0], **columns[1]}, *places), ids[0], ids[1]


def write_split(writer: DatasetWriter, name: str, content: Encoded) -> None:
    with writer.split(name) as split:
        split.write(content[0])


def codecs(*texts: str) -> list[Codec]:
    return [Codec(Tokenizer.train([text], vocabulary_size=300)) for text in texts]


CORPORA = [Corpus("one", 1.0), Corpus("two", 1.0)]
FILES = ["a", "b", "c"]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    with DatasetWriter(tmp_path / "data") as writer:
        write_split(writer, "train", encoded(200))
        write_split(writer, "validation", encoded(5, seed=1))
        (shared,) = codecs("a b c")
        writer.write_fields(shared, shared)
        writer.write_facts(CORPORA, FILES)
        writer.write_report({"cleaning": {}})
    return tmp_path / "data"


def test_what_is_written_is_read(dataset: Path) -> None:
    opened = Dataset.open(dataset)
    pairs, sources, targets = encoded(200)
    indices = np.array([7, 0, 199, 7])
    batch = opened.train.batch(indices)
    assert batch.source.rows() == [sources[i] for i in indices]
    assert batch.target.rows() == [targets[i] for i in indices]
    assert batch.examples.tolist() == indices.tolist()
    assert opened.train.source_texts(indices) == [f"source {i}" for i in indices]
    assert opened.train.target_texts()[3] == "target 3"
    assert opened.train.source_lengths.tolist() == [len(row) for row in sources]
    assert opened.train.corpora.tolist() == pairs.column("corpus").to_pylist()
    assert opened.train.places(indices) == [(i % 3, i + 1) for i in indices]
    assert (opened.corpora, opened.files) == (tuple(CORPORA), tuple(FILES))
    assert opened.test is None
    assert opened.source.tokenizer is opened.target.tokenizer


def test_several_record_batches_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "_ROWS_PER_RECORD_BATCH", 7)
    pairs, sources, targets = encoded(50)
    with arrow.SplitWriter(tmp_path / "x.arrow") as writer:
        for begin in range(0, 50, 4):
            writer.write(pairs.slice(begin, 4))
    assert writer.rows == 50
    examples = Examples(arrow.open_table(tmp_path / "x.arrow"), *codecs("a", "b"))
    indices = np.random.default_rng(0).permutation(50)
    assert examples.batch(indices).source.rows() == [sources[i] for i in indices]
    assert examples.target_lengths.tolist() == [len(row) for row in targets]


def test_two_tokenizers(tmp_path: Path) -> None:
    with DatasetWriter(tmp_path / "data") as writer:
        for name in ("train", "validation", "test"):
            write_split(writer, name, encoded(3))
        writer.write_fields(*codecs("ab", "xyz"))
        writer.write_facts(CORPORA, FILES)
        writer.write_report({})
    opened = Dataset.open(tmp_path / "data")
    assert opened.source.tokenizer is not opened.target.tokenizer
    assert opened.target.tokenizer.decode(opened.target.tokenizer.encode("xyz")) == "xyz"
    assert opened.test is not None


def test_nothing_is_left_of_a_failed_dataset(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), DatasetWriter(tmp_path / "data") as writer:
        write_split(writer, "train", encoded(3))
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_damage_is_refused(dataset: Path) -> None:
    content = bytearray((dataset / "train.arrow").read_bytes())
    content[len(content) // 2] ^= 1
    (dataset / "train.arrow").write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"train\.arrow"):
        Dataset.open(dataset)


def test_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no dataset here"):
        Dataset.open(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Path) -> None:
    monkeypatch.setattr("dragoman.data.dataset.FORMAT", 0)
    with pytest.raises(UnsupportedError, match="format 4"):
        Dataset.open(dataset)


@given(LENGTHS, st.integers(1, 60), st.integers(1, 5))
def test_every_example_once_within_the_budget(lengths, tokens: int, pool: int) -> None:
    source, target = (np.array(side, dtype=np.int32) for side in zip(*lengths, strict=True))
    batches = length_buckets(source, target, tokens=tokens, pool=pool, generator=np.random.default_rng(0))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or (target[batch].sum() <= tokens and source[batch].sum() <= 2 * tokens)
    ordered = in_order(source, target, tokens=tokens)
    assert np.diff(target[np.concatenate(ordered)]).min(initial=0) >= 0


def test_buckets_hardly_pad() -> None:
    random = np.random.default_rng(0)
    target = random.integers(5, 40, 20_000).astype(np.int32)
    source = (target + random.integers(-2, 3, len(target))).astype(np.int32)
    buckets = length_buckets(source, target, tokens=2000, pool=50, generator=random)
    padded = sum(len(b) * target[b].max() for b in buckets)
    assert target.sum() / padded > 0.97


def test_padded_places() -> None:
    from dragoman.contracts import Layout

    assert padded_places([Layout.of([4, 2]), Layout.of([2, 2])]) == 12


def stream(loader: Loader, count: int) -> list[list[list[int]]]:
    return [next(loader).source.rows() for _ in range(count)]


def loader(dataset: Path, seed: int = 1) -> Loader:
    return Loader(Buckets(Dataset.open(dataset).train, tokens=64, pool=4, make=stored_pairs), seed=seed)


def test_resumed_stream_equals_uninterrupted(dataset: Path) -> None:
    whole = loader(dataset)
    expected = stream(whole, 90)
    assert whole.epoch > 2
    for stop in (0, 1, 17, 40, 89):
        first = loader(dataset)
        head = stream(first, stop)
        state = json.loads(json.dumps(first.state()))
        first.close()
        second = loader(dataset)
        second.restore(state)
        assert head + stream(second, 90 - stop) == expected
        second.close()
    whole.close()


def test_epochs_hold_all_examples_in_another_order(dataset: Path) -> None:
    it = loader(dataset)
    epochs: dict[int, list[int]] = {}
    while True:
        batch = next(it)
        if it.epoch > 2:
            break
        epochs.setdefault(it.epoch, []).extend(batch.examples.tolist())
    it.close()
    assert sorted(epochs[1]) == sorted(epochs[2]) == list(range(200))
    assert epochs[1] != epochs[2]


def test_seed_decides_and_global_generators_are_left_alone(dataset: Path) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    one, same, other = loader(dataset), loader(dataset), loader(dataset, seed=2)
    assert stream(one, 5) == stream(same, 5) != stream(other, 5)
    for it in (one, same, other):
        it.close()
    assert torch.get_rng_state().equal(before[0])
    assert np.random.get_state()[1].tolist() == before[1]


def test_an_error_in_the_thread_reaches_the_caller(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    it = loader(dataset)

    def fail(planned: object, generator: np.random.Generator) -> None:
        raise OSError("disk gone")

    monkeypatch.setattr(it._sampler, "batch", fail)
    with pytest.raises(OSError, match="disk gone"):
        next(it)
    it.close()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts threads as Linux tells them")
def test_a_thread_that_makes_batches_wakes_no_others() -> None:
    """A parallel loop of PyTorch there would bring a second team of threads, beside which the first waits asleep."""
    program = """
import threading, torch
from pathlib import Path
from dragoman.contracts import Layout

torch.set_num_threads(2)
torch.randn(1_000_000).exp()
lengths = torch.full((600,), 20)
count = lambda: len(list(Path("/proc/self/task").iterdir()))
grown = []

def work():
    before = count()
    Layout.of(lengths)
    grown.append(count() - before)

thread = threading.Thread(target=work)
thread.start()
thread.join()
print(grown[0])
"""
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"

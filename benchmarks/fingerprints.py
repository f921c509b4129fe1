"""Whether what is learnt is still the same to the bit: the fingerprints of ten small runs.

    python benchmarks/fingerprints.py --output FILE     # record them
    python benchmarks/fingerprints.py --check FILE      # compare with what was recorded; names what differs

Ten recipes are trained for 30 updates each, on one thread, on data that this file makes with a fixed seed. Recorded of
each are three SHA-256 sums: of the weights of the model; of what the dataset holds of every split (ids, numbers,
categories, pixels, labels, the number of the corpus and the line of every example, as arrays, so that another format of
the files does not count); and of 200 outputs of the trained model, each printed with ``repr``. Beside them stand what
was measured at the validation and on the test set, to nine digits. With names of recipes after the options only these
are trained. All ten take about half a minute of one core.

The teacher of the distilled model searches with CTranslate2 in int8, so the extra ``ctranslate2`` is needed: what is
learnt from translations depends on the engine that finds them, and ``dragoman distill`` takes the one that is fastest.

A change of structure leaves all of them as they are. They hold for one processor's instruction set and one version of
PyTorch, which add in another order elsewhere; so a record says what it was made on, and a check says what is different
there. ``results/fingerprints.json`` is the record of the revision before the rooms of the package were merged.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pyarrow as pa
import torch
from command_line import command_line
from PIL import Image, ImageDraw
from safetensors.numpy import load_file

import dragoman
from dragoman.comparison.machine import describe_machine
from dragoman.distillation.distill import distill
from dragoman.recipe import load_recipe

OUTPUTS = 200
TEACHER = "ctranslate2"
"""The engine that translates what the distilled model learns from."""
TRAINING = {
    "updates": 30,
    "schedule": {"kind": "cosine", "warmup": 5},
    "optimizer": {"learning_rate": 1e-2},
    "average": 0.8,
    "validate_every": 30,
    "checkpoint_every": 30,
    "precision": "float32",
    "device": "cpu",
    "threads": 1,
}


# What is learnt from.

LETTERS = list("abdegiklmnoprstu")


def _words(draw: np.random.Generator, count: int) -> list[str]:
    return ["".join(draw.choice(LETTERS, draw.integers(2, 8))) for _ in range(count)]


def sentences(seed: int, count: int) -> tuple[list[str], list[str]]:
    """Sentences of a made language and their translations: other words, the last one first; with numbers, names,
    markup, addresses and double sentences, so that every step of preparing text has something to do."""
    draw = np.random.default_rng(seed)
    table = np.random.default_rng(7)
    known, others = _words(table, 120), _words(table, 120)
    sources, targets = [], []
    for number in range(count):
        chosen = np.minimum(draw.geometric(0.04, draw.integers(2, 9)) - 1, 119)
        source, target = [known[place] for place in chosen], [others[place] for place in chosen[::-1]]
        for every, unit in ((9, str(draw.integers(1, 5000))), (23, f"https://example.org/{number}"), (31, "<b>")):
            if number % every == 0:
                source.append(unit)
                target.insert(0, unit)
        sources.append(" ".join(source).capitalize() + ".")
        targets.append(" ".join(target).capitalize() + ("!" if number % 5 == 0 else "."))
    return [*sources, *sources[:20]], [*targets, *targets[:20]]


def write_lines(file: Path, lines: Iterable[str]) -> Path:
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def pairs(folder: Path) -> dict[str, Any]:
    source, target = sentences(1, 900)
    files = {"source": write_lines(folder / "a.txt", source), "target": write_lines(folder / "b.txt", target)}
    return {"train": {name: str(file) for name, file in files.items()}}


def running_text(folder: Path) -> dict[str, Any]:
    return {"train": {"text": str(write_lines(folder / "text.txt", sentences(1, 900)[1]))}}


def labelled_texts(folder: Path) -> dict[str, Any]:
    files = zip(("first", "second"), sentences(1, 500), strict=True)
    return {
        "train": [{"label": label, "text": str(write_lines(folder / f"{label}.txt", text))} for label, text in files]
    }


def rows(folder: Path) -> Path:
    """A table with numbers, dates, categories and missing cells; the last two columns are what there is to say."""
    draw = np.random.default_rng(3)
    lines = ["size,colour,day,text,price,grade"]
    for number in range(900):
        size, colour, day = draw.normal(3, 2), draw.choice(["red", "green", "blue"]), draw.integers(1, 29)
        price = 3 * size + 4 * (colour == "red") + draw.normal()
        grade = ["low", "middle", "high"][int(np.clip(price // 8, 0, 2))]
        shown = "" if number % 17 == 0 else f"{size:.3f}"
        lines.append(f"{shown},{colour},2024-03-{day:02},{draw.choice(LETTERS)},{price:.3f},{grade}")
    return write_lines(folder / "rows.csv", lines)


def table(target: str, other: str) -> Callable[[Path], dict[str, Any]]:
    return lambda folder: {"train": {"path": str(rows(folder)), "target_column": target}, "leave_out": [other]}


def picture(seed: int, bars: int) -> Image.Image:
    """So many bars on noise."""
    draw = np.random.default_rng(seed)
    found = Image.fromarray(draw.integers(150, 256, (20, 20)).astype(np.uint8))
    for place in range(bars):
        left = 2 + 6 * place + int(draw.integers(0, 2))
        ImageDraw.Draw(found).rectangle([left, int(draw.integers(1, 6)), left + 2, 17], int(draw.integers(0, 60)))
    return found


def labelled_pictures(folder: Path) -> dict[str, Any]:
    for bars, name in enumerate(("one", "two", "three"), start=1):
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(120):
            picture(1000 * bars + number, bars).save(folder / "pictures" / name / f"{number:03}.png")
    return {"train": {"path": str(folder / "pictures")}}


# What is asked of the models that have learnt.

SEEN, UNSEEN = sentences(1, OUTPUTS // 2)[0], sentences(2, OUTPUTS // 2)[0]
TEXTS = [*SEEN[: OUTPUTS // 2], *UNSEEN[: OUTPUTS // 2]]


def translations(model: Path) -> list[Any]:
    translator = dragoman.Translator.load(model, device="cpu")
    return [(found.text, round(found.log_probability, 6)) for found in translator.stream(TEXTS)]


def written(model: Path) -> list[Any]:
    writer = dragoman.Writer.load(model, device="cpu")
    half = OUTPUTS // 2
    return [*(text.text for text in writer.write([""] * half, longest=30)), *writer.score(TEXTS[:half]).nats.tolist()]


def readings(model: Path) -> list[Any]:
    return list(dragoman.Reader.load(model, device="cpu").read(some_pictures()))


def labels(inputs: Callable[[], list[Any]]) -> Callable[[Path], list[Any]]:
    def outputs(model: Path) -> list[Any]:
        predictor = dragoman.Predictor.load(model, device="cpu")
        probabilities = predictor.probabilities(inputs()).tolist()
        return [
            (label, *(round(value, 6) for value in row))
            for label, row in zip(predictor.predict(inputs()), probabilities, strict=True)
        ]

    return outputs


def numbers(model: Path) -> list[Any]:
    return list(dragoman.Predictor.load(model, device="cpu").predict(some_rows()))


def some_rows() -> list[Any]:
    """The first rows of the table, one with a category that was never seen."""
    with tempfile.TemporaryDirectory() as folder:
        lines = rows(Path(folder)).read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")[:4]
    found = [dict(zip(names, line.split(",")[:4], strict=True)) for line in lines[1 : OUTPUTS + 1]]
    return [{**found[0], "colour": "violet"}, *found[1:]]


def some_pictures() -> list[Any]:
    return [np.asarray(picture(number, number % 3 + 1)) for number in range(OUTPUTS)]


# The recipes.

SMALL = {"layers": 2, "width": 32, "feed_forward": 64, "heads": 2}
HELD_OUT = {"data": {"validation_pairs": 40, "test_pairs": 40}}
PAIRS = {"cleaning": {"language": False}}
"""What is made up is in no language."""


@dataclass(frozen=True)
class Case:
    """A run, and what is asked of its model.

    Attributes:
        preset: the recipe that it begins from.
        data: writes the corpora into a folder and says how a recipe names them.
        outputs: what a model says.
        changes: nested values that make the recipe small.
        student: whether the model learns from what the Transformer among these runs writes.
    """

    preset: str
    data: Callable[[Path], dict[str, Any]]
    outputs: Callable[[Path], list[Any]]
    changes: dict[str, Any] = field(default_factory=dict)
    student: bool = False


CASES = {
    "transformer": Case(
        "tiny",
        pairs,
        translations,
        {
            "model": {"encoder": SMALL, "decoder": SMALL},
            "tokenizer": {"vocabulary_size": 400, "dropout": 0.1, "truecase": True},
            "training": {"batch": {"tokens": 400}},
        },
    ),
    "lstm with attention": Case(
        "recurrent",
        pairs,
        translations,
        {
            "model": {"encoder": {"width": 24, "embedding_width": 24}, "decoder": {"width": 48, "embedding_width": 24}},
            "tokenizer": {"vocabulary_size": 400},
            "training": {"batch": {"tokens": 400, "accumulation": 2}},
        },
    ),
    "convolution": Case(
        "convolution",
        pairs,
        translations,
        {
            "model": {"encoder": {"layers": 2, "width": 32}, "decoder": {"width": 32, "embedding_width": 32}},
            "tokenizer": {"vocabulary_size": 400, "kind": "unigram", "sampling": 0.2, "shared": False},
            "training": {"batch": {"tokens": 400}},
        },
    ),
    "language model, sequential": Case(
        "language-model",
        running_text,
        written,
        {
            "model": {"decoder": {"width": 48, "embedding_width": 24}},
            "tokenizer": {"vocabulary_size": 400},
            "training": {"batch": {"tokens": 512, "window": 16}},
        },
    ),
    "reader": Case(
        "reader",
        running_text,
        readings,
        {
            "pictures": {"height": 16},
            "rendering": {"fonts": ["DejaVu Sans"]},
            "model": {"encoder": {"channels": [8, 16], "halvings": 1, "width": 32, "context": 1}},
            "training": {"batch": {"tokens": 200}, "optimizer": {"learning_rate": 3e-3}},
        },
    ),
    "text to label": Case(
        "text-label",
        labelled_texts,
        labels(lambda: TEXTS),
        {
            "model": {"encoder": {"width": 32}},
            "tokenizer": {"vocabulary_size": 400},
            "training": {"batch": {"tokens": 64}},
        },
    ),
    "row to number": Case(
        "row-number",
        table("price", "grade"),
        numbers,
        {"model": {"encoder": {"hidden": [32, 32]}}, "training": {"batch": {"tokens": 64}}},
    ),
    "row to label": Case(
        "row-label",
        table("grade", "price"),
        labels(some_rows),
        {"model": {"encoder": {"hidden": [32, 32]}}, "training": {"batch": {"tokens": 64}}},
    ),
    "picture to label": Case(
        "picture-label",
        labelled_pictures,
        labels(some_pictures),
        {
            "pictures": {"height": 20, "width": 20},
            "model": {"encoder": {"channels": [6, 12], "hidden": [32]}},
            "training": {"batch": {"tokens": 32}},
        },
    ),
    "distilled": Case(
        "tiny",
        pairs,
        translations,
        {
            "model": {"encoder": {**SMALL, "width": 16}, "decoder": {**SMALL, "layers": 1, "width": 16}},
            "training": {"batch": {"tokens": 400}},
        },
        student=True,
    ),
}


# Training, and the sums.


def merged(*values: dict[str, Any]) -> dict[str, Any]:
    """Nested values, of which later ones replace earlier ones."""
    found: dict[str, Any] = {}
    for part in values:
        for key, value in part.items():
            old = found.get(key)
            found[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return found


def trained(name: str, work: Path) -> Path:
    """The folder of a run, which is done if it is not yet there."""
    case, folder = CASES[name], work / name.replace(" ", "-").replace(",", "")
    if (folder / "run").exists():
        return folder / "run"
    folder.mkdir()
    of_pairs = PAIRS if case.student or case.data is pairs else {}
    changes = merged(HELD_OUT, of_pairs, {"training": TRAINING}, case.changes)
    if case.student:
        _distil(trained("transformer", work), case.preset, changes, folder / "run")
    else:
        changes = merged(changes, {"data": case.data(folder)})
        dragoman.train(case.preset, folder / "run", changes=changes, progress=False)
    return folder / "run"


def _distil(teacher: Path, preset: str, changes: dict[str, Any], output: Path) -> None:
    load = dragoman.Translator.load

    def taught(folder: Path, **asked: Any) -> dragoman.Translator:
        return load(folder, **{**asked, "engine": TEACHER} if asked.get("engine") == "auto" else asked)

    with mock.patch.object(dragoman.Translator, "load", taught):
        distill(teacher, load_recipe(preset, changes=changes), output, beam=2, progress=False)


def _leaves(values: dict[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


COLUMNS = {
    "source ids": ["source_ids"],
    "source numbers": ["source_numbers"],
    "source categories": ["source_categories"],
    "source pixels": ["source_picture"],
    "target ids": ["target_ids"],
    "target label": ["target_label"],
    "target number": ["target_number"],
    "corpus": ["corpus"],
    "line": ["line"],
}
"""What is hashed of a dataset, and the names of the columns that have held it; the first that there is counts. This is
the one place that knows how a dataset lies on disk."""


def dataset_arrays(dataset: Path) -> Iterable[tuple[str, np.ndarray]]:
    """The arrays of all splits by split and column: of lists the numbers end to end, and how many are in each."""
    for split in ("train", "validation", "test"):
        with pa.memory_map(str(dataset / f"{split}.arrow")) as file:
            content = pa.ipc.open_file(file).read_all()
        for name, homes in COLUMNS.items():
            for home in homes:
                if home in content.column_names:
                    yield from ((f"{split} {name} {part}", array) for part, array in _arrays(content.column(home)))
                    break


def _arrays(column: pa.ChunkedArray) -> Iterable[tuple[str, np.ndarray]]:
    if pa.types.is_large_binary(column.type):
        cells = [b"" if cell is None else cell for cell in column.to_pylist()]
        yield "lengths", np.array([len(cell) for cell in cells], dtype=np.int64)
        yield "values", np.frombuffer(b"".join(cells), dtype=np.uint8)
        return
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        cells = column.to_pylist()
        yield "lengths", np.array([len(cell) for cell in cells], dtype=np.int64)
        values = pa.chunked_array([pa.array([value for cell in cells for value in cell], column.type.value_type)])
    else:
        values = column
    whole = pa.types.is_integer(values.type)
    yield "values", np.array(values.to_pylist(), dtype=np.int64 if whole else np.float64)


def sum_of(arrays: Iterable[tuple[str, np.ndarray]]) -> str:
    """SHA-256 of names, shapes, types and bytes."""
    found = hashlib.sha256()
    for name, array in arrays:
        found.update(f"{name} {array.shape} {array.dtype.str}\n".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def fingerprint(name: str, work: Path) -> dict[str, Any]:
    run = trained(name, work)
    outputs = CASES[name].outputs(run / "best")
    assert len(outputs) == OUTPUTS
    return {
        "weights": sum_of(sorted(load_file(run / "best" / "weights.safetensors").items())),
        "ids": sum_of(dataset_arrays(run / "dataset")),
        "outputs": hashlib.sha256("\n".join(map(repr, outputs)).encode()).hexdigest(),
        "measures": dict(sorted(measures(run))),
        "different_outputs": len(set(map(repr, outputs))),
        "first_outputs": [repr(output) for output in outputs[:3]],
    }


def measures(run: Path) -> Iterable[tuple[str, float]]:
    """The numbers of the only validation and of the assessment on the test set, lists and times left out."""
    events = map(json.loads, (run / "history.jsonl").read_text(encoding="utf-8").splitlines())
    (validation,) = (event for event in events if event["event"] == "validation")
    del validation["seconds"]
    assessment = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    for name, value in (*_leaves(validation, "validation."), *_leaves(assessment, "test.")):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield name, float(f"{value:.9g}")


def made_on() -> dict[str, Any]:
    """The machine and its versions."""
    return {**describe_machine(), "instruction_set": torch.backends.cpu.get_cpu_capability(), "threads": 1}


# Recording and checking.


def differences(recorded: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """A sentence for each recipe that differs from what was recorded."""
    sentences = []
    for name, prints in found.items():
        if name not in recorded:
            sentences.append(f"{name}: nothing was recorded")
            continue
        before = recorded[name]
        if parts := [part for part in ("weights", "ids", "outputs") if prints[part] != before[part]]:
            sentences.append(f"{name}: the sums of {', '.join(parts)} differ")
        for one, other in zip(before["first_outputs"], prints["first_outputs"], strict=True):
            if one != other:
                sentences.append(f"{name}: an output was {one}, and is {other}")
        for measure, value in before["measures"].items():
            if prints["measures"].get(measure) != value:
                sentences.append(f"{name}: {measure} was {value}, and is {prints['measures'].get(measure, 'gone')}")
    return sentences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="recipes; all by default")
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--output", type=Path, help="the record to write")
    group.add_argument("--check", type=Path, help="the record to compare with")
    parser.add_argument("--revision", default="", help="what the record is of, to be written into it")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in CASES]:
        parser.error(f"no recipe is called {unknown[0]!r}; there are {', '.join(CASES)}")
    torch.set_num_threads(1)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.names or CASES:
            found[name] = fingerprint(name, Path(folder))
            print(f"{name}: {found[name]['weights'][:12]} {found[name]['ids'][:12]} {found[name]['outputs'][:12]}")
    if arguments.output is not None:
        record = {"command": command_line(), "revision": arguments.revision, "made_on": made_on(), "recipes": found}
        arguments.output.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return 0
    record = json.loads(arguments.check.read_text(encoding="utf-8"))
    problems = differences(record["recipes"], found)
    print("\n".join(problems) or f"all {len(found)} recipes are as recorded")
    here = made_on()
    if elsewhere := [name for name, value in record["made_on"].items() if here.get(name) != value]:
        print(f"The record was made elsewhere, with another {', '.join(elsewhere)}; there the bits may differ.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

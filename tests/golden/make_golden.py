"""Write the golden files of the current formats. Run it once when a format is released, never to mend a failing test.

python tests/golden/make_golden.py
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

import dragoman
from dragoman.data.dataset import FORMAT as DATASET_FORMAT
from dragoman.data.dataset import Dataset
from dragoman.data.example_weights import example_keys, write_weights
from dragoman.data.prepare import prepare
from dragoman.export.preview_file import PREVIEW, preview_bytes
from dragoman.images.fonts import fonts_of
from dragoman.images.line_renderer import LineRenderer
from dragoman.images.style import CLEAN
from dragoman.model.folder import FORMAT as MODEL_FORMAT
from dragoman.model.folder import load_model
from dragoman.plan.output_preview import OutputPreview
from dragoman.predict.writer import Writer
from dragoman.recipe import recipe_from
from dragoman.reference.file import VERSION as REFERENCE_VERSION
from dragoman.reference.file import load_reference
from dragoman.reference.measure import profile_of_inputs
from dragoman.reference.profile import Profile
from dragoman.storage.folder import new_folder
from dragoman.training.checkpoint import FORMAT as CHECKPOINT_FORMAT
from dragoman.training.run import Run

HERE = Path(__file__).resolve().parent
SENTENCES = ["a b c", "d", "e f", "a {t} c", "{never_seen} b"]
LINES = ["a b c", "t", "q q q q"]

sys.path.insert(0, str(HERE.parent / "training"))
from toy import frame, recipe  # noqa: E402


def main() -> None:
    # A path relative to the folder, so that the card names no folder of this machine.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        _translator()
        _language_model()
        _reader()
        _row_labels()
        _reference()
        _preview()


def _preview() -> None:
    """One of two numbers for an output layer of width 3."""
    numbers = np.arange(6, dtype=np.float32) / 4
    preview = OutputPreview(numbers.reshape(2, 3), numbers.reshape(3, 2), np.arange(5, dtype=np.float32) / 8, 4)
    with new_folder(HERE / "preview-1") as folder:
        (folder / PREVIEW).write_bytes(preview_bytes(preview))


def _translator() -> None:
    """A recurrent one with attention, which has learnt to copy."""
    learning = {"updates": 400, "validate_every": 200, "checkpoint_every": 400, "keep_checkpoints": 1}
    values: dict[str, Any] = recipe(**learning, optimizer={"learning_rate": 1e-2}).model_dump()
    size = {"kind": "lstm", "width": 24, "embedding_width": 32}
    values["model"] = {"encoder": {**size, "bidirectional": True}, "decoder": {**size, "attention": "additive"}}
    data = frame("copy", 400, longest=3).replace("t", "{t}", regex=True)
    run = dragoman.train(recipe_from(values), "run", train=data)
    shutil.copytree(run.best.resolve(), HERE / f"model-{MODEL_FORMAT}")
    _weighted_dataset(run, data, f"dataset-{DATASET_FORMAT}")
    outputs = dragoman.load(run.best, device="cpu").translate(SENTENCES)
    _write(f"model-{MODEL_FORMAT}.json", {"sources": SENTENCES, "outputs": outputs})


def _language_model() -> None:
    """A recurrent one of running text, whose checkpoint holds the state that it carries on."""
    learning = {"updates": 40, "validate_every": 20, "checkpoint_every": 40, "keep_checkpoints": 1}
    values: dict[str, Any] = recipe(**learning).model_dump()
    values["model"] = {"encoder": {"kind": "none"}, "decoder": {"kind": "gru", "width": 16}}
    values["training"]["batch"] |= {"partition": "sequential", "window": 8}
    text = frame("copy", 200)[["source"]].rename(columns={"source": "text"})
    run = dragoman.train(recipe_from(values), "text", train=text)
    shutil.copytree(run.best.resolve(), HERE / f"language-model-{MODEL_FORMAT}")
    shutil.copytree(run.folder / "dataset", HERE / f"dataset-of-checkpoint-{CHECKPOINT_FORMAT}")
    (checkpoint,) = (run.folder / "checkpoints").iterdir()
    shutil.copytree(checkpoint, HERE / f"checkpoint-{CHECKPOINT_FORMAT}")
    nats = Writer.load(run.best, device="cpu").score(LINES).nats.round(4).tolist()
    _write(f"language-model-{MODEL_FORMAT}.json", {"lines": LINES, "nats": nats})


def _reader() -> None:
    """It reads two-letter words that DejaVu Sans writes; its network has batch normalisation."""
    values = {
        "data": {"validation_pairs": 8, "test_pairs": 8},
        "pictures": {"height": 16},
        "model": {
            "encoder": {"kind": "residual", "channels": [8, 12], "halvings": 1, "width": 24, "context": 1},
            "decoder": {"kind": "ctc"},
        },
        "tokenizer": {"kind": "characters", "vocabulary_size": 300, "placeholders": False},
        "training": {
            **{"updates": 300, "validate_every": 150, "checkpoint_every": 150, "label_smoothing": 0.0},
            **{"precision": "float32", "device": "cpu", "threads": 1, "batch": {"tokens": 48, "pool": 4}},
            **{"optimizer": {"learning_rate": 1e-2}, "schedule": {"kind": "cosine", "warmup": 10}},
        },
        "search": {"beam": 2, "length_penalty": 0.0},
    }
    pictures = {word: _picture(word) for word in (a + b for a in "abcde" for b in "fghij")}
    data = pd.DataFrame({"source": list(pictures.values()), "target": list(pictures)})
    run = dragoman.train(recipe_from(values), "reader", train=data)
    shutil.copytree(run.best.resolve(), HERE / f"reader-{MODEL_FORMAT}")
    words = ["af", "cj", "eh"]
    for word in words:
        Image.fromarray(pictures[word]).save(HERE / f"{word}.png")
    outputs = dragoman.Reader.load(run.best, device="cpu").read([pictures[word] for word in words])
    _write(f"reader-{MODEL_FORMAT}.json", {"words": words, "outputs": outputs})


def _picture(word: str) -> np.ndarray:
    renderer = LineRenderer(fonts_of(["DejaVu Sans"]), [(CLEAN, 1.0)], 16)
    return renderer.render(word, np.random.default_rng(5))[0]


def _row_labels() -> None:
    """Rows with a number, some of them missing, and a category; the dataset that it learnt from, too."""
    generator = np.random.default_rng(1)
    numbers, town = generator.normal(size=200), generator.choice(["Bonn", "Ulm"], 200)
    label = np.where(numbers + (town == "Ulm") > 0.5, "yes", "no")
    numbers[::20] = np.nan
    data = pd.DataFrame({"size": numbers, "town": town, "target": label})
    values = {
        "data": {"validation_pairs": 20, "test_pairs": 20},
        "model": {"encoder": {"kind": "mlp", "hidden": [8]}, "decoder": {"kind": "label"}},
        "training": {
            **{"updates": 200, "validate_every": 100, "checkpoint_every": 100, "label_smoothing": 0.0},
            **{"precision": "float32", "device": "cpu", "threads": 1, "batch": {"tokens": 64, "pool": 4}},
            **{"optimizer": {"learning_rate": 1e-2}, "schedule": {"kind": "cosine", "warmup": 10}},
        },
    }
    run = dragoman.train(recipe_from(values), "rows", train=data)
    shutil.copytree(run.best.resolve(), HERE / f"row-labels-{MODEL_FORMAT}")
    _weighted_dataset(run, data, f"dataset-{DATASET_FORMAT}-rows")
    rows = [{"size": 2.0, "town": "Bonn"}, {"size": None, "town": "Ulm"}, {"size": -3.0, "town": "Kiel"}]
    probabilities = dragoman.Predictor.load(run.best, device="cpu").probabilities(rows).round(5).tolist()
    _write(f"row-labels-{MODEL_FORMAT}.json", {"rows": rows, "probabilities": probabilities})


def _reference() -> None:
    """A model of rows that keeps its training distribution, and what it makes of two rows."""
    generator = np.random.default_rng(2)
    numbers, town = generator.normal(size=120), generator.choice(["Bonn", "Ulm"], 120)
    data = pd.DataFrame({"size": numbers, "town": town, "target": np.where(numbers > 0, "yes", "no")})
    values = {
        "data": {"validation_pairs": 16, "test_pairs": 16},
        "model": {"encoder": {"kind": "mlp", "hidden": [8]}, "decoder": {"kind": "label"}},
        "training": {
            **{"updates": 20, "validate_every": 10, "precision": "float32", "device": "cpu", "threads": 1},
            **{"optimizer": {"learning_rate": 1e-2}, "schedule": {"kind": "cosine", "warmup": 2}},
        },
    }
    run = dragoman.train(recipe_from(values), "reference", train=data)
    name = f"reference-{REFERENCE_VERSION}"
    shutil.copytree(run.best.resolve(), HERE / name)
    profile = load_reference(run.best)
    assert profile is not None
    rows, labels = [{"size": 2.0, "town": "Bonn"}, {"size": -3.0, "town": "Kiel"}], ["yes", "no"]
    new = profile_of_inputs(load_model(run.best), rows, labels)
    kept, measured = ({"values": p.values.tolist(), "losses": _losses(p)} for p in (profile, new))
    _write(
        f"{name}.json",
        {"rows": rows, "labels": labels, "features": list(profile.features), "kept": kept, "measured": measured},
    )


def _weighted_dataset(run: Run, data: pd.DataFrame, name: str) -> None:
    """The dataset of a run, prepared again with a weight for each training example: 0, 1, 2, 0, …"""
    dataset = Dataset.open(run.folder / "dataset")
    keys = example_keys(dataset.train.stored, dataset.files)
    files, lines = np.array(dataset.train.places(np.arange(len(keys)))).T
    weights = Path(f"{name}.parquet")
    write_weights(weights, dataset.files, (files, lines), keys, np.arange(len(keys)) % 3.0)
    values = run.recipe().model_dump()
    values["data"]["weights"] = weights
    prepare(recipe_from(values), Path(name), train=data)
    shutil.copytree(name, HERE / name)


def _losses(profile: Profile) -> list[float]:
    assert profile.losses is not None
    return profile.losses.tolist()


def _write(name: str, expected: dict[str, Any]) -> None:
    (HERE / name).write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

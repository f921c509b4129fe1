"""The vanishing gradient: what an architecture can still know of the beginning of a row, and why.

    python benchmarks/vanishing_gradient.py --work FOLDER [--part K/N] [--updates N] [--rows N] [--only TEXT]

Three symbols of 25, then D blanks, then the three symbols have to be said: the copy task of Hochreiter &
Schmidhuber 1997 and Arjovsky et al. 2016, for an encoder and a decoder without attention, so that everything passes
through the encoder's last state; and for a Transformer, which looks back directly. The 500 rows of the test have
symbols in an order that was never seen in training. All get the same updates and the same learning rate. The LSTM is
there with the usual bias of its forget gate, 1, and with one that lets it begin by remembering.

For each architecture and distance ``results/vanishing-gradient.json`` has the share of symbols said right by greedy
search (with the 95 % interval of a bootstrap over rows), and ‖∂L/∂h_t‖ of the encoder by steps back from its last
token, before and after training, where L is the loss of the last symbol to be said: of the cell's hidden states, as the
stability monitor measures them; of the Transformer of what comes out of its first block. ``vanishing-gradient.png`` in
``docs/pictures`` shows both.

Every training is kept in the folder as soon as it is done, so that the command can be stopped and started again, and
two processes can share the work (``--part 0/2`` and ``--part 1/2``).
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import Batch, Packed
from dragoman.data.dataset import Dataset
from dragoman.model.build import Model, build
from dragoman.model.folder import load_model
from dragoman.model.taps import evaluating
from dragoman.predict.translator import Translator
from dragoman.recipe import Recipe, recipe_from
from dragoman.reports.figure import COLOURS, LABEL_SIZE, SMALL_SIZE, add_grid, new_figure, png
from dragoman.storage.folder import write_file
from dragoman.training.run import train
from dragoman.training.stability.passes import last_token_loss
from dragoman.training.stability.through_time import trace

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "pictures" / "vanishing-gradient.png"
SYMBOLS = [chr(ord("a") + index) for index in range(25)]
BLANK = "z"
COPIED, DISTANCES, TEST, VALIDATION = 3, (10, 50, 100, 200), 500, 100
LOOKED_AT = 32
"""Rows that the gradients are the mean of."""
SMALLEST = 1e-12
"""Below it lines end in the picture."""
SEED, RATE = 1, 3e-3

Section = dict[str, Any]


def _recurrent(kind: str, **other: Any) -> tuple[Section, Section]:
    sizes = {"kind": kind, "width": 96, "embedding_width": 32, "dropout": 0.0, **other}
    return sizes, {**sizes, "attention": "none"}


_STACK = {"layers": 2, "width": 64, "feed_forward": 128, "heads": 4, "dropout": 0.0}
MODELS: dict[str, tuple[Section, Section]] = {
    "plain RNN": _recurrent("rnn"),
    "GRU": _recurrent("gru"),
    "LSTM": _recurrent("lstm"),
    "LSTM, forget bias 4": _recurrent("lstm", forget_bias=4.0),
    "Transformer": (_STACK, _STACK),
}


def recipe_of(name: str, updates: int, rows: int) -> Recipe:
    """How a model is trained, on so many rows at a time."""
    encoder, decoder = MODELS[name]
    return recipe_from(
        {
            "cleaning": {
                "copies": False,
                "repetition": False,
                "language": False,
                "script": False,
                "drop_duplicates": False,
                "drop_near_duplicates": False,
                "max_ratio": 1000.0,
            },
            "tokenizer": {"kind": "words", "vocabulary_size": 400},
            "model": {"encoder": encoder, "decoder": decoder, "tie": "decoder"},
            "training": {
                "updates": updates,
                "label_smoothing": 0.0,
                "average": 0.98,
                "batch": {"tokens": rows * (COPIED + 1)},
                "optimizer": {"learning_rate": RATE},
                "schedule": {"kind": "cosine", "warmup": min(100, updates // 4)},
                "validate_every": updates,
                "checkpoint_every": updates,
                "precision": "float32",
                "device": "cpu",
                "threads": 1,
                "seed": SEED,
                "stability": {"look_every": 0},
            },
            "search": {"beam": 1},
        }
    )


def frames(distance: int) -> dict[str, pd.DataFrame]:
    """All rows there are, in three parts that have none in common."""
    orders = np.array(list(itertools.product(SYMBOLS, repeat=COPIED)))[
        np.random.default_rng(0).permutation(len(SYMBOLS) ** COPIED)
    ]
    targets = [" ".join(order) for order in orders]
    blanks = " ".join([BLANK] * distance)
    frame = pd.DataFrame({"source": [f"{target} {blanks}" for target in targets], "target": targets})
    test, validation, rest = np.split(np.arange(len(frame)), [TEST, TEST + VALIDATION])
    return {"test": frame.iloc[test], "validation": frame.iloc[validation], "train": frame.iloc[rest]}


def learn(name: str, distance: int, updates: int, rows: int) -> dict[str, Any]:
    """Train one, and measure it."""
    recipe, data, began = recipe_of(name, updates, rows), frames(distance), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        run = train(recipe, Path(folder) / "run", **{part: data[part].reset_index(drop=True) for part in data})
        if run.interrupted:
            raise SystemExit(f"stopped during {name} at distance {distance}, which is not kept")
        seconds = time.process_time() - began
        dataset = Dataset.open(run.folder / "dataset")
        test = dataset.test
        assert test is not None
        batch = test.batch(np.arange(LOOKED_AT))
        assert isinstance(batch, Batch)
        fresh = build(recipe.model, dataset.source.size, dataset.target.size, SEED)
        learnt = load_model(run.best, torch.device("cpu")).model
        said = Translator.load(run.best).translate(list(data["test"]["source"]))
        history = run.history()
    right = np.array(
        [_right(output, wanted) for output, wanted in zip(said, data["test"]["target"], strict=True)], dtype=float
    )
    drawn = np.random.default_rng(0).choice(right.mean(1), (2_000, len(right))).mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {
        "model": name,
        "distance": distance,
        "updates": updates,
        "rows": rows,
        "processor_seconds": round(seconds),
        "validation_loss": float(history[history["event"] == "validation"]["loss"].iloc[-1]),
        "training_loss": float(history[history["event"] == "validation"]["training_loss"].iloc[-1]),
        "accuracy": {"value": float(right.mean()), "low": float(low), "high": float(high)},
        "whole_rows": float((right.mean(1) == 1).mean()),
        "gradient": {"before": gradient(fresh, batch), "after": gradient(learnt, batch)},
    }


def _right(said: str, wanted: str) -> list[bool]:
    words = said.split()
    return [index < len(words) and words[index] == word for index, word in enumerate(wanted.split())]


def gradient(model: Model, batch: Batch) -> list[float]:
    """‖∂L/∂h_t‖ of the encoder by steps back from its last token; L is the loss of the last symbol said."""
    assert isinstance(batch.target, Packed)
    target = Packed.of([row[:-1] for row in batch.target.rows()])
    batch = Batch(batch.source, target, batch.examples)
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    found = trace(model, [batch]).read().through_time
    cell = next((norms for name, norms in found.items() if name.startswith("encoder")), None)
    return list(_of_first_block(model, batch) if cell is None else cell)


def _of_first_block(model: Model, batch: Batch) -> list[float]:
    with evaluating(model), _output_of(model, "encoder.blocks.0") as outputs:
        loss = last_token_loss(model, batch)
    (found,) = torch.autograd.grad(loss, outputs[:1])
    assert isinstance(batch.source, Packed)
    by_row = torch.stack(torch.split(found, batch.source.layout.lengths.tolist()))
    return by_row.norm(dim=2).mean(0).flip(0).tolist()


@contextmanager
def _output_of(model: Model, name: str) -> Iterator[list[Float[Tensor, "N D"]]]:
    """Meanwhile what a module puts out is noted."""
    outputs: list[Tensor] = []
    handle = model.get_submodule(name).register_forward_hook(lambda module, given, result: outputs.append(result))
    try:
        yield outputs
    finally:
        handle.remove()


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Gradients at the largest distance, and accuracy over distances."""
    figure = new_figure((11, 4.6))
    left, right = figure.subplots(1, 2)
    farthest = max(row["distance"] for row in rows)
    for colour, name in zip(COLOURS, MODELS, strict=False):
        of_model = sorted((row for row in rows if row["model"] == name), key=lambda row: row["distance"])
        for row in of_model:
            if row["distance"] == farthest:
                _draw_gradient(left, row, colour)
        points = [(row["distance"], row["accuracy"]) for row in of_model]
        values = [100 * accuracy["value"] for _, accuracy in points]
        errors = [[100 * abs(a[end] - a["value"]) for _, a in points] for end in ("low", "high")]
        place: dict[str, Any] = {"color": colour, "marker": "o", "markersize": 4, "capsize": 3, "linewidth": 1.8}
        right.errorbar([distance for distance, _ in points], values, errors, label=name, **place)
    left.set_yscale("log")
    left.set_ylim(bottom=SMALLEST)
    left.set_xlabel("steps back from the end of the row", fontsize=LABEL_SIZE)
    left.set_ylabel("‖∂L/∂h‖ relative to that of the last step", fontsize=LABEL_SIZE)
    left.set_title(f"Gradient, {farthest} blanks (dashed: before training)", fontsize=LABEL_SIZE)
    right.axhline(100 / len(SYMBOLS), color="#888888", linewidth=1, linestyle=":", label="by chance")
    right.set_xscale("log")
    distances = sorted({row["distance"] for row in rows})
    right.set_xticks(distances, [str(distance) for distance in distances])
    right.minorticks_off()
    right.set_ylim(0, 104)
    right.set_xlabel("blanks between the symbols and the end", fontsize=LABEL_SIZE)
    right.set_ylabel("symbols said right, % of unseen rows", fontsize=LABEL_SIZE)
    right.set_title("What is still known after training", fontsize=LABEL_SIZE)
    for axes in (left, right):
        add_grid(axes)
    figure.legend(
        *right.get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False, fontsize=SMALL_SIZE
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, png(figure))


def _draw_gradient(axes: Axes, row: dict[str, Any], colour: str) -> None:
    for when, style, width in (("before", "--", 1.2), ("after", "-", 1.8)):
        norms = np.array(row["gradient"][when])
        relative = np.divide(norms, norms[0], out=np.zeros_like(norms), where=norms[0] > 0)
        shown = np.where(relative > 0, relative, np.nan)
        axes.plot(np.arange(len(norms)), shown, style, color=colour, linewidth=width)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--updates", type=int, default=6000)
    parser.add_argument("--rows", type=int, default=64, help="in a mini-batch")
    parser.add_argument("--only", default="", help="only where this is part of `MODEL, DISTANCE`")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.work.mkdir(parents=True, exist_ok=True)
    everything = [(name, distance) for distance in reversed(DISTANCES) for name in MODELS]
    part, parts = map(int, arguments.part.split("/"))
    for name, distance in [one for one in everything if arguments.only in f"{one[0]}, {one[1]}"][part::parts]:
        path = kept(arguments, name, distance)
        if path.exists():
            continue
        found = learn(name, distance, arguments.updates, arguments.rows)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(found) + "\n", encoding="utf-8")
        temporary.rename(path)
        shown = {key: value for key, value in found.items() if key != "gradient"}
        ends = {when: (norms[0], norms[-1]) for when, norms in found["gradient"].items()}
        print(shown, ends, flush=True)
    paths = [kept(arguments, *one) for one in everything]
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]
    print(f"{len(rows)} of {len(everything)} trainings are done")
    complete = len(rows) == len(everything)
    result = {"machine": describe_machine(), "rows": rows, "note": arguments.note}
    target = HERE / "results" if complete else arguments.work
    (target / "vanishing-gradient.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if rows:
        draw(rows, PICTURE if complete else arguments.work / PICTURE.name)


def kept(arguments: argparse.Namespace, name: str, distance: int) -> Path:
    """Where what was found is kept; of another recipe it is another file."""
    recipe = json.dumps(recipe_of(name, arguments.updates, arguments.rows).model_dump(mode="json"))
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:8]
    return arguments.work / f"{re.sub('[^A-Za-z0-9]+', '-', name)}-{distance}-{digest}.json"


if __name__ == "__main__":
    main()

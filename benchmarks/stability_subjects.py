"""Tiny runs that faults are planted in, and healthy ones of every kind; for ``stability.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dragoman.recipe import Recipe, recipe_from

LETTERS = [chr(ord("a") + index) for index in range(12)]
NOISE = 0.1
"""Share of symbols or labels drawn at random, so that no loss goes to 0 and a ratio of two losses means something."""
VALIDATION = 400
UPDATES = 1000


@dataclass(frozen=True, slots=True)
class Subject:
    """What is trained.

    Attributes:
        encoder: of the recipe.
        decoder: likewise.
        data: examples to learn from, given how many and a seed.
        rate: learning rate.
        tokens: of a mini-batch.
        examples: to learn from.
        other: sections of the recipe that are unlike all others.
        training: likewise settings of training.
    """

    encoder: dict[str, Any]
    decoder: dict[str, Any]
    data: Callable[[int, int], pd.DataFrame]
    rate: float
    tokens: int = 400
    examples: int = 6_000
    other: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)

    def recipe(self, seed: int) -> Recipe:
        """Its recipe: a few hundred updates on one thread."""
        return recipe_from(
            {
                "cleaning": {
                    "copies": False,
                    "repetition": False,
                    "language": False,
                    "drop_duplicates": False,
                    "drop_near_duplicates": False,
                },
                "tokenizer": {"kind": "words", "vocabulary_size": 310},
                "model": {"encoder": self.encoder, "decoder": self.decoder},
                "search": {"beam": 1},
                **self.other,
                "training": {
                    "updates": UPDATES,
                    "label_smoothing": 0.0,
                    "average": 0.98,
                    "batch": {"tokens": self.tokens, **self.training.get("batch", {})},
                    "optimizer": {"learning_rate": self.rate},
                    "schedule": {"kind": "cosine", "warmup": 50},
                    "validate_every": UPDATES // 2,
                    "checkpoint_every": 40,
                    "precision": "float32",
                    "device": "cpu",
                    "threads": 1,
                    "seed": seed,
                    **{name: value for name, value in self.training.items() if name != "batch"},
                },
            }
        )

    def frames(self) -> dict[str, pd.DataFrame]:
        """The same data whatever the run's seed, so that runs differ in nothing but what is planted."""
        return {"train": self.data(self.examples, 0), "validation": self.data(VALIDATION, 1)}


def _noisy(rows: list[list[str]], draw: np.random.Generator) -> list[str]:
    return [
        " ".join(str(draw.choice(LETTERS)) if draw.random() < NOISE else symbol for symbol in row[::-1]) for row in rows
    ]


def reversal(count: int, seed: int, lengths: tuple[int, int] = (1, 4)) -> pd.DataFrame:
    """Rows of symbols and their reversals, with noise."""
    draw = np.random.default_rng(seed)
    rows = [draw.choice(LETTERS, draw.integers(lengths[0], lengths[1] + 1)).tolist() for _ in range(count)]
    return pd.DataFrame({"source": [" ".join(row) for row in rows], "target": _noisy(rows, draw)})


def long_rows(count: int, seed: int) -> pd.DataFrame:
    """Rows of 24 to 32 symbols, whose reversal is said."""
    return reversal(count, seed, (24, 32))


def running(count: int, seed: int) -> pd.DataFrame:
    """Lines in which each letter but the first is the next of the alphabet, mostly."""
    draw = np.random.default_rng(seed)
    lines = []
    for _ in range(count):
        letters = [int(draw.integers(len(LETTERS)))]
        for _ in range(int(draw.integers(3, 12))):
            letters.append((letters[-1] + 1) % len(LETTERS) if draw.random() > NOISE else int(draw.integers(12)))
        lines.append(" ".join(LETTERS[letter] for letter in letters))
    return pd.DataFrame({"text": lines})


def labelled_texts(count: int, seed: int) -> pd.DataFrame:
    """Rows of symbols, with the label of whether there are more early letters than late ones; a tenth is wrong."""
    draw = np.random.default_rng(seed)
    rows = [draw.choice(len(LETTERS), draw.integers(3, 10)) for _ in range(count)]
    early = [(row < len(LETTERS) / 2).mean() > 0.5 for row in rows]
    labels = ["early" if is_early != (draw.random() < NOISE) else "late" for is_early in early]
    return pd.DataFrame({"source": [" ".join(LETTERS[n] for n in row) for row in rows], "target": labels})


def table(count: int, seed: int) -> pd.DataFrame:
    """Four numbers, and one that depends on them, with noise."""
    draw = np.random.default_rng(seed)
    columns = draw.normal(0, 1, (4, count))
    target = columns[0] * columns[1] + np.sin(2 * columns[2]) + 0.5 * columns[3] + draw.normal(0, 0.5, count)
    return pd.DataFrame({**{f"x{number}": column for number, column in enumerate(columns)}, "target": target})


def labelled_table(count: int, seed: int) -> pd.DataFrame:
    """The same numbers, and whether theirs is above 0."""
    frame = table(count, seed)
    return frame.assign(target=np.where(frame["target"] > 0, "above", "below"))


def pictures(count: int, seed: int) -> pd.DataFrame:
    """Noise with a darker half, whose side is the label; a tenth is wrong."""
    draw = np.random.default_rng(seed)
    made = draw.integers(60, 256, (count, 12, 12)).astype(np.uint8)
    left = draw.random(count) < 0.5
    made[left, :, :6] //= 2
    made[~left, :, 6:] //= 2
    labels = np.where(left == (draw.random(count) > NOISE), "left", "right")
    return pd.DataFrame({"source": pd.Series(list(made), dtype=object), "target": labels})


def rows_of_bars(count: int, seed: int) -> pd.DataFrame:
    """Pictures of dark bars, thin and thick, which are read from left to right."""
    draw = np.random.default_rng(seed)
    made, texts = [], []
    for _ in range(count):
        thick = draw.random(int(draw.integers(1, 4))) < 0.5
        picture = draw.integers(180, 256, (12, 12 * len(thick) + 4), dtype=np.uint8)
        for number, is_thick in enumerate(thick):
            picture[:, 12 * number + 3 : 12 * number + (10 if is_thick else 5)] //= 5
        made.append(picture)
        texts.append("".join("mi"[not is_thick] for is_thick in thick))
    return pd.DataFrame({"source": pd.Series(made, dtype=object), "target": texts})


def _transformer(**other: Any) -> dict[str, Any]:
    return {"layers": 2, "width": 48, "feed_forward": 96, "heads": 2, "dropout": 0.05, **other}


def _recurrent(kind: str, **other: Any) -> dict[str, Any]:
    return {"kind": kind, "width": 64, "embedding_width": 48, "dropout": 0.05, **other}


def _pair(kind: str, attention: str, **both: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return _recurrent(kind, **both), _recurrent(kind, attention=attention, **both)


PLANTED = {
    "Transformer": Subject(_transformer(), _transformer(), reversal, 8e-3),
    "GRU": Subject(*_pair("gru", "scaled_dot"), reversal, 1.2e-2),
    "LSTM": Subject(*_pair("lstm", "dot"), reversal, 1.2e-2),
}
"""Translators that most faults are planted in."""
ROWS = {
    "MLP over rows": Subject(
        {"kind": "mlp", "hidden": [32, 32]}, {"kind": "number"}, table, 2e-2, 48, 8_000, training={"updates": 3_000}
    )
}
"""What reads a table; its 8,000 rows take 167 updates, so that one bad row is not met three times in a hundred. After
1,000 updates its loss still falls; of the rates 0.005, 0.01, 0.02 and 0.04, healthy runs end best at 0.02."""
UNROLLED = {
    name: Subject(*_pair(kind, "none", **other), long_rows, 1e-3, tokens=500, examples=1_500, training={"updates": 60})
    for name, kind, other in (
        ("plain RNN", "rnn", {}),
        ("plain RNN, ReLU", "rnn", {"activation": "relu"}),
        ("GRU", "gru", {}),
        ("LSTM", "lstm", {}),
    )
}
"""Translators of long rows without attention, whose recurrent weights are planted from the beginning."""

_LANGUAGE_MODEL = {"kind": "none"}
_LABEL, _NUMBER = {"kind": "label"}, {"kind": "number"}
_BOTH_WAYS = {"bidirectional": True, "layers": 2}
HEALTHY = {
    **{f"{name}, as planted": subject for name, subject in (PLANTED | ROWS).items()},
    "Transformer, norm after": Subject(_transformer(norm="post"), _transformer(norm="post"), reversal, 4e-3),
    "Transformer, GELU, learned positions": Subject(
        _transformer(activation="gelu", positions="learned", max_positions=64), _transformer(), reversal, 5e-3
    ),
    "RNN + scaled dot": Subject(*_pair("rnn", "scaled_dot"), reversal, 5e-3),
    "RNN + additive": Subject(*_pair("rnn", "additive"), reversal, 5e-3),
    "GRU, reset before, + additive": Subject(*_pair("gru", "additive", reset="before"), reversal, 1e-2),
    "LSTM + additive, both ways, 2 layers": Subject(
        _recurrent("lstm", **_BOTH_WAYS), _recurrent("lstm", attention="additive", layers=2), reversal, 8e-3
    ),
    "GRU + multi-head, input feeding": Subject(
        _recurrent("gru"), _recurrent("gru", attention="multi_head", heads=2, input_feeding=True), reversal, 8e-3
    ),
    "convolution → LSTM": Subject(
        {"kind": "convolution", "layers": 2, "width": 48, "dropout": 0.05}, _recurrent("lstm"), reversal, 8e-3
    ),
    "language model, LSTM, lines": Subject(_LANGUAGE_MODEL, _recurrent("lstm", layers=2), running, 1e-2),
    "language model, GRU, running text": Subject(
        _LANGUAGE_MODEL,
        _recurrent("gru"),
        running,
        1e-2,
        training={"batch": {"partition": "sequential", "window": 20}},
    ),
    "language model, Transformer": Subject(_LANGUAGE_MODEL, _transformer(), running, 5e-3),
    "label of text, convolution": Subject(
        {"kind": "convolution", "layers": 1, "width": 32, "dropout": 0.2}, _LABEL, labelled_texts, 5e-3, 128
    ),
    "label of text, LSTM": Subject(_recurrent("lstm"), _LABEL, labelled_texts, 5e-3, 64),
    "label of a row, MLP": Subject({"kind": "mlp", "hidden": [32]}, _LABEL, labelled_table, 5e-3, 64),
    "label of a picture": Subject(
        {"kind": "lenet", "channels": [4, 8], "hidden": [32]},
        _LABEL,
        pictures,
        3e-3,
        32,
        examples=2_000,
        other={"pictures": {"height": 12, "width": 12}},
    ),
    "reader": Subject(
        {"kind": "residual", "channels": [8, 12], "halvings": 1, "width": 24, "context": 1},
        {"kind": "ctc"},
        rows_of_bars,
        5e-3,
        64,
        examples=1_500,
        other={
            "pictures": {"height": 12, "width": None},
            "tokenizer": {"kind": "characters", "vocabulary_size": 300, "placeholders": False},
        },
    ),
}
"""Runs in which nothing is planted, for false alarms: twenty kinds."""

"""Small corpora of every kind, and recipes that read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from dragoman.recipe import Recipe, recipe_from

COLOURS = ("red", "green", "blue")


def recipe(encoder: str, decoder: str, *, reads: str | None = None, **sections: Any) -> Recipe:
    """The smallest model of these kinds; ``sections`` are the recipe's other ones."""
    reading = {} if reads is None else {"reads": reads}
    pictures = {"height": 8, "width": 8} if reads == "picture" else {}
    return recipe_from(
        {
            "tokenizer": {"vocabulary_size": 320},
            "pictures": pictures,
            **sections,
            "model": {"encoder": {"kind": encoder, **reading}, "decoder": {"kind": decoder}},
        }
    )


def table(rows: int, *, seed: int = 0) -> pd.DataFrame:
    """Two numbers, a colour, and a target of either kind that depends on them."""
    draw = np.random.default_rng(seed)
    size, weight = draw.normal(5, 2, rows).round(6), draw.normal(0, 1, rows).round(6)
    colour = draw.choice(COLOURS, rows)
    number = 2 * size - weight + (colour == "red")
    label = np.where(number > number.mean(), "large", "small")
    return pd.DataFrame({"size": size, "weight": weight, "colour": colour, "number": number, "label": label})


def write_table(frame: pd.DataFrame, path: Path) -> Path:
    """A table in the format that the ending of its name says."""
    writers = {
        ".csv": lambda: frame.to_csv(path, index=False),
        ".tsv": lambda: frame.to_csv(path, index=False, sep="\t"),
        ".parquet": lambda: frame.to_parquet(path),
        ".jsonl": lambda: frame.to_json(path, orient="records", lines=True),
    }
    writers[path.suffix]()
    return path


def pictures(count: int, *, side: int = 8, seed: int = 0) -> tuple[list[np.ndarray], list[str]]:
    """Squares of noise that are dark on the left or dark on the right, and which."""
    draw = np.random.default_rng(seed)
    made, labels = [], []
    for number in range(count):
        picture = draw.integers(150, 256, (side, side), dtype=np.uint8)
        left = number % 2 == 0
        picture[:, : side // 2 if left else None] //= 1 if not left else 4
        if not left:
            picture[:, side // 2 :] //= 4
        made.append(picture)
        labels.append("left" if left else "right")
    return made, labels


def picture_folder(folder: Path, count: int) -> Path:
    """A folder of pictures for each label."""
    for number, (picture, label) in enumerate(zip(*pictures(count), strict=True)):
        (folder / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / label / f"{number:03}.png")
    return folder


def picture_table(folder: Path, count: int, name: str = "pictures.csv") -> Path:
    """A table of paths, relative to its own folder, and labels."""
    made, labels = pictures(count)
    (folder / "pictures").mkdir(parents=True)
    names = [f"pictures/{number:03}.png" for number in range(count)]
    for picture, path in zip(made, names, strict=True):
        Image.fromarray(picture).save(folder / path)
    return write_table(pd.DataFrame({"source": names, "target": labels}), folder / name)


def lines(path: Path, texts: Sequence[str]) -> Path:
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def sentences(words: Sequence[str], count: int, *, seed: int = 0) -> list[str]:
    """Different sentences of 3 to 8 words."""
    draw = np.random.default_rng(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found.setdefault(" ".join(draw.choice(words, draw.integers(3, 9))))
    return list(found)

"""What a model must beat."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dragoman.data.prepare import prepare
from dragoman.recipe import Recipe, recipe_from
from dragoman.tasks.table import task_of

SIZE = 4000


def grid_recipe(decoder: dict[str, Any]) -> Recipe:
    return recipe_from(
        {
            "data": {"validation_pairs": 100},
            "model": {"encoder": {"kind": "linear"}, "decoder": decoder},
        }
    )


def prepared(recipe: Recipe, folder: Path, targets: list[Any]) -> Any:
    rows = pd.DataFrame({"x": np.random.default_rng(0).normal(size=len(targets)), "target": targets})
    return prepare(recipe, folder, train=rows)


def test_labels_have_the_entropy_of_their_frequencies(tmp_path: Path) -> None:
    recipe = grid_recipe({"kind": "label"})
    dataset = prepared(recipe, tmp_path / "d", ["a"] * (3 * SIZE // 4) + ["b"] * (SIZE // 4))
    rare = np.bincount(dataset.validation.target.values, minlength=2)[dataset.target.names.index("b")] / 100
    assert 0.1 < rare < 0.4
    expected = -(1 - rare) * math.log(0.75) - rare * math.log(0.25)
    assert task_of(recipe).baseline(recipe, dataset) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(("loss", "expected"), [("squared", 0.5), ("absolute", math.sqrt(2 / math.pi))])
def test_numbers_have_the_loss_of_a_constant(tmp_path: Path, loss: str, expected: float) -> None:
    """Standardised targets of a normal distribution: half their variance, and their mean deviation."""
    recipe = grid_recipe({"kind": "number", "loss": loss})
    dataset = prepared(recipe, tmp_path / "d", (5 + 3 * np.random.default_rng(1).normal(size=SIZE)).tolist())
    assert task_of(recipe).baseline(recipe, dataset) == pytest.approx(expected, rel=0.25)


def test_text_has_the_entropy_of_its_symbols(tmp_path: Path) -> None:
    """Rows of one symbol and their end: half of the tokens are ends, the others four symbols, equally often."""
    recipe = recipe_from(
        {
            "data": {"validation_pairs": 100},
            "cleaning": {"copies": False, "repetition": False, "language": False},
            "tokenizer": {"vocabulary_size": 300},
        }
    )
    generator = np.random.default_rng(2)
    sources = [" ".join(generator.choice(list("xyz"), 9)) for _ in range(2000)]
    targets = [str(generator.choice(list("abcd"))) for _ in sources]
    dataset = prepare(recipe, tmp_path / "d", train=pd.DataFrame({"source": sources, "target": targets}))
    expected = 0.5 * math.log(2) + 0.5 * math.log(8)
    assert task_of(recipe).baseline(recipe, dataset) == pytest.approx(expected, rel=0.15)

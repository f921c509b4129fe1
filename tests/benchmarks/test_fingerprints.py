"""A fingerprint changes with what it is of, and a check names what changed."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from fingerprints import differences, sum_of


def test_a_sum_changes_with_the_numbers_their_shape_and_their_name() -> None:
    numbers = np.arange(6)
    variants = [("a", numbers), ("b", numbers), ("a", numbers.reshape(2, 3)), ("a", numbers[::-1])]
    assert len({sum_of([variant]) for variant in variants}) == 4
    assert sum_of([("a", np.arange(12)[::2] // 2)]) == sum_of([("a", numbers)])


def test_what_differs_is_named() -> None:
    recorded: dict[str, Any] = {
        "weights": "1",
        "ids": "2",
        "outputs": "3",
        "first_outputs": ["x"],
        "measures": {"t": 1},
    }
    assert differences({"reader": recorded}, {"reader": {**recorded, "measures": {"t": 1, "new": 2}}}) == []
    found = {**recorded, "ids": "5", "first_outputs": ["y"], "measures": {}}
    assert differences({"reader": recorded}, {"reader": found, "other": recorded}) == [
        "reader: the sums of ids differ",
        "reader: an output was x, and is y",
        "reader: t was 1, and is gone",
        "other: nothing was recorded",
    ]

"""Whatever is handed over from Python gives its items, or one clear error."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

import dragoman
from dragoman.errors import InputError
from dragoman.predict.given import PICTURES, ROWS, TEXTS, inputs_of, items_of, texts_of
from dragoman.predict.writer import Writer


@pytest.mark.parametrize(
    "given",
    [
        ["a", "b"],
        ("a", "b"),
        np.array(["a", "b"]),
        np.array(["a", "b"], dtype=object),
        pd.Series(["a", "b"]),
        pd.Index(["a", "b"]),
        iter(["a", "b"]),
    ],
)
def test_texts_in_an_order(given: Any) -> None:
    assert texts_of(given) == ["a", "b"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "None, which is NoneType, was given in the place of a list of texts"),
        (3, "3, which is int,"),
        ("one string", "one text was given in the place of a list of texts: 'one string'"),
        (b"ab", "one item of bytes"),
        (Path("a.txt"), "one path"),
        ([b"ab"], "item 1 is b'ab', which is bytes and not text"),
        (["a", None], "item 2 is None"),
        (["a", float("nan")], "item 2 is nan"),
        ({"a": ["x"]}, r"such as given\['a'\]"),
        (pd.DataFrame({"en": ["x"]}), r"such as given\['en'\]"),
        ({"a", "b"}, "a set, which has no order"),
        (np.array([["a"], ["b"]]), r"an array of shape \(2, 1\)"),
        (np.array("a"), r"an array of shape \(\)"),
    ],
)
def test_what_is_no_list_of_texts(given: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        texts_of(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a": 1}, "one mapping was given in the place of rows"),
        ([1, 2], "row 1 is 1, which is int and no mapping"),
        ("a", "one text was given in the place of a list of rows"),
        (None, "in the place of a list of rows"),
    ],
)
def test_what_is_no_rows(given: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        inputs_of(given, ROWS)


def test_rows_and_pictures() -> None:
    frame = pd.DataFrame({"a": [1]})
    assert inputs_of(frame, ROWS) is frame
    assert inputs_of(iter([{"a": 1}]), ROWS) == [{"a": 1}]
    assert len(inputs_of(np.zeros((3, 28, 28)), PICTURES)) == 3
    assert inputs_of(["a.png", Path("b.png")], PICTURES) == ["a.png", Path("b.png")]
    for one in ("a.png", Path("a.png"), b"PNG", np.zeros((28, 28))):
        with pytest.raises(InputError, match="in the place of a list of pictures"):
            items_of(one, PICTURES)


def test_a_generator_is_not_gone_through_before_it_must_be() -> None:
    def endless():
        while True:
            yield "a"

    assert next(iter(items_of(endless(), TEXTS))) == "a"


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_a_temperature_at_which_nothing_is_drawn_names_greedy_search(temperature: float) -> None:
    with pytest.raises(InputError, match=r"give --greedy, in Python `top_k=1`"):
        Writer.write(cast(Any, None), ["a"], temperature=temperature)


def test_a_file_is_no_table_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"train = 'file\.csv' is no pandas DataFrame but str"):
        dragoman.train("tiny", tmp_path / "run", train=cast(Any, "file.csv"))
    assert not (tmp_path / "run").exists()

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dragoman.alignment import drawn_pairs
from dragoman.alignment.dataset_shortlist import dataset_shortlist, dataset_shortlists
from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.recipe import recipe_from
from dragoman.text.placeholders import UNITS
from dragoman.text.tokenizer import SPECIAL_NAMES
from dragoman.text.vocabulary import BYTE_SYMBOLS

SOURCES = ["red", "green", "blue", "white", "black"]
TARGETS = ["rot", "grün", "blau", "weiß", "schwarz"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    random = np.random.default_rng(0)
    rows = [random.integers(0, 5, random.integers(2, 6)) for _ in range(300)]
    pairs = pd.DataFrame(
        {
            "source": [" ".join(SOURCES[word] for word in row) + " {name}" for row in rows],
            "target": [" ".join(TARGETS[word] for word in row) + " {name}" for row in rows],
        }
    )
    recipe = recipe_from(
        {
            "data": {"source_language": "en", "target_language": "de", "validation_pairs": 5, "test_pairs": 5},
            "cleaning": {"language": False, "drop_duplicates": False, "drop_near_duplicates": False},
            "tokenizer": {"vocabulary_size": 400},
        }
    )
    return prepare(recipe, tmp_path_factory.mktemp("data") / "dataset", train=pairs)


def test_words_allow_their_translations(dataset: Dataset) -> None:
    found = dataset_shortlist(dataset, frequent=0, per_symbol=3)
    for source, target in zip(SOURCES, TARGETS, strict=True):
        allowed = {*found.always.tolist()}
        for symbol in dataset.source.tokenizer.encode(source):
            allowed.update(found.of_source(symbol).tolist())
        assert {*dataset.target.tokenizer.encode(target)} <= allowed


def test_special_symbols_bytes_and_placeholders_are_always_allowed(dataset: Dataset) -> None:
    found = dataset_shortlist(dataset, frequent=0, per_symbol=1)
    ids = dataset.target.tokenizer.vocabulary.ids
    assert {ids[symbol] for symbol in (*SPECIAL_NAMES, *BYTE_SYMBOLS)} <= {*found.always.tolist()}
    units = {ids[unit] for unit in UNITS if unit in ids}
    assert units
    assert units <= {*found.always.tolist()}


def test_a_longer_shortlist_holds_a_shorter_one(dataset: Dataset) -> None:
    none, short, long = dataset_shortlists(dataset, [0, 3, 8])
    assert {*none.always.tolist()} < {*short.always.tolist()} < {*long.always.tolist()}
    assert short.always.tolist() == dataset_shortlist(dataset, frequent=3).always.tolist()
    assert dataset_shortlists(dataset, []) == []


def test_of_many_pairs_the_same_few_are_drawn(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_pairs, "MOST_PAIRS", 40)
    first, second = (dataset_shortlist(dataset, frequent=5, per_symbol=2) for _ in range(2))
    assert first.targets.tolist() == second.targets.tolist()

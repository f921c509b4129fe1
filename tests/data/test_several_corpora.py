"""Several corpora at once: kept apart by name, seen as often as their weights say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dragoman.data.batch_sampler import Buckets, stored_pairs
from dragoman.data.bucketing import length_buckets
from dragoman.data.loader import Loader
from dragoman.data.prepare import prepare
from dragoman.errors import InputError, RecipeError
from dragoman.recipe import load_recipe, recipe_from
from dragoman.recipe.data import CorpusRecipe


def write(folder: Path, name: str, first: int, count: int) -> Path:
    path = folder / name
    rows = [
        f"sentence {chr(97 + n % 26)}{chr(97 + n // 26)}\tSatz {chr(97 + n % 26)}{chr(97 + n // 26)}"
        for n in range(first, first + count)
    ]
    path.write_text("source\ttarget\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def recipe_text(tmp_path: Path) -> Path:
    write(tmp_path, "one.tsv", 0, 100)
    write(tmp_path, "two.csv.tsv", 100, 40)
    write(tmp_path, "test.tsv", 600, 9)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        "[data]\nvalidation_pairs = 10\n"
        '[[data.train]]\npath = "one.tsv"\nname = "catalogue"\nlicence = "CC0"\n'
        '[[data.train]]\npath = "two.csv.tsv"\nweight = 2.5\n'
        '[data.test]\npath = "test.tsv"\n'
        "[tokenizer]\nvocabulary_size = 320\n"
    )
    return recipe


def test_statistics_keep_corpora_apart(recipe_text: Path, tmp_path: Path) -> None:
    dataset = prepare(load_recipe(recipe_text), tmp_path / "dataset")
    assert [(corpus.name, corpus.weight) for corpus in dataset.corpora] == [
        ("catalogue", 1.0),
        ("two.csv", 2.5),
        ("test", 1.0),
    ]
    report = dataset.report
    assert {name: part["kept"] for name, part in report["cleaning"]["train"]["corpora"].items()} == {
        "catalogue": 100,
        "two.csv": 40,
    }
    assert report["cleaning"]["train"]["kept"] == 140
    facts = report["corpora"]
    assert facts["catalogue"]["licence"] == "CC0"
    pairs = [facts[name][split]["pairs"] for name in ("catalogue", "two.csv") for split in ("train", "validation")]
    assert sum(pairs) == 140
    assert facts["test"]["test"]["pairs"] == 9
    assert dataset.test is not None
    assert dataset.test.corpora.tolist() == [2] * 9
    file, line = dataset.test.places(np.array([3]))[0]
    assert (Path(dataset.files[file]).name, line) == ("test.tsv", 5)


def test_weights_decide_how_often_a_pair_is_seen(recipe_text: Path, tmp_path: Path) -> None:
    dataset = prepare(load_recipe(recipe_text), tmp_path / "dataset")
    weights = dataset.training_weights
    assert weights is not None
    loader = Loader(Buckets(dataset.train, tokens=64, pool=4, make=stored_pairs, weights=weights), seed=1)
    seen: Counter[int] = Counter()
    while loader.epoch <= 20:
        batch = next(loader)
        if loader.epoch <= 20:
            seen.update(batch.examples.tolist())
    loader.close()
    for number, corpus in enumerate(dataset.corpora[:2]):
        of_corpus = np.flatnonzero(dataset.train.corpora == number)
        times = np.array([seen[row] for row in of_corpus]) / 20
        assert times.mean() == pytest.approx(corpus.weight, rel=0.02)
        assert times.min() >= np.floor(corpus.weight)


def test_equal_weights_are_no_weights() -> None:
    lengths = np.arange(1, 50, dtype=np.int32)
    with_ones = length_buckets(
        lengths, lengths, tokens=99, pool=2, generator=np.random.default_rng(1), weights=np.full(49, 1.0)
    )
    assert sorted(np.concatenate(with_ones).tolist()) == list(range(49))


def test_a_pass_without_any_example_is_refused(recipe_text: Path, tmp_path: Path) -> None:
    dataset = prepare(load_recipe(recipe_text), tmp_path / "dataset")
    loader = Loader(
        Buckets(dataset.train, tokens=64, pool=4, make=stored_pairs, weights=np.full(len(dataset.train), 1e-9)), seed=1
    )
    with pytest.raises(InputError, match="no example at all"):
        next(loader)
    loader.close()


def test_corpora_of_one_name_are_refused(tmp_path: Path) -> None:
    sections = [{"path": tmp_path / "a" / "x.tsv"}, {"path": tmp_path / "b" / "x.tsv"}]
    with pytest.raises(RecipeError, match="two corpora are called x"):
        recipe_from({"data": {"train": sections}})


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"source": Path("a")}, "both `source` and `target`"),
        ({"source": Path("a"), "target": Path("b"), "path": Path("c")}, "both `source` and `target`"),
        ({"path": Path("a"), "format": "lines"}, "`lines` needs"),
        ({"path": Path("a"), "format": "tmxx"}, "did you mean `tmx`"),
        ({"path": Path("a"), "weight": 0.0}, "greater than 0"),
        ({"path": Path("a"), "licens": "x"}, "did you mean `licence`"),
    ],
)
def test_mistakes_in_a_corpus_are_explained(section: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        recipe_from({"data": {"train": [{"path": Path("fine")}, section]}})


def test_the_former_key_for_tables_is_understood() -> None:
    assert CorpusRecipe.model_validate({"table": Path("a.tsv")}).path == Path("a.tsv")


def test_pairs_of_too_many_tokens_are_dropped_said_and_listed(tmp_path: Path) -> None:
    path = write(tmp_path, "one.tsv", 0, 60)
    with path.open("a", encoding="utf-8") as stream:
        stream.write("many words " * 40 + "\t" + "viele Worte " * 40 + "\n")
    told: list[str] = []
    cleaning = {"max_tokens": 40, "repetition": False}
    recipe = recipe_from(
        {"data": {"train": {"path": path}}, "cleaning": cleaning, "tokenizer": {"vocabulary_size": 320}}
    )
    dataset = prepare(recipe, tmp_path / "dataset", log=told.append)
    assert dataset.report["cleaning"]["train"]["dropped"] == {"too many tokens": 1}
    assert dataset.train.source_lengths.max() <= 40
    assert any("too many tokens" in message for message in told)


def test_a_corpus_of_documents_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "one.tsv", 0, 60)
    recipe = recipe_from(
        {"data": {"train": {"path": path}}, "cleaning": {"max_tokens": 1}, "tokenizer": {"vocabulary_size": 320}}
    )
    with pytest.raises(InputError, match="too many tokens"):
        prepare(recipe, tmp_path / "dataset")

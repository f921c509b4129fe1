"""What a model takes over from another: for every kind of input and output, what its parent knew gives the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from dragoman.data.dataset import Dataset
from dragoman.data.parent_fields import ParentFields
from dragoman.data.prepare import prepare
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel
from dragoman.model.taking_over import TakenOver, take_over
from dragoman.recipe import Recipe, changed, recipe_from

STACK = {"layers": 2, "width": 12, "feed_forward": 16, "heads": 2}
WORDS = ["kalo", "mire", "suntor", "ve", "lomi", "karesun"]


def recipe(model: dict[str, Any], **sections: Any) -> Recipe:
    return recipe_from(
        {
            "data": {"validation_pairs": 6, "test_pairs": 0},
            "cleaning": {"copies": False, "repetition": False, "language": False, "numbers": False, "script": False},
            "tokenizer": {"vocabulary_size": 300},
            "model": model,
            **sections,
        }
    )


def sentences(count: int, seed: int, *extra: str) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice([*WORDS, *extra], random.integers(2, 7))) for _ in range(count)]


def pairs(count: int, seed: int, *extra: str) -> pd.DataFrame:
    return pd.DataFrame({"source": sentences(count, seed, *extra), "target": sentences(count, seed, *extra)})


def with_target(target: Callable[[str], object], *extra: str, seed: int = 1, count: int = 80) -> pd.DataFrame:
    texts = sentences(count, seed, *extra)
    return pd.DataFrame({"source": texts, "target": [target(text) for text in texts]})


def table(count: int, seed: int, kinds: str, *, gaps: bool = False) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    size = random.normal(size=count)
    size[:3] = np.nan if gaps else 0.5
    kind = random.choice(list(kinds), count)
    return pd.DataFrame({"kind": kind, "size": size, "target": random.normal(size=count)})


def tags_of(names: list[str]) -> Callable[[str], object]:
    return lambda text: " ".join(names[len(word) % len(names)] for word in text.split())


def pictures(labels: list[str]) -> pd.DataFrame:
    random = np.random.default_rng(1)
    made = [random.integers(0, 256, (16, 16), dtype=np.uint8) for _ in range(60)]
    return pd.DataFrame({"source": pd.Series(made, dtype=object), "target": (labels * 60)[:60]})


GRU = {"kind": "gru", "layers": 1, "width": 12, "embedding_width": 8}
TEXT_LABEL = {"encoder": STACK, "decoder": {"kind": "label"}}
CASES: dict[str, tuple[Recipe, pd.DataFrame, pd.DataFrame, set[str]]] = {
    "tied translator": (
        recipe({"encoder": STACK, "decoder": STACK}),
        pairs(80, 1),
        pairs(80, 2, "ß", "ße", "{name}"),
        {"'ß'", "variable 1"},
    ),
    "untied recurrent translator": (
        recipe({"encoder": GRU, "decoder": GRU, "tie": "none"}, tokenizer={"vocabulary_size": 300, "shared": False}),
        pairs(80, 1),
        pairs(80, 2, "字"),
        {"'字'"},
    ),
    "language model": (
        recipe({"encoder": {"kind": "none"}, "decoder": {**STACK, "positions": "learned", "max_positions": 50}}),
        pd.DataFrame({"text": sentences(80, 1)}),
        pd.DataFrame({"text": sentences(80, 2, "ж")}),
        {"'ж'"},
    ),
    "text to label": (
        recipe(TEXT_LABEL),
        with_target(lambda text: "ab"[len(text) % 2]),
        with_target(lambda text: "ad"[len(text) % 2], seed=2),
        {"'d'"},
    ),
    "text to tags, together": (
        recipe({"encoder": STACK, "decoder": {"kind": "crf"}}),
        with_target(tags_of(["A", "B"])),
        with_target(tags_of(["B", "C", "D"]), seed=2),
        {"'C'", "'D'"},
    ),
    "row to number, without a hidden layer": (
        recipe({"encoder": {"kind": "linear"}, "decoder": {"kind": "number"}}),
        table(80, 1, "abc"),
        table(80, 2, "acxy", gaps=True),
        {"kind value x", "kind value y", "size missing"},
    ),
    "row to number, by learnt vectors": (
        recipe({"encoder": {"kind": "mlp", "hidden": [7], "embedding_width": 3}, "decoder": {"kind": "number"}}),
        table(80, 1, "abc"),
        table(80, 2, "acxy", gaps=True),
        {"kind value x", "kind value y", "size missing"},
    ),
    "picture to label": (
        recipe(
            {"encoder": {"kind": "lenet", "channels": [2, 3], "hidden": [8]}, "decoder": {"kind": "label"}},
            pictures={"height": 16, "width": 16},
        ),
        pictures(["a", "b"]),
        pictures(["b", "c"]),
        {"'c'"},
    ),
}


def quiet(message: str) -> None:
    """Say nothing."""


def known_to(loaded: LoadedModel) -> ParentFields:
    return ParentFields(loaded.source, loaded.target)


def parent_of(recipe: Recipe, dataset: Dataset) -> LoadedModel:
    """A model that has learnt something, as far as anyone can see: no weight is 0."""
    model = build(recipe.model, dataset.source.size, dataset.target.size, seed=5)
    with torch.no_grad():
        for number, parameter in enumerate(model.parameters()):
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number))
    return LoadedModel(model.eval(), recipe, dataset.source, dataset.target)


def taking(parent: LoadedModel, recipe: Recipe, dataset: Dataset) -> tuple[LoadedModel, TakenOver]:
    model = build(recipe.model, dataset.source.size, dataset.target.size, seed=9)
    found = take_over(parent, model, recipe.model, (dataset.source, dataset.target), "parent")
    return LoadedModel(model.eval(), recipe, dataset.source, dataset.target), found


def outputs(loaded: LoadedModel, dataset: Dataset) -> torch.Tensor:
    examples, rows = dataset.train, np.arange(20)
    batch = examples.text_batch(rows) if loaded.recipe.model.is_language_model else examples.batch(rows)
    with torch.inference_mode():
        return loaded.model.outputs(batch)  # type: ignore[arg-type]  # a batch of the kind that the model takes


@pytest.mark.parametrize("name", CASES)
def test_what_the_parent_knew_gives_the_same_and_new_names_have_weights(name: str, tmp_path: Path) -> None:
    settings, old, new, names = CASES[name]
    first = prepare(settings, tmp_path / "first", train=old, log=quiet)
    parent = parent_of(settings, first)
    second = prepare(settings, tmp_path / "second", train=new, log=quiet, parent=known_to(parent))
    child, found = taking(parent, settings, second)
    assert {one for new_names in found.new_names.values() for one in new_names} == names
    assert found.taken < found.parameters
    assert not found.new_layers
    again = prepare(
        settings,
        tmp_path / "again",
        train=old,
        log=quiet,
        parent=known_to(child),
    )
    one, other = outputs(parent, first), outputs(child, again)
    kept = one.shape[-1] if one.ndim > 1 else None
    torch.testing.assert_close(other[..., :kept], one)
    # A softmax gives what is new the mean of the others, so that the most probable output is the parent's.
    if one.ndim > 1:
        assert other.argmax(-1).equal(one.argmax(-1))
        assert torch.isfinite(other).all()


def test_units_begin_as_the_other_units_do(tmp_path: Path) -> None:
    settings = CASES["tied translator"][0]
    first = prepare(settings, tmp_path / "first", train=pairs(80, 1, "{a}"), log=quiet)
    parent = parent_of(settings, first)
    more = pairs(80, 2, "{a} {b}")
    second = prepare(
        settings,
        tmp_path / "second",
        train=more,
        log=quiet,
        parent=known_to(parent),
    )
    child, found = taking(parent, settings, second)
    assert found.new_names == {"symbols": ("variable 2",)}
    rows = child.model.get_parameter("encoder.embedding.embedding.weight")
    assert rows[-1].equal(rows[child.codecs[0].tokenizer.vocabulary.ids["\U000f0000"]])


def test_another_architecture_takes_the_vocabulary_and_a_deeper_one_its_layers(tmp_path: Path) -> None:
    settings = CASES["tied translator"][0]
    dataset = prepare(settings, tmp_path / "first", train=pairs(80, 1), log=quiet)
    parent = parent_of(settings, dataset)
    deeper = changed(settings, {"model": {"encoder": {"layers": 3}, "decoder": {"feed_forward": 20}}})
    child, found = taking(parent, deeper, dataset)
    theirs, mine = parent.model.state_dict(), child.model.state_dict()
    same = {name for name in mine if name in theirs and mine[name].equal(theirs[name])}
    assert {name for name in mine if name.startswith("encoder.") and ".2." not in name} <= same
    assert set(found.new_layers) == {"encoder.blocks.2", "decoder.blocks.0", "decoder.blocks.1"}
    gru = {**GRU, "embedding_width": 12}
    recurrent = recipe({"encoder": gru, "decoder": gru, "tie": "none"})
    child, found = taking(parent, recurrent, dataset)
    for matrix in ("encoder.embedding.embedding.weight", "decoder.embedding.embedding.weight", "decoder.output.weight"):
        assert child.model.get_parameter(matrix).equal(theirs["encoder.embedding.embedding.weight"])
    assert found.taken == 3 * theirs["encoder.embedding.embedding.weight"].numel()


def test_another_vocabulary_takes_the_rows_of_equal_symbols(tmp_path: Path) -> None:
    settings = CASES["tied translator"][0]
    first = prepare(settings, tmp_path / "first", train=pairs(80, 1), log=quiet)
    parent = parent_of(settings, first)
    other = changed(settings, {"tokenizer": {"vocabulary_size": 320, "kind": "words"}})
    fields = ParentFields(parent.source, parent.target, vocabularies=False)
    second = prepare(other, tmp_path / "second", train=pairs(80, 2, "zuzu"), log=quiet, parent=fields)
    child, found = taking(parent, other, second)
    mine, theirs = child.codecs[0].tokenizer.vocabulary, parent.codecs[0].tokenizer.vocabulary
    both = sorted(set(mine.symbols) & set(theirs.symbols))
    assert found.known == {"symbols": (len(both), len(mine))}
    assert 260 < len(both) < len(mine)
    weights = [model.get_parameter("encoder.embedding.embedding.weight") for model in (child.model, parent.model)]
    rows = [[vocabulary.ids[symbol] for symbol in both] for vocabulary in (mine, theirs)]
    assert weights[0][rows[0]].equal(weights[1][rows[1]])

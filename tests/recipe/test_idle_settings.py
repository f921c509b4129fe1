"""A setting that a person chose and that would do nothing is refused; recipes that hold every setting are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.errors import RecipeError
from dragoman.recipe import dump_recipe, load_recipe, presets


@pytest.mark.parametrize(
    ("preset", "setting", "says"),
    [
        ("text-label", "cleaning.numbers=true", "a model that reads text and predicts labels; it is for translators"),
        ("text-label", "tokenizer.shared=true", "translators"),
        ("row-number", "cleaning.max_tokens=9", "models that read or write text"),
        ("row-label", "tokenizer.kind=words", "models that read or write text"),
        ("picture-label", "search.beam=2", "models that write text"),
        ("reader", "tokenizer.placeholders=true", "translators and language models"),
        ("reader", "cleaning.drop_near_duplicates=true", "models that read text"),
        ("tiny", "pictures.height=8", "models that read pictures"),
        ("tiny", "training.batch.window=8", "language models"),
    ],
)
def test_what_does_nothing_is_refused_with_the_task(preset: str, setting: str, says: str, tmp_path: Path) -> None:
    name, _, value = setting.partition("=")
    changes: object = value if value.isalpha() and value != "true" else {"true": True}.get(value) or int(value)
    for key in reversed(name.split(".")):
        changes = {key: changes}
    assert isinstance(changes, dict)
    with pytest.raises(RecipeError, match=f"{name} does nothing for") as error:
        load_recipe(preset, changes=changes)
    assert says in str(error.value)


@pytest.mark.parametrize("preset", presets())
def test_complete_recipes_load(preset: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(dump_recipe(load_recipe(preset)), encoding="utf-8")
    assert load_recipe(path) == load_recipe(preset)


def test_a_file_that_names_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(
        '[cleaning]\ncopies = false\n[model.encoder]\nkind = "convolution"\n[model.decoder]\nkind = "label"\n'
    )
    with pytest.raises(RecipeError, match=r"cleaning\.copies does nothing"):
        load_recipe(path)

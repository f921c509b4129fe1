from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.errors import InputError, RecipeError
from dragoman.recipe import Recipe, dump_recipe, load_recipe, presets, recipe_from, recipe_of_model


@pytest.mark.parametrize("name", presets())
def test_presets_are_complete_recipes_and_survive_toml(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name)
    (tmp_path / "recipe.toml").write_text(dump_recipe(recipe))
    assert load_recipe(tmp_path / "recipe.toml") == recipe


def test_every_mistake_is_reported_at_once_with_the_nearest_name() -> None:
    with pytest.raises(RecipeError) as error:
        recipe_from(
            {
                "trainin": {},
                "training": {"sead": 1, "seed": -1, "schedule": {"kind": "cosin"}, "batch": {"tokens": "many"}},
                "model": {"encoder": {"heads": 3}, "decoder": {"dropout": 1.5}},
            }
        )
    text = "\n".join(error.value.problems)
    assert len(error.value.problems) == 7
    for expected in (
        "trainin: unknown key; did you mean `training`?",
        "training.sead: unknown key; did you mean `seed`?",
        "training.seed:",
        "did you mean `cosine`?",
        "training.batch.tokens: Input should be a valid integer (got 'many')",
        "model.encoder: 3 heads do not divide the width 128; 2 would",
        "model.decoder.dropout:",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": {"tie": "all", "encoder": {"width": 64}}}, "64 wide in the encoder and 128 in the decoder"),
        ({"tokenizer": {"shared": False}, "model": {"tie": "all"}}, "needs tokenizer.shared"),
        ({"data": {"train": {"source": "a"}}}, "both `source` and `target`"),
        ({"data": {"train": {"source": "a", "target": "b", "table": "c"}}}, "both `source` and `target`"),
        ({"training": {"updates": 100, "schedule": {"warmup": 100}}}, "must be less than updates"),
        (
            {"training": {"schedule": {"kind": "hold", "warmup_share": 0.7, "decay_share": 0.5}}},
            "more than the whole run together",
        ),
        ({"training": {"batch": {"first_accumulation": 2}}}, "must not be more than batch.accumulation 1"),
        ({"training": {"dropout_start": 12.0}}, "is 1.2, and a dropout rate must be less than 1; give less than 10"),
        (
            {"training": {"dropout_start": 0.5}, "model": {"encoder": {"dropout": 0.0}, "decoder": {"dropout": 0.0}}},
            "all of these are 0",
        ),
        ({"data": {"source_language": "English language"}}, "data.source_language"),
    ],
)
def test_what_does_not_fit_together(values: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        recipe_from(values)


def test_paths_count_from_the_recipe_file(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text('[data.train]\nsource = "a.en"\ntarget = "a.de"\n')
    (train,) = load_recipe(tmp_path / "recipe.toml").data.train
    assert train is not None
    assert train.source == tmp_path / "a.en"


def test_changes_win_over_the_file() -> None:
    recipe = load_recipe("tiny", changes={"training": {"schedule": {"warmup": 7}}})
    assert recipe.training.schedule.warmup == 7
    assert recipe.training.schedule.kind == "cosine"


def test_files_that_are_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean the preset `tiny`"):
        load_recipe("tini")
    (tmp_path / "x.toml").write_text("[training\n")
    with pytest.raises(InputError, match="not a TOML file"):
        load_recipe(tmp_path / "x.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match="UTF-8"):
        load_recipe(tmp_path / "x.toml")


def test_a_model_that_knows_no_setting_for_no_break_spaces_has_none_of_them() -> None:
    assert not recipe_of_model({"cleaning": {"copies": False}}).cleaning.no_break_spaces
    assert recipe_of_model({"cleaning": {"no_break_spaces": True}}).cleaning.no_break_spaces
    assert Recipe().cleaning.no_break_spaces

"""Every number that can be typed has limits, on the command line and in a recipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import BaseModel

from dragoman.cli.main import app
from dragoman.errors import RecipeError
from dragoman.recipe import Recipe, load_recipe


def numbers() -> Iterator[tuple[str, Any]]:
    """All options of all commands that take a number, with what typer is told of them."""
    groups = [app, *(group.typer_instance for group in app.registered_groups)]
    for command in (command.callback for group in groups for command in group.registered_commands):
        for name, hint in get_type_hints(command, include_extras=True).items():
            kinds = {hint, *get_args(hint), *(part for inner in get_args(hint) for part in get_args(inner))}
            if {int, float} & kinds:
                yield f"{command.__name__} {name}", hint.__metadata__[0]


NUMBERS = dict(numbers())
JUDGED_BY_THE_COMMAND = {"fit probe", "capacity minutes", "train minutes"}


def test_there_are_many() -> None:
    assert len(NUMBERS) > 20
    assert "translate beam" in NUMBERS


@pytest.mark.parametrize("option", sorted(NUMBERS.keys() - JUDGED_BY_THE_COMMAND))
def test_every_number_typed_has_an_upper_limit(option: str) -> None:
    assert NUMBERS[option].max is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["translate", "m", "--beam", "1000000"], "--beam"),
        (["translate", "m", "--beam", "1000000000000000000"], "--beam"),
        (["translate", "m", "--beam", "1e18"], "--beam"),
        (["translate", "m", "--n-best", "100000"], "--n-best"),
        (["translate", "m", "--language-model-weight", "nan"], "--language-model-weight"),
        (["generate", "m", "--temperature", "inf"], "--temperature"),
        (["generate", "m", "--count", "1000000000"], "--count"),
        (["compare", "tiny", "small", "--minutes", "nan"], "--minutes"),
        (["diagnose", "fit", "m", "--probe", "nan"], "--probe"),
        (["diagnose", "capacity", "m", "--minutes", "1e300"], "--minutes"),
    ],
)
def test_absurd_options_are_refused_at_once(arguments: list[str], said: str, run) -> None:
    status, output, errors = run(*arguments)
    assert status in (1, 2)
    assert said in errors
    assert "Traceback" not in errors + output


def fields(section: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting of a recipe, sections of every kind included."""
    for name, field in section.model_fields.items():
        inner = list(_sections(field.annotation))
        for part in inner:
            yield from fields(part, f"{before}{name}.")
        if not inner:
            yield before + name, (section, name, field.annotation)


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for part in get_args(annotation):
            yield from _sections(part)


SETTINGS = {
    key: (section, name)
    for key, (section, name, kind) in fields(Recipe)
    if {int, float} & {kind, *get_args(kind)} and bool not in {kind, *get_args(kind)}
}


def test_every_number_of_a_recipe_is_finite_and_within_what_can_be_meant() -> None:
    assert len(SETTINGS) > 60
    for key, (section, name) in SETTINGS.items():
        for value in (10**18, 1e300, float("inf"), float("nan"), -(10**18), -1e300):
            try:
                section.__pydantic_validator__.validate_assignment(section.model_construct(), name, value)
            except ValueError:
                continue
            pytest.fail(f"{key} = {value} was accepted")


@pytest.mark.parametrize(
    "setting",
    [
        {"search": {"max_length_ratio": float("inf")}},
        {"search": {"max_length_ratio": 1e300}},
        {"search": {"max_length_extra": 10**18}},
        {"training": {"updates": 10**18}},
    ],
)
def test_absurd_settings_are_one_clear_mistake(setting: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=r"1 mistake:\n  - \w+\.\w+: Input should be (a finite|less|at most)"):
        load_recipe("tiny", changes=setting)


@pytest.mark.parametrize("hidden", [[0], [-5], [10**12], [True]])
def test_sizes_of_layers_are_at_least_one(hidden: list[int]) -> None:
    with pytest.raises(RecipeError, match="hidden"):
        load_recipe("row-label", changes={"model": {"encoder": {"hidden": hidden}}})

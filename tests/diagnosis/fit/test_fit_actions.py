"""Actions on recipes of every kind: valid, typed as settings, and doing what they say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.cli.settings import parse_settings
from dragoman.contracts import TextSize
from dragoman.diagnosis.fit.actions import (
    ACTIONS,
    HIGHER_RATE,
    LESS_DROPOUT,
    MORE_DATA,
    MORE_DECAY,
    MORE_DROPOUT,
    MORE_STEPS,
    NARROWER,
    WIDER,
    largest_dropout,
    settings,
)
from dragoman.diagnosis.fit.width import widened
from dragoman.model.build import build
from dragoman.model.weights import parameter_count
from dragoman.recipe import Recipe, load_recipe, merge, presets, recipe_from
from dragoman.recipe.architecture import ModelRecipe
from dragoman.recipe.recurrent import RecurrentDecoderRecipe, RecurrentEncoderRecipe
from dragoman.recipe.transformer import TransformerRecipe

TEXT_ENCODERS: list[dict[str, Any]] = [
    {"kind": "transformer", "width": 24, "heads": 3, "feed_forward": 40},
    {"kind": "gru", "width": 24, "bidirectional": True},
    {"kind": "lstm", "width": 12, "embedding_width": 24},
    {"kind": "convolution", "width": 24},
]
DECODERS: list[dict[str, Any]] = [
    {"kind": "transformer", "width": 24, "heads": 2, "feed_forward": 40},
    {"kind": "lstm", "width": 24, "attention": "multi_head", "heads": 4},
    {"kind": "gru", "width": 20, "embedding_width": 24, "attention": "none"},
]


def applied(name: str, recipe: Recipe) -> Recipe | None:
    return ACTIONS[name].applied(recipe)


@pytest.mark.parametrize("preset", presets())
@pytest.mark.parametrize("name", ACTIONS)
def test_what_is_typed_gives_what_was_changed(preset: str, name: str) -> None:
    recipe = load_recipe(preset)
    changed = applied(name, recipe)
    if changed is None:
        return
    typed = settings(recipe, changed)
    assert typed
    values = merge(recipe.model_dump(mode="json", exclude_none=True), parse_settings(typed))
    assert recipe_from(values) == changed


@pytest.mark.parametrize("preset", presets())
def test_every_preset_can_be_trained_longer_faster_and_with_more_decay_or_has_the_most(preset: str) -> None:
    recipe = load_recipe(preset)
    longer, faster, decayed = (applied(name, recipe) for name in (MORE_STEPS, HIGHER_RATE, MORE_DECAY))
    assert longer is not None
    assert longer.training.updates == 2 * recipe.training.updates
    assert faster is not None
    assert faster.training.optimizer.learning_rate == pytest.approx(3 * recipe.training.optimizer.learning_rate)
    assert decayed is not None
    assert decayed.training.optimizer.weight_decay > recipe.training.optimizer.weight_decay


def test_r_drop_goes_with_the_last_of_dropout() -> None:
    for rate, strength in ((0.4, 5.0), (0.1, 0.0)):
        stack = {"dropout": rate}
        changes = {"model": {"encoder": stack, "decoder": stack}, "training": {"r_drop": 5.0}}
        less = applied(LESS_DROPOUT, load_recipe("tiny", changes=changes))
        assert less is not None
        assert (largest_dropout(less), less.training.r_drop) == (rate / 2 if strength else 0.0, strength)


def test_tokens_are_doubled_where_they_count() -> None:
    recipe = load_recipe("tiny", changes={"training": {"tokens": 5000}})
    longer = applied(MORE_STEPS, recipe)
    assert longer is not None
    assert settings(recipe, longer) == ("training.tokens=10000",)


@pytest.mark.parametrize("encoder", TEXT_ENCODERS, ids=lambda stack: stack["kind"])
@pytest.mark.parametrize("decoder", DECODERS, ids=lambda stack: stack["kind"])
def test_wider_and_narrower_models_are_valid_and_have_more_and_fewer_parameters(
    encoder: dict[str, Any], decoder: dict[str, Any]
) -> None:
    recipe = recipe_from({"model": {"encoder": encoder, "decoder": decoder}})
    counts = []
    for factor in (0.25, 0.5, 2.0):
        changed = widened(recipe, factor)
        assert changed is not None
        assert changed.model.tie == recipe.model.tie
        counts.append(parameter_count(build(changed.model, TextSize(50), TextSize(50), 1)))
    here = parameter_count(build(recipe.model, TextSize(50), TextSize(50), 1))
    assert counts[0] < counts[1] < here < counts[2]


@given(st.integers(1, 40), st.integers(1, 8), st.integers(1, 40), st.sampled_from([0.25, 0.5, 2.0]), st.booleans())
def test_tied_widths_and_heads_stay_valid_whatever_is_rounded(
    each: int, heads: int, width: int, factor: float, bidirectional: bool
) -> None:
    transformer = {"kind": "transformer", "width": each * heads, "heads": heads}
    recurrent = {"kind": "gru", "width": width, "embedding_width": each * heads, "attention": "dot"}
    memory = {"kind": "gru", "width": width, "embedding_width": 7, "bidirectional": bidirectional}
    attending = {"kind": "gru", "width": width * (2 if bidirectional else 1), "attention": "dot", "embedding_width": 7}
    for encoder, decoder in ((transformer, {**recurrent, "attention": "additive"}), (memory, attending)):
        recipe = recipe_from({"model": {"encoder": encoder, "decoder": decoder}})
        changed = widened(recipe, factor)
        assert changed is None or changed.model.tie == recipe.model.tie == "all"
        assert changed is not None or factor < 1


@pytest.mark.parametrize(
    ("model", "pictures"),
    [
        ({"encoder": {"kind": "none"}, "decoder": {"kind": "lstm"}}, {}),
        ({"encoder": {"kind": "lenet"}, "decoder": {"kind": "label"}}, {"height": 28, "width": 28}),
        ({"encoder": {"kind": "residual"}, "decoder": {"kind": "ctc"}}, {}),
        ({"encoder": {"kind": "mlp", "hidden": [8, 6]}, "decoder": {"kind": "number"}}, {}),
        ({"encoder": {"kind": "convolution"}, "decoder": {"kind": "label"}}, {}),
    ],
)
def test_every_kind_of_model_can_be_wider(model: dict[str, Any], pictures: dict[str, int]) -> None:
    recipe = recipe_from({"model": model, "pictures": pictures})
    for name in (WIDER, NARROWER):
        assert applied(name, recipe) is not None


def test_a_linear_model_becomes_a_perceptron_and_nothing_narrower() -> None:
    recipe = recipe_from({"model": {"encoder": {"kind": "linear"}, "decoder": {"kind": "number"}}})
    wider = applied(WIDER, recipe)
    assert wider is not None
    assert settings(recipe, wider) == ("model.encoder.kind=mlp",)
    assert applied(NARROWER, recipe) is None
    assert applied(LESS_DROPOUT, recipe) is None
    assert largest_dropout(recipe) == 0


@pytest.mark.parametrize(
    ("rate", "less", "more"), [(0.0, None, 0.2), (0.1, 0.0, 0.2), (0.3, 0.15, 0.5), (0.8, 0.4, None)]
)
def test_dropout_goes_down_and_up_by_sensible_steps(rate: float, less: float | None, more: float | None) -> None:
    stack = {"dropout": rate}
    recipe = recipe_from({"model": {"encoder": stack, "decoder": stack}})
    for name, expected in ((LESS_DROPOUT, less), (MORE_DROPOUT, more)):
        changed = applied(name, recipe)
        assert (None if changed is None else largest_dropout(changed)) == expected


def test_more_data_is_nothing_that_a_recipe_says() -> None:
    assert applied(MORE_DATA, Recipe()) is None


def test_actions_leave_the_rest_of_the_recipe_alone() -> None:
    recipe = load_recipe("recurrent")
    for name in (WIDER, NARROWER, LESS_DROPOUT, MORE_DROPOUT):
        changed = applied(name, recipe)
        assert changed is not None
        assert changed.model_copy(update={"model": ModelRecipe()}) == recipe.model_copy(update={"model": ModelRecipe()})
    stacks = (TransformerRecipe, RecurrentEncoderRecipe, RecurrentDecoderRecipe)
    assert isinstance(recipe.model.encoder, stacks)


@pytest.mark.parametrize(
    ("dropout", "start", "more", "less"),
    [(0.3, 0.2, (0.5, 0.2), (0.15, 0.2)), (0.3, 2.5, (0.5, 1.5), (0.15, 2.5)), (0.05, 0.2, (0.2, 0.2), (0.0, 1.0))],
)
def test_dropout_that_changes_during_a_run_stays_one_that_can_be(
    dropout: float, start: float, more: tuple[float, float], less: tuple[float, float]
) -> None:
    stack = {"dropout": dropout, "attention_dropout": 0.0, "activation_dropout": 0.0}
    changes = {"model": {"encoder": stack, "decoder": stack}, "training": {"dropout_start": start}}
    recipe = load_recipe("tiny", changes=changes)
    for name, expected in ((MORE_DROPOUT, more), (LESS_DROPOUT, less)):
        changed = applied(name, recipe)
        assert changed is not None
        assert (largest_dropout(changed), changed.training.dropout_start) == expected

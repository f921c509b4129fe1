"""One update: what it changes, and what must not change it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from dragoman.contracts import Batch, Labels, Packed, Pictures, PictureSize, TextSize
from dragoman.model.build import build
from dragoman.model.build_decoders import Objective
from dragoman.model.weights import learnt_buffers
from dragoman.recipe.architecture import ModelRecipe, TransformerRecipe
from dragoman.recipe.training import OptimizerRecipe, ScheduleRecipe, TrainingRecipe
from dragoman.training.moving_average import MovingAverage
from dragoman.training.optimizer import build_optimizer, optimizer_tensors
from dragoman.training.parameters import FlatParameters
from dragoman.training.schedule import build_schedule
from dragoman.training.step import Outcome, StepResult, training_step
from dragoman.training.training_state import TrainingState

STACK = TransformerRecipe(layers=1, width=8, feed_forward=8, heads=2, dropout=0.0)
SOURCES = [[5, 6, 3], [7, 3], [8, 9, 10, 3], [4, 3]]
TARGETS = [[6, 3], [9, 8, 7, 3], [5, 3], [7, 7, 7, 3]]


def settings(**optimizer: Any) -> TrainingRecipe:
    return TrainingRecipe(
        optimizer=OptimizerRecipe(**{"learning_rate": 0.01, "clip_norm": 0.0, **optimizer}),
        schedule=ScheduleRecipe(kind="constant", warmup=0),
        average=0.9,
    )


def state(recipe: TrainingRecipe, dtype: torch.dtype = torch.float32, dropout: float = 0.0) -> TrainingState:
    stack = STACK.model_copy(update={"dropout": dropout, "attention_dropout": dropout, "activation_dropout": dropout})
    objective = Objective(recipe.label_smoothing, consistency=recipe.r_drop)
    model = build(
        ModelRecipe(encoder=stack, decoder=stack), TextSize(12), TextSize(12), seed=1, objective=objective
    ).train()
    parameters = FlatParameters(model, dtype, torch.device("cpu"))
    return TrainingState(
        model,
        parameters,
        build_optimizer(recipe.optimizer, parameters, model),
        torch.amp.GradScaler("cpu", enabled=False),
        MovingAverage(parameters.master, recipe.average),
        build_schedule(recipe),
    )


def batch(*rows: int) -> Batch:
    return Batch(Packed.of([SOURCES[r] for r in rows]), Packed.of([TARGETS[r] for r in rows]), torch.tensor(rows))


def test_loss_falls() -> None:
    recipe = settings()
    pupil = state(recipe)
    losses = [training_step(pupil, [batch(0, 1, 2, 3)], update, recipe).loss for update in range(1, 60)]
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.parametrize(("update", "rate"), [(1, 0.1), (21, 0.25), (61, 0.4)])
def test_dropout_that_changes_is_that_of_a_model_with_the_rate_of_the_update(update: int, rate: float) -> None:
    """Whatever update came before, as where training goes back to an earlier one."""
    plain = settings().model_copy(update={"updates": 80})
    changing = plain.model_copy(update={"dropout_start": 0.25, "dropout_until": 0.5})
    pupil, fixed = state(changing, dropout=0.4), state(plain, dropout=rate)
    before = pupil.parameters.master.clone()
    training_step(pupil, [batch(0)], 35, changing)
    pupil.parameters.master.copy_(before)
    pupil.parameters.publish()
    expected = training_step(fixed, [batch(0, 1), batch(2, 3)], update, plain)
    found = training_step(pupil, [batch(0, 1), batch(2, 3)], update, changing)
    assert found.loss == pytest.approx(expected.loss, rel=1e-6)
    assert found.gradient_norms == pytest.approx(expected.gradient_norms, rel=1e-5)


def test_accumulation_equals_one_large_batch() -> None:
    """Batches of unequal numbers of tokens: the mean is over tokens, not over batches."""
    recipe = settings()
    whole, parts = state(recipe), state(recipe)
    one = training_step(whole, [batch(0, 1, 2, 3)], 1, recipe)
    several = training_step(parts, [batch(0), batch(1, 2), batch(3)], 1, recipe)
    assert several.loss == pytest.approx(one.loss, rel=1e-5)
    assert several.gradient_norm == pytest.approx(one.gradient_norm, rel=1e-4)
    assert several.target_tokens == one.target_tokens == 12
    assert torch.allclose(whole.parameters.gradient, parts.parameters.gradient, atol=1e-6)


def test_two_passes_over_an_example_count_it_once() -> None:
    """Nothing is dropped here, so that an update by R-Drop is a plain one."""
    recipe = settings()
    twice = recipe.model_copy(update={"r_drop": 5.0})
    one, two = state(recipe), state(twice)
    plain = training_step(one, [batch(0, 1), batch(2, 3)], 1, recipe)
    paired = training_step(two, [batch(0, 1), batch(2, 3)], 1, twice)
    assert paired.target_tokens == plain.target_tokens == 12
    assert paired.loss == pytest.approx(plain.loss, rel=1e-5)
    assert torch.allclose(two.parameters.gradient, one.parameters.gradient, atol=1e-6)


def test_flat_gradient_is_the_gradient_of_the_plain_model() -> None:
    recipe = settings()
    pupil = state(recipe)
    objective = Objective(recipe.label_smoothing)
    plain = build(
        ModelRecipe(encoder=STACK, decoder=STACK), TextSize(12), TextSize(12), seed=1, objective=objective
    ).train()
    (plain.loss(batch(0, 1))[0] / 6).backward()
    training_step(pupil, [batch(0, 1)], 1, recipe)
    gradients = dict(plain.named_parameters())
    for place in pupil.parameters.map.places:
        flat = pupil.parameters.gradient[place.begin : place.end].view(place.shape)
        assert torch.allclose(flat, gradients[place.name].grad, atol=1e-6)


def test_clipping_bounds_the_gradient() -> None:
    recipe = settings(clip_norm=0.01)
    pupil = state(recipe)
    result = training_step(pupil, [batch(0, 1)], 1, recipe)
    assert result.gradient_norm > 0.01
    assert pupil.parameters.gradient.norm().item() == pytest.approx(0.01, rel=1e-4)


def test_decoupled_decay_shrinks_matrices_only() -> None:
    recipe = settings(weight_decay=0.5)
    decayed, plain = state(recipe), state(settings())
    before = plain.parameters.master.clone()
    training_step(decayed, [batch(0, 1)], 1, recipe)
    training_step(plain, [batch(0, 1)], 1, settings())
    matrices = slice(0, plain.parameters.map.decayed)
    vectors = slice(plain.parameters.map.decayed, None)
    shrunk = plain.parameters.master[matrices] - 0.01 * 0.5 * before[matrices]
    assert torch.allclose(decayed.parameters.master[matrices], shrunk, atol=1e-6)
    assert decayed.parameters.master[vectors].equal(plain.parameters.master[vectors])


def test_l2_adds_the_penalty_gradient_to_matrices_only() -> None:
    recipe = settings(weight_decay=0.5, decay="l2")
    penalised, plain = state(recipe), state(settings())
    before = plain.parameters.master.clone()
    training_step(penalised, [batch(0, 1)], 1, recipe)
    training_step(plain, [batch(0, 1)], 1, settings())
    difference = penalised.parameters.gradient - plain.parameters.gradient
    matrices = plain.parameters.map.decayed
    assert torch.allclose(difference[:matrices], 0.5 * before[:matrices], atol=1e-6)
    assert difference[matrices:].abs().max() == 0


@pytest.mark.parametrize("decay", ["decoupled", "l2"])
def test_update_equals_the_textbook(decay: str) -> None:
    """Adam by its equations, on one matrix and one vector of the model."""
    recipe = settings(weight_decay=0.1, decay=decay)
    pupil = state(recipe)
    m = torch.zeros_like(pupil.parameters.master)
    v = torch.zeros_like(m)
    mask = torch.zeros_like(m)
    mask[: pupil.parameters.map.decayed] = 1
    for update in (1, 2, 3):
        before = pupil.parameters.master.clone()
        training_step(pupil, [batch(0, 1, 2, 3)], update, recipe)
        g = pupil.parameters.gradient
        m = 0.9 * m + 0.1 * g
        v = 0.98 * v + 0.02 * g.square()
        step = (m / (1 - 0.9**update)) / ((v / (1 - 0.98**update)).sqrt() + 1e-9)
        shrink = 0.1 * mask * before if decay == "decoupled" else 0
        assert torch.allclose(pupil.parameters.master, before - 0.01 * (step + shrink), atol=1e-5)


def test_moving_average() -> None:
    recipe = settings()
    pupil = state(recipe)
    expected = pupil.parameters.master.clone()
    for update in (1, 2, 3):
        training_step(pupil, [batch(0, 1)], update, recipe)
        decay = min(0.9, (1 + update) / (10 + update))
        expected = decay * expected + (1 - decay) * pupil.parameters.master
    assert torch.allclose(pupil.average.average, expected, atol=1e-6)


def test_twin_computes_with_the_average_and_has_no_gradient() -> None:
    recipe = settings()
    pupil = state(recipe)
    twin = pupil.parameters.twin(pupil.model, pupil.average.average)
    training_step(pupil, [batch(0, 1)], 1, recipe)
    assert not twin.training
    assert all(not p.requires_grad for p in twin.parameters())
    place = pupil.parameters.map.places[0]
    weight = dict(twin.named_parameters())[place.name]
    assert weight.flatten().equal(pupil.average.average[place.begin : place.end])


def test_bfloat16_stays_near_float32() -> None:
    recipe = settings()
    exact, coarse = state(recipe), state(recipe, torch.bfloat16)
    for update in range(1, 20):
        one = training_step(exact, [batch(0, 1, 2, 3)], update, recipe)
        other = training_step(coarse, [batch(0, 1, 2, 3)], update, recipe)
    assert other.loss == pytest.approx(one.loss, rel=0.05)
    assert coarse.parameters.master.dtype == torch.float32


def everything(pupil: TrainingState) -> list[torch.Tensor]:
    """All that an update may change."""
    memory = optimizer_tensors(pupil.optimizer)
    buffers = learnt_buffers(pupil.model)
    state = [pupil.parameters.master, pupil.average.average, *memory.values(), *buffers.values()]
    return [tensor.detach().clone() for tensor in state]


def assert_same_bits(before: list[torch.Tensor], after: list[torch.Tensor]) -> None:
    pairs = zip(before, after, strict=True)
    assert all(one.nan_to_num(nan=7.0).equal(other.nan_to_num(nan=7.0)) for one, other in pairs)


@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_changes_no_bit(poison: float) -> None:
    recipe = settings()
    pupil = state(recipe)
    training_step(pupil, [batch(0, 1)], 1, recipe)
    place = pupil.parameters.map.places[0]
    pupil.parameters.master[place.begin : place.end] = poison
    before = everything(pupil)
    result = training_step(pupil, [batch(0, 1)], 2, recipe, (torch.ones(1),))
    assert result.outcome is Outcome.NOT_FINITE
    assert not math.isfinite(result.loss)
    assert len(result.carried) == 1, "the next update goes on from what this one was given"
    assert_same_bits(before, everything(pupil))


def test_a_gradient_that_is_not_finite_changes_no_bit_and_the_next_update_is_made() -> None:
    recipe = settings()
    pupil = state(recipe)
    training_step(pupil, [batch(0, 1)], 1, recipe)
    before = everything(pupil)
    hook = next(iter(pupil.model.parameters())).register_hook(lambda gradient: gradient * math.nan)
    result = training_step(pupil, [batch(0, 1)], 2, recipe)
    hook.remove()
    assert result.outcome is Outcome.NOT_FINITE
    assert math.isfinite(result.loss)
    assert_same_bits(before, everything(pupil))
    assert training_step(pupil, [batch(0, 1)], 3, recipe).outcome is Outcome.MADE
    assert pupil.parameters.master.isfinite().all()


def test_what_batch_normalisation_counts_is_put_back() -> None:
    encoder = {"kind": "residual", "channels": [4], "halvings": 0, "width": 4, "context": 1}
    architecture = ModelRecipe.model_validate({"encoder": encoder, "decoder": {"kind": "label"}})
    model = build(architecture, PictureSize(1, 8, None), 2, 1)
    recipe = settings()
    parameters = FlatParameters(model.train(), torch.float32, torch.device("cpu"))
    optimizer, average = build_optimizer(recipe.optimizer, parameters, model), MovingAverage(parameters.master, 0.9)
    pupil = replace(state(recipe), model=model, parameters=parameters, optimizer=optimizer, average=average)
    pictures = Pictures.of([np.full((1, 8, 6), 40, np.uint8), np.full((1, 8, 9), 90, np.uint8)])
    examples = Batch(pictures, Labels(torch.tensor([0, 1])), torch.arange(2))
    training_step(pupil, [examples], 1, recipe)
    before = everything(pupil)
    hook = next(iter(model.parameters())).register_hook(lambda gradient: gradient * math.nan)
    assert training_step(pupil, [examples], 2, recipe).outcome is Outcome.NOT_FINITE
    assert_same_bits(before, everything(pupil))
    hook.remove()
    training_step(pupil, [examples], 3, recipe)
    assert not all(one.equal(other) for one, other in zip(before, everything(pupil), strict=True))


def test_norms_of_the_parameters_make_the_whole_norm() -> None:
    recipe = settings()
    pupil = state(recipe)
    result = training_step(pupil, [batch(0, 1)], 1, recipe)
    for place, norm in zip(pupil.parameters.map.places, result.gradient_norms, strict=True):
        assert norm == pytest.approx(pupil.parameters.gradient[place.begin : place.end].norm().item(), rel=1e-5)
    assert result.gradient_norm == pytest.approx(math.hypot(*result.gradient_norms))


def test_the_factor_scales_the_learning_rate() -> None:
    recipe = settings()
    assert training_step(state(recipe), [batch(0)], 1, recipe, factor=0.25).learning_rate == 0.25 * 0.01


def in_float16(scale: float) -> TrainingState:
    scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    return replace(state(settings(), torch.float16), scaler=scaler)


def test_float16_overflow_leaves_the_weights_and_halves_the_scale() -> None:
    pupil = in_float16(2.0**60)
    before = everything(pupil)
    result = training_step(pupil, [batch(0, 1)], 1, settings())
    assert result.outcome is Outcome.OVERFLOWED
    assert_same_bits(before, everything(pupil))
    assert pupil.scaler.get_scale() == 2.0**59


def test_float16_falls_to_a_scale_that_fits_and_learns() -> None:
    pupil = in_float16(2.0**40)
    results: list[StepResult] = []
    while not results or results[-1].outcome is Outcome.OVERFLOWED:
        results.append(training_step(pupil, [batch(0, 1)], len(results) + 1, settings()))
    assert results[-1].outcome is Outcome.MADE
    assert pupil.scaler.get_scale() == 2.0 ** (41 - len(results))


@pytest.mark.parametrize(("scale", "poison"), [(1.0, "gradient"), (2.0**10, "loss")])
def test_float16_at_its_smallest_scale_or_without_a_loss_is_a_fault(scale: float, poison: str) -> None:
    pupil = in_float16(scale)
    if poison == "loss":
        place = pupil.parameters.map.places[0]
        pupil.parameters.master[place.begin : place.end] = math.nan
        pupil.parameters.publish()
    else:
        next(iter(pupil.model.parameters())).register_hook(lambda gradient: gradient * math.inf)
    before = everything(pupil)
    for update in (1, 2):
        assert training_step(pupil, [batch(0, 1)], update, settings()).outcome is Outcome.NOT_FINITE
    assert_same_bits(before, everything(pupil))
    assert pupil.scaler.get_scale() == scale

"""The monitor reports for every kind of model, in numbers that are right, and changes nothing."""

from __future__ import annotations

import copy
import dataclasses
import json
import math

import every_model as kinds
import numpy as np
import pytest
import torch

from dragoman.model.build import Model
from dragoman.recipe.training import OptimizerRecipe, ScheduleRecipe, TrainingRecipe
from dragoman.training.moving_average import MovingAverage
from dragoman.training.observer import StabilityRecord
from dragoman.training.optimizer import build_optimizer
from dragoman.training.parameters import FlatParameters
from dragoman.training.schedule import build_schedule
from dragoman.training.stability import StabilityMonitor
from dragoman.training.step import training_step
from dragoman.training.training_state import TrainingState

RECIPE = TrainingRecipe(
    optimizer=OptimizerRecipe(learning_rate=0.01), schedule=ScheduleRecipe(kind="constant", warmup=0), average=0.9
)
LEARNT = [
    "transformer",
    "gru additive",
    "lstm additive fed",
    "relu rnn dot",
    "residual to ctc",
    "residual to gru fed",
    "language model lstm",
    "mlp to label",
]


def flat(model: Model, dtype: torch.dtype = torch.float32) -> FlatParameters:
    return FlatParameters(model, dtype, torch.device("cpu"))


def norms(parameters: FlatParameters) -> list[float]:
    gradient = parameters.gradient
    return [gradient[place.begin : place.end].norm().item() for place in parameters.map.places]


def look(model: Model, parameters: FlatParameters, monitor: StabilityMonitor, update: int = 1) -> StabilityRecord:
    monitor.before_update(update)
    parameters.master.mul_(1.01)
    parameters.publish()
    record = monitor.after_update(update, [1.0] * len(parameters.map.places))
    assert record is not None
    return record


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("cell", list(kinds.CELLS))
def test_every_kind_of_model(cell: str, dtype: torch.dtype) -> None:
    model = kinds.model(cell).train()
    parameters = flat(model, dtype)
    record = look(model, parameters, StabilityMonitor(model, parameters, [kinds.batch(cell)], 5))
    layers = set(record.gradient_norm)
    assert layers == set(record.largest_gradient_norm) == set(record.update_ratio)
    assert record.activation["decoder.output" if cell == "residual to ctc" else "decoder"] > 0
    if "language" not in cell:
        assert record.activation["encoder"] > 0
    assert ("fed" in cell or "attention" in " ".join(dict(model.named_modules()))) == bool(record.attention_logit)
    recurrent = [name for name, module in model.named_modules() if hasattr(module, "weight_hidden")]
    assert set(record.through_time) == set(recurrent)
    known = dict(model.named_modules())
    for name in (*record.activation, *record.attention_logit, *record.through_time):
        assert name in known
    values = json.loads(json.dumps(dataclasses.asdict(record)))
    for mapping in (values[key] for key in values if key not in ("update", "through_time")):
        assert all(math.isfinite(value) for value in mapping.values())


def trained(cell: str, dtype: torch.dtype, every: int | None) -> tuple[FlatParameters, MovingAverage, Model]:
    """Five updates with dropout; with a monitor or without."""
    model, data = kinds.model(cell).train(), kinds.batch(cell)
    parameters = flat(model, dtype)
    average = MovingAverage(parameters.master, RECIPE.average)
    optimizer = build_optimizer(RECIPE.optimizer, parameters, model)
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    state = TrainingState(model, parameters, optimizer, scaler, average, build_schedule(RECIPE))
    monitor = None if every is None else StabilityMonitor(model, parameters, [data], every)
    carried: tuple[torch.Tensor, ...] = ()
    for update in range(1, 6):
        if monitor is not None:
            monitor.before_update(update)
        carried = training_step(state, [data], update, RECIPE, carried).carried
        if monitor is not None:
            assert (monitor.after_update(update, norms(parameters)) is None) == (update not in (1, 2, 4))
    return parameters, average, model


@pytest.mark.parametrize("cell", LEARNT)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_what_is_learnt_has_the_same_bits(cell: str, dtype: torch.dtype) -> None:
    plain, plain_average, plain_model = trained(cell, dtype, None)
    drawn = torch.get_rng_state()
    watched, watched_average, watched_model = trained(cell, dtype, 2)
    assert torch.get_rng_state().equal(drawn)
    assert watched.master.equal(plain.master)
    assert watched.gradient.equal(plain.gradient)
    assert watched_average.average.equal(plain_average.average)
    for one, other in zip(watched_model.buffers(), plain_model.buffers(), strict=True):
        assert one.equal(other)


@pytest.mark.parametrize("cell", LEARNT)
def test_a_look_leaves_everything_as_it_was(cell: str) -> None:
    model = kinds.model(cell).train()
    next(module for module in model.modules() if not list(module.children())).eval()
    parameters = flat(model)
    parameters.gradient.normal_()
    monitor = StabilityMonitor(model, parameters, [kinds.batch(cell)], 5)
    gradient, modes = parameters.gradient.clone(), [module.training for module in model.modules()]
    state = copy.deepcopy(model.state_dict())
    attributes = [set(vars(module)) for module in model.modules()]
    drawn = torch.get_rng_state()
    monitor.before_update(1)
    assert torch.get_rng_state().equal(drawn)
    assert parameters.gradient.equal(gradient)
    assert [module.training for module in model.modules()] == modes
    assert [set(vars(module)) for module in model.modules()] == attributes
    assert all(value.equal(state[name]) for name, value in model.state_dict().items())
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks


def test_everything_is_as_it_was_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    model = kinds.model("gru additive").train()
    parameters = flat(model)
    monitor = StabilityMonitor(model, parameters, [kinds.batch("gru additive")], 5)
    attention = type(model.get_submodule("decoder.attention"))
    monkeypatch.setattr(attention, "forward", lambda *_: [].pop())
    with pytest.raises(IndexError):
        monitor.before_update(1)
    assert all(module.training for module in model.modules())
    assert all("step" not in vars(module) and "forward" not in vars(module) for module in model.modules())
    assert not any(module._forward_hooks for module in model.modules())


def test_two_looks_agree_bit_for_bit() -> None:
    model = kinds.model("lstm additive fed").train()
    parameters = flat(model)
    monitor = StabilityMonitor(model, parameters, [kinds.batch("lstm additive fed")], 1)
    records = []
    for update in (1, 2):
        monitor.before_update(update)
        records.append(monitor.after_update(update, [1.0] * len(parameters.map.places)))
    assert records[0] == dataclasses.replace(records[1], update=1)


def test_update_ratios_by_hand() -> None:
    model = kinds.model("transformer").train()
    parameters = flat(model)
    monitor = StabilityMonitor(model, parameters, [kinds.batch("transformer")], 3)
    layer = model.get_submodule("encoder.blocks.1.feed_forward")
    before = torch.cat([p.detach().flatten() for p in layer.parameters()])
    monitor.before_update(3)
    parameters.master.add_(torch.randn_like(parameters.master), alpha=1e-3)
    record = monitor.after_update(3, [0.0] * len(parameters.map.places))
    assert record is not None
    after = torch.cat([p.detach().flatten() for p in layer.parameters()])
    expected = (after - before).norm() / before.norm()
    assert record.update_ratio["encoder.blocks.1.feed_forward"] == pytest.approx(expected.item(), rel=1e-4)


def test_the_ratio_of_weights_that_were_zero_is_one() -> None:
    model = kinds.model("linear to number").train()
    parameters = flat(model)
    parameters.master.zero_()
    monitor = StabilityMonitor(model, parameters, [kinds.batch("linear to number")], 3)
    monitor.before_update(3)
    parameters.master.fill_(0.5)
    record = monitor.after_update(3, [0.0, 0.0])
    assert record is not None
    assert record.update_ratio == {"decoder": pytest.approx(1.0)}


def test_gradient_norms_are_means_and_maxima_since_the_record_before() -> None:
    """The decoder's weight and bias are one layer; each hidden layer of the encoder is one."""
    model = kinds.model("mlp to label").train()
    parameters = flat(model)
    monitor = StabilityMonitor(model, parameters, [kinds.batch("mlp to label")], 3)
    places = [place.name for place in parameters.map.places]

    def update(number: int, weight: float, bias: float) -> StabilityRecord | None:
        values = {"decoder.weight": weight, "decoder.bias": bias}
        monitor.before_update(number)
        return monitor.after_update(number, [values.get(name, 1.0) for name in places])

    first = update(1, 3.0, 4.0)
    assert first is not None
    assert first.gradient_norm["decoder"] == first.largest_gradient_norm["decoder"] == pytest.approx(5.0)
    assert update(2, 6.0, 8.0) is None
    second = update(3, 0.0, 2.0)
    assert second is not None
    assert second.update == 3
    assert second.gradient_norm["decoder"] == pytest.approx(6.0)
    assert second.largest_gradient_norm["decoder"] == pytest.approx(10.0)
    assert second.gradient_norm["encoder.hidden.0"] == pytest.approx(np.sqrt(2))
    assert set(second.gradient_norm) == {"encoder.hidden.0", "encoder.hidden.1", "decoder"}


def test_an_update_that_was_not_made_counts_for_nothing() -> None:
    model = kinds.model("linear to number").train()
    parameters = flat(model)
    monitor = StabilityMonitor(model, parameters, [kinds.batch("linear to number")], 2)
    assert monitor.after_update(3, [1.0, math.nan]) is None
    monitor.before_update(4)
    monitor.before_update(5)
    assert monitor.after_update(5, [3.0, 4.0]) is None
    monitor.before_update(6)
    record = monitor.after_update(6, [0.0, 1.0])
    assert record is not None
    assert record.gradient_norm == {"decoder": pytest.approx(3.0)}
    assert record.largest_gradient_norm == {"decoder": pytest.approx(5.0)}


@pytest.mark.parametrize("cell", ["gru additive", "lstm additive fed", "relu rnn dot", "language model lstm"])
def test_recurrent_weights_begin_orthogonal_and_their_gain_is_told(cell: str) -> None:
    model, batch = kinds.model(cell), kinds.batch(cell)
    parameters = flat(model)
    monitor = StabilityMonitor(model, parameters, [batch], 1)
    fresh = look(model, parameters, monitor).recurrent_gain
    assert fresh == {name: pytest.approx(1, abs=1e-4) for name in fresh}
    assert fresh
    planted = next(iter(fresh))
    with torch.no_grad():
        model.get_submodule(planted).weight_hidden.mul_(2 / 1.01)  # type: ignore[operator]
    after = look(model, parameters, monitor, 2).recurrent_gain
    assert after[planted] == pytest.approx(2, abs=1e-4)
    assert all(gain == pytest.approx(1.01, abs=1e-4) for name, gain in after.items() if name != planted)


def test_models_without_recurrence_have_no_recurrent_gain() -> None:
    model = kinds.model("transformer")
    parameters = flat(model)
    assert (
        look(model, parameters, StabilityMonitor(model, parameters, [kinds.batch("transformer")], 1)).recurrent_gain
        == {}
    )

"""Each rule finds what is planted, and nothing in what is healthy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from planted_runs import (
    CELLS,
    LAYERS,
    TRANSFORMER,
    evidence,
    history,
    look,
    looks,
    losses,
    recipe,
    recurrent,
    rewind,
    skip,
    through_time,
)

from dragoman.diagnosis.stability.finding import Finding, Severity, StabilityVerdict, Symptom
from dragoman.diagnosis.stability.findings import conclude, find
from dragoman.diagnosis.stability.read import StabilityEvidence
from dragoman.diagnosis.stability.rules.advice import calmer_training
from dragoman.diagnosis.stability.rules.updates import WINDOW, blow_ups
from dragoman.recipe import load_recipe


def only(given: StabilityEvidence) -> Finding:
    (finding,) = find(given)
    return finding


def changed(**values: float) -> dict[str, float]:
    return {**dict.fromkeys(LAYERS, 0.3), **{LAYERS[int(name[1:])]: value for name, value in values.items()}}


@pytest.mark.parametrize(
    "healthy",
    [
        evidence(),
        evidence(looks=()),
        evidence(updates=history(losses(5))),
        evidence(updates=history(losses(noise=0.3))),
        evidence(recipe=recurrent("lstm"), looks=looks(**through_time(-0.02))),
        evidence(recipe=recurrent("rnn"), looks=looks(**through_time(0.1))),
        evidence(recipe=recipe(optimizer={"clip_norm": 0.0})),
    ],
    ids=["transformer", "unwatched", "short", "noisy", "lstm", "rnn", "without clipping"],
)
def test_nothing_is_found_in_healthy_runs(healthy: StabilityEvidence) -> None:
    assert find(healthy) == ()
    assert conclude(find(healthy)) is StabilityVerdict.STABLE


@pytest.mark.parametrize(
    ("stage", "module", "said", "remedy"),
    [
        ("input", "source", "what goes in", "Mend or remove these lines of the training data: train.de:17"),
        ("parameter", "decoder.norm.bias", "the weights decoder.norm.bias", "a checkpoint in which decoder.norm.bias"),
        ("output", "decoder.norm", "what comes out of decoder.norm", "training.optimizer.learning_rate = 0.00067"),
        ("gradient", "decoder.norm", "the gradient of what comes out", "training.schedule.warmup = 100 instead of 50"),
        ("loss", None, "the loss", "look at these lines of the training data: train.de:17"),
        (None, None, "found no place", "test the memory"),
    ],
)
def test_numbers_that_are_not_finite(stage: str | None, module: str | None, said: str, remedy: str) -> None:
    finding = only(evidence(skips=(skip(400, stage, module),)))
    assert finding.kind is Symptom.NOT_FINITE
    assert finding.severity is Severity.WARNING
    assert finding.where == (module or "training")
    assert said in finding.what
    assert "1 of 1,001 updates (update 400)" in finding.what
    assert remedy.lower() in finding.remedy.lower()
    assert conclude([finding]) is StabilityVerdict.RECOVERED


def test_each_origin_is_a_finding_of_its_own() -> None:
    found = find(evidence(skips=(skip(400), skip(410, "input", "source"), skip(420))))
    assert [(finding.where, finding.evidence["skipped"]) for finding in found] == [("decoder.norm", 2), ("source", 1)]


def test_a_run_that_ends_in_skips_is_unstable() -> None:
    found = find(evidence(skips=tuple(skip(update) for update in (991, 995, 999))))
    assert conclude(found) is StabilityVerdict.UNSTABLE


def test_skips_that_a_rewind_has_settled_are_over() -> None:
    skips = tuple(skip(update) for update in (60, 61, 62))
    given = evidence(
        recipe=recipe(updates=140), updates=history(losses(140)), looks=looks(2), skips=skips, rewinds=(rewind(62, 40),)
    )
    assert conclude(find(given)) is StabilityVerdict.RECOVERED


def test_half_precision_has_its_own_remedy() -> None:
    finding = only(evidence(recipe=recipe(precision="float16"), skips=(skip(400),)))
    assert 'training.precision = "bfloat16"' in finding.remedy


@pytest.mark.parametrize(
    ("rewinds", "verdict"),
    [
        ((rewind(400, 300),), StabilityVerdict.RECOVERED),
        ((rewind(1000, 950),), StabilityVerdict.RECOVERED),
        ((rewind(1000, 999), rewind(1000, 999), rewind(1000, 999)), StabilityVerdict.UNSTABLE),
    ],
    ids=["long ago", "and done", "thrice"],
)
def test_rewinds(rewinds: tuple[Any, ...], verdict: StabilityVerdict) -> None:
    finding = only(evidence(rewinds=rewinds))
    assert finding.kind is Symptom.REWOUND
    assert finding.evidence["rewinds"] == len(rewinds)
    assert "3 updates of 100 were skipped" in finding.what
    assert conclude([finding]) is verdict


def test_a_run_that_has_only_just_gone_back_is_not_yet_well() -> None:
    finding = only(evidence(recipe=recipe(updates=5000), rewinds=(rewind(1000, 950),)))
    assert finding.severity is Severity.GRAVE


@pytest.mark.parametrize("lasting", [True, False])
def test_a_loss_that_blows_up(lasting: bool) -> None:
    blown = losses()
    blown[600 : None if lasting else 700] += 3.0
    finding = only(evidence(updates=history(blown)))
    assert finding.kind is Symptom.BLOW_UP
    assert 601 <= finding.evidence["update"] <= 601 + WINDOW
    assert conclude([finding]) is (StabilityVerdict.UNSTABLE if lasting else StabilityVerdict.RECOVERED)


def test_a_loss_that_only_ever_rises() -> None:
    rising = 6 + 0.05 * np.arange(200) + 0.1 * np.random.default_rng(0).standard_normal(200)
    assert only(evidence(updates=history(rising))).severity is Severity.GRAVE


@pytest.mark.parametrize("noise", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("updates", [60, 300, 1000])
def test_noise_is_no_blow_up(noise: float, updates: int) -> None:
    for seed in range(10):
        assert not blow_ups(losses(updates, seed, noise)).any()
        learnt = np.abs(losses(updates, seed, noise) - 2)
        assert not blow_ups(learnt).any()


def test_losses_that_are_not_finite_are_left_out() -> None:
    broken = losses()
    broken[::50] = np.nan
    assert find(evidence(updates=history(broken))) == ()


@pytest.mark.parametrize(("ratio", "severity"), [(3.0, Severity.NOTE), (40.0, Severity.WARNING)])
def test_clipping_that_is_always_on(ratio: float, severity: Severity) -> None:
    finding = only(evidence(updates=history(losses(), norm=ratio * 0.5), recipe=recipe(optimizer={"clip_norm": 0.5})))
    assert (finding.kind, finding.severity) == (Symptom.CLIPPED, severity)
    assert finding.evidence["norm over limit"] == pytest.approx(ratio, rel=0.1)
    assert "training.optimizer.clip_norm = " in finding.remedy


@pytest.mark.parametrize(("every", "severity"), [(450, Severity.NOTE), (30, Severity.WARNING)])
def test_spikes_of_the_gradient(every: int, severity: Severity) -> None:
    frame = history(losses())
    frame.loc[every::every, "gradient_norm"] = 50.0
    finding = only(evidence(updates=frame))
    assert (finding.kind, finding.severity) == (Symptom.SPIKES, severity)
    assert finding.evidence["spikes"] == len(range(every, 1000, every))


def test_spikes_below_the_limit_do_not_matter() -> None:
    frame = history(losses(), norm=1e-3)
    frame.loc[30::30, "gradient_norm"] = 0.5
    assert find(evidence(updates=frame)) == ()


def test_updates_too_large_for_the_weights() -> None:
    finding = only(evidence(looks=looks(update_ratio={**dict.fromkeys(LAYERS, 2e-3), LAYERS[3]: 0.2})))
    assert (finding.kind, finding.where) == (Symptom.LARGE_UPDATES, LAYERS[3])
    assert finding.evidence["layers"] == 1


def test_large_updates_while_warming_up_are_none() -> None:
    early = look(1, update_ratio=dict.fromkeys(LAYERS, 0.5))
    assert find(evidence(looks=(early, *looks()[1:]))) == ()


def test_updates_too_small_for_the_weights() -> None:
    finding = only(evidence(looks=looks(update_ratio=dict.fromkeys(LAYERS, 1e-8))))
    assert finding.kind is Symptom.SMALL_UPDATES
    assert "training.optimizer.learning_rate = 0.02" in finding.remedy


@pytest.mark.parametrize(
    ("recipe_of", "growth", "kind", "severity", "remedies"),
    [
        (
            recurrent("rnn"),
            -0.8,
            Symptom.VANISHING_THROUGH_TIME,
            Severity.WARNING,
            ('model.encoder.kind = "lstm"',),
        ),
        (recurrent("rnn"), -0.3, Symptom.VANISHING_THROUGH_TIME, Severity.NOTE, ('model.encoder.kind = "lstm"',)),
        (
            recurrent("rnn", "none"),
            -0.3,
            Symptom.VANISHING_THROUGH_TIME,
            Severity.WARNING,
            ('model.encoder.kind = "lstm"', 'model.decoder.attention = "additive"'),
        ),
        (
            recurrent("lstm"),
            -0.7,
            Symptom.VANISHING_THROUGH_TIME,
            Severity.NOTE,
            ("nothing, if the output is good",),
        ),
        (
            recurrent("gru", "none"),
            -0.2,
            Symptom.VANISHING_THROUGH_TIME,
            Severity.NOTE,
            ("model.decoder.attention",),
        ),
        (
            recurrent("gru", "none"),
            -0.7,
            Symptom.VANISHING_THROUGH_TIME,
            Severity.WARNING,
            ("model.decoder.attention",),
        ),
        (recurrent("rnn"), 0.7, Symptom.EXPLODING_THROUGH_TIME, Severity.WARNING, ("orthogonal", '"lstm"')),
        (
            recurrent("rnn", optimizer={"clip_norm": 0.0}),
            0.7,
            Symptom.EXPLODING_THROUGH_TIME,
            Severity.GRAVE,
            ("training.optimizer.clip_norm = 1.0",),
        ),
    ],
)
def test_gradients_through_time(
    recipe_of: Any, growth: float, kind: Symptom, severity: Severity, remedies: tuple[str, ...]
) -> None:
    finding = only(evidence(recipe=recipe_of, looks=looks(**through_time(growth, cells=CELLS[:1]))))
    assert (finding.kind, finding.severity, finding.where) == (kind, severity, CELLS[0])
    assert finding.evidence["factor"] == pytest.approx(np.exp(40 * growth))
    assert all(remedy.lower() in finding.remedy.lower() for remedy in remedies)


@pytest.mark.parametrize("gain", [0.5, 2.0])
def test_recurrent_weights_that_begin_far_from_orthogonal(gain: float) -> None:
    gains = {CELLS[0]: gain, CELLS[1]: 1.1}
    begun = (look(1, recurrent_gain=gains), *looks()[1:])
    finding = only(evidence(recipe=recurrent("gru"), looks=begun))
    assert (finding.kind, finding.severity, finding.where) == (Symptom.RECURRENT_GAIN, Severity.WARNING, CELLS[0])
    assert f"{gain:.3g} times" in finding.what


def test_recurrent_weights_may_go_where_training_takes_them() -> None:
    assert (
        find(
            evidence(
                recipe=recurrent("gru"),
                looks=(look(1, recurrent_gain={CELLS[0]: 1.0}), look(100, recurrent_gain={CELLS[0]: 3.0})),
            )
        )
        == ()
    )


def test_a_gradient_that_vanishes_to_nothing() -> None:
    seen = {"through_time": {CELLS[0]: (1.0, 1e-20, 1e-40, 0.0, 0.0, 0.0)}, "growth": {CELLS[0]: -46.0}}
    finding = only(evidence(recipe=recurrent("rnn"), looks=looks(**seen)))
    assert finding.evidence["factor"] == 0
    assert "shrinks to 0 over 5 steps" in finding.what


def test_a_language_model_can_cut_its_recurrence_shorter() -> None:
    model = recipe({"kind": "none"}, {"kind": "rnn", "width": 16}, batch={"partition": "sequential", "window": 64})
    finding = only(evidence(recipe=model, looks=looks(**through_time(0.5, cells=CELLS[1:]))))
    assert "training.batch.window = 32 instead of 64" in finding.remedy


@pytest.mark.parametrize(
    ("first", "kind"), [(1e-3, Symptom.VANISHING_OVER_DEPTH), (90.0, Symptom.EXPLODING_OVER_DEPTH)]
)
def test_gradients_over_depth(first: float, kind: Symptom) -> None:
    parts = {**TRANSFORMER, "norm": "post"}
    finding = only(evidence(recipe=recipe(parts, parts), looks=looks(gradient_norm=changed(l0=first))))
    assert (finding.kind, finding.where) == (kind, "encoder.blocks")
    assert (finding.evidence["first"], finding.evidence["last"]) == pytest.approx((first, 0.3))
    assert 'model.encoder.norm = "pre" instead of "post"' in finding.remedy


def test_recurrent_stacks_are_told_of_residual_connections() -> None:
    part = {"kind": "gru", "width": 16, "layers": 3}
    norms = {f"decoder.layers.layers.{layer}.cell": norm for layer, norm in enumerate((1e-4, 0.1, 0.2))}
    finding = only(evidence(recipe=recipe(part, part), looks=looks(gradient_norm=norms)))
    assert "model.decoder.residual = true" in finding.remedy


@pytest.mark.parametrize(("last", "kind"), [(400.0, Symptom.GROWING_ACTIVATION), (1e-4, Symptom.SHRINKING_ACTIVATION)])
def test_activations_over_depth(last: float, kind: Symptom) -> None:
    finding = only(evidence(looks=looks(activation=changed(l7=last))))
    assert (finding.kind, finding.where) == (kind, "decoder.blocks")


def test_layers_without_any_gradient() -> None:
    finding = only(evidence(looks=looks(largest_gradient_norm=changed(l2=0.0))))
    assert (finding.kind, finding.severity, finding.where) == (Symptom.NO_GRADIENT, Severity.WARNING, LAYERS[2])
    everywhere = only(evidence(looks=looks(largest_gradient_norm=dict.fromkeys(LAYERS, 0.0))))
    assert everywhere.severity is Severity.GRAVE


@pytest.mark.parametrize(("share", "severity"), [(0.6, Severity.NOTE), (0.95, Severity.WARNING), (1.0, Severity.GRAVE)])
def test_dead_units(share: float, severity: Severity) -> None:
    finding = only(evidence(looks=looks(dead={LAYERS[0]: 0.0, LAYERS[5]: share})))
    assert (finding.kind, finding.severity, finding.where) == (Symptom.DEAD_UNITS, severity, LAYERS[5])
    assert 'model.decoder.activation = "gelu" instead of "relu"' in finding.remedy


@pytest.mark.parametrize(("share", "severity"), [(0.6, Severity.NOTE), (1.0, Severity.WARNING)])
def test_saturated_units(share: float, severity: Severity) -> None:
    perceptron = recipe(
        {"kind": "mlp", "activation": "tanh"},
        {"kind": "label"},
        label_smoothing=0.0,
    )
    finding = only(evidence(recipe=perceptron, looks=looks(saturated={"encoder.hidden": share})))
    assert (finding.kind, finding.severity) == (Symptom.SATURATED_UNITS, severity)
    assert 'model.encoder.activation = "relu" instead of "tanh"' in finding.remedy


def test_large_attention_scores() -> None:
    scores = {"encoder.blocks.0.attention": 5.0, "decoder.blocks.1.cross_attention": 300.0}
    finding = only(evidence(looks=looks(attention_logit=scores)))
    assert (finding.kind, finding.where) == (Symptom.LARGE_ATTENTION_SCORES, "decoder.blocks.1.cross_attention")
    assert finding.severity is Severity.NOTE
    huge = only(evidence(looks=looks(attention_logit={"decoder.blocks.1.cross_attention": 1e3})))
    assert huge.severity is Severity.WARNING
    assert finding.evidence["attentions"] == 1
    assert "training.optimizer.weight_decay = 0.01" in finding.remedy


def test_the_most_severe_comes_first() -> None:
    blown = losses()
    blown[900:] += 5
    found = find(evidence(updates=history(blown), skips=(skip(400),), looks=looks(dead={LAYERS[0]: 0.6})))
    assert [finding.severity for finding in found] == [Severity.GRAVE, Severity.WARNING, Severity.NOTE]
    assert conclude(found) is StabilityVerdict.UNSTABLE


def test_values_that_are_not_finite_in_a_look_are_passed_over() -> None:
    nan = dict.fromkeys(LAYERS, float("nan"))
    broken = look(850, gradient_norm=nan, activation=nan, update_ratio=nan, dead=nan)
    assert find(evidence(looks=(*looks(), broken))) == ()


@pytest.mark.parametrize(("share", "said"), [(0.2, "0.4 instead of 0.2"), (0.0, "0.05 instead of 0"), (0.9, "0.95")])
def test_a_warm_up_that_is_a_share_is_advised_as_one(share: float, said: str) -> None:
    recipe = load_recipe("tiny", changes={"training": {"schedule": {"warmup_share": share}}})
    assert any(f"training.schedule.warmup_share = {said}" in advice for advice in calmer_training(recipe))

"""Planted shifts of a known kind, from profiles to the verdict, its reasons and its report."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
import shift_kinds
from planted_shift import KINDS, World, planted

from dragoman.diagnosis.shift.advice import Subject, advise
from dragoman.diagnosis.shift.examine import examine
from dragoman.diagnosis.shift.findings import Findings, Sample
from dragoman.diagnosis.shift.report import ShiftReport
from dragoman.diagnosis.shift.sentences import UNTOLD, reasons
from dragoman.diagnosis.shift.settings import Settings
from dragoman.diagnosis.shift.verdict import ShiftKind, judge
from dragoman.errors import InputError
from dragoman.reference.profile import Profile
from dragoman.reports.page import page
from dragoman.reports.written import json_text
from dragoman.shift import power
from dragoman.shift.softmax_classifier import fit_softmax_classifier

QUICK = Settings(permutations=199)
SIZE = 300


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Power is estimated from few samples: its own tests hold how well."""
    monkeypatch.setattr(power, "DRAWS", 2)


def test_planted_kinds_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift_kinds, "TRAINED", 1000)
    monkeypatch.setattr(shift_kinds, "REFERENCE", SIZE)
    found = shift_kinds.of_profiles(12, SIZE, permutations=QUICK.permutations)
    assert {kind for kind, _ in found} == set(KINDS)
    assert sum(kind == named for kind, named in found) >= 11, found


@pytest.fixture(scope="module")
def profiles() -> dict[str, Profile]:
    """The old examples of a world, and new ones of each kind; each says what it holds."""
    draws = np.random.default_rng(5)
    world = World.drawn(draws)
    taught = world.sample(1000, draws)
    classifier = fit_softmax_classifier(taught.values, taught.classes, len(world.shares))
    samples = {"old": world.sample(SIZE, draws), **{kind: planted(kind, world, SIZE, draws) for kind in KINDS}}
    found = {name: shift_kinds.profile(classifier, sample) for name, sample in samples.items()}
    return {name: replace(one, inputs=tuple(f"row {n}" for n in range(SIZE))) for name, one in found.items()}


def without_truth(profile: Profile) -> Profile:
    classes = {kind: replace(one, true=None) for kind, one in profile.classes.items()}
    return replace(profile, losses=None, classes=classes)


def report(old: Profile, new: Profile, *, generative: bool = False) -> ShiftReport:
    samples = Sample("the validation set", len(old)), Sample("the new examples", len(new), copies=2)
    findings, numbers = examine(
        old,
        new,
        QUICK,
        samples=samples,
        numbers=np.arange(len(new)) + 100,
        unit="nats per label",
        generative=generative,
    )
    verdict = judge(numbers)
    advice = advise(verdict, findings, Subject("runs/a b/best", "rows", "rows with labels"))
    return ShiftReport("planted", verdict, reasons(verdict, findings, "rows"), advice, findings, QUICK)


def test_covariate_shift_says_what_differs_and_what_to_do(profiles: dict[str, Profile]) -> None:
    found = report(profiles["old"], without_truth(profiles["covariate"]))
    text = " ".join(found.as_text().split())
    assert text.startswith("planted: covariate shift - The inputs differ: of an old and a new input, a classifier")
    assert "with 300 new rows and 300 old ones" in text
    assert "half its size" in text or "half this size" in text
    assert "dragoman adapt 'runs/a b/best' --corpus FILE" in text or "Nothing needs to be done yet" in text
    inputs = found.findings.inputs
    assert 0.6 < inputs.auc < 1
    assert inputs.features[0].p_value <= inputs.features[-1].p_value
    assert [one.score for one in inputs.foreign] == sorted((one.score for one in inputs.foreign), reverse=True)
    assert all(one.text == f"row {one.number - 101}" for one in inputs.foreign)
    assert len(inputs.foreign) == 10


@pytest.mark.parametrize("kind", ["none", "covariate", "label", "concept"])
def test_without_references_nothing_but_one_phrase_is_said_of_concept_shift(
    profiles: dict[str, Profile], kind: str
) -> None:
    found = report(profiles["old"], without_truth(profiles[kind]))
    assert found.to_dict()["concept_shift"] == UNTOLD == "cannot be told without references"
    said = [line for line in found.as_text().lower().splitlines() if "concept" in line or "like inputs" in line]
    assert said == [f"concept shift: {UNTOLD}"]
    assert ShiftKind.CONCEPT not in found.verdict.kinds


def test_label_shift_gives_shares_with_intervals_and_the_gain_of_reweighting(profiles: dict[str, Profile]) -> None:
    shares = profiles["label"].classes["labels"].counts() / SIZE
    found = report(profiles["old"], without_truth(profiles["label"]))
    assert found.verdict.kind is ShiftKind.LABEL
    (classes,) = found.findings.classes
    assert all(share.low <= share.new <= share.high for share in classes.shares)
    inside = [share.low - 0.02 <= true <= share.high + 0.02 for share, true in zip(classes.shares, shares, strict=True)]
    assert sum(inside) >= 3
    assert classes.before is not None
    assert classes.after is not None
    assert found.advice[0].value == pytest.approx(classes.after.value - classes.before.value)
    assert "Re-weight the probabilities of the labels" in found.advice[0].sentence
    # With true labels, they are counted, and accuracies are measured.
    known = report(profiles["old"], profiles["label"])
    assert known.verdict.kind is ShiftKind.LABEL
    assert [share.new for share in known.findings.classes[0].shares] == pytest.approx(shares.tolist())
    assert "accuracy measured" in known.advice[0].sentence


def test_counted_shares_differ_also_where_too_few_old_examples_have_them(profiles: dict[str, Profile]) -> None:
    """All new examples are of one class, which the old sample has hardly any of."""
    labels = profiles["none"].classes["labels"].true
    old_labels = profiles["old"].classes["labels"].true
    assert labels is not None
    assert old_labels is not None
    rare = np.flatnonzero(old_labels == 0)[:10]
    old = profiles["old"].select(np.concatenate([np.flatnonzero(old_labels != 0), rare]))
    found = report(old, profiles["none"].select(labels == 0))
    assert found.findings.explanation is None
    assert "are left with the new shares" in found.findings.classes[0].remark
    assert found.because
    assert found.advice


def test_concept_shift_gives_the_gap_that_new_pairs_can_win(profiles: dict[str, Profile]) -> None:
    found = report(profiles["old"], profiles["concept"])
    outputs = found.findings.outputs
    assert found.verdict.kind is ShiftKind.CONCEPT
    assert outputs is not None
    assert outputs.low < outputs.gap < outputs.high
    assert found.advice[0].value == outputs.gap
    assert f"at most about {outputs.gap:.3f}" in found.advice[0].sentence


def test_a_language_model_has_no_concept_shift(profiles: dict[str, Profile]) -> None:
    found = report(profiles["old"], profiles["concept"], generative=True)
    assert "reads no input" in found.findings.untold
    assert found.findings.outputs is None


def test_documents_are_permuted_whole(profiles: dict[str, Profile]) -> None:
    """Ten documents, of which each has a shift of its own: by document nothing is found, by example much."""
    draws = np.random.default_rng(2)
    sides = []
    for _ in range(2):
        values = draws.normal(size=(SIZE, 3)) + np.repeat(draws.normal(size=(15, 3)), SIZE // 15, axis=0)
        documents = np.repeat(np.arange(15), SIZE // 15)
        sides.append(Profile(("a", "b", "c"), values.astype(np.float32), documents=documents))
    assert report(*sides).verdict.kind is ShiftKind.NONE
    alone = [replace(side, documents=None) for side in sides]
    assert report(*alone).verdict.kind is ShiftKind.COVARIATE


def test_inputs_far_from_all_old_ones_leave_the_expected_loss_unknown(profiles: dict[str, Profile]) -> None:
    new = without_truth(profiles["none"])
    far = replace(new, values=new.values + 30)
    sentence = report(profiles["old"], far).advice[0].sentence
    assert "cannot be estimated" in sentence


def test_the_report_is_json_and_a_page_with_pictures(profiles: dict[str, Profile]) -> None:
    found = report(profiles["old"], profiles["label"])
    values = json.loads(json_text(found))
    assert values["verdict"] == "label shift"
    assert {answer["question"] for answer in values["questions"]} >= {"Do the inputs differ?"}
    assert values["settings"] == {"alpha": 0.05, "permutations": 199, "seed": 1}
    sections = found.sections()
    pictures = [picture.title for section in sections for picture in section.pictures]
    assert pictures == ["p-value of each question", "distributions of the features", "shares of the labels"]
    assert "Verdict: label shift" in page("Shift", sections)
    assert "label shift" in repr(found)
    assert isinstance(found.findings, Findings)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"alpha": 0.0}, "between 0 and 1"),
        ({"permutations": 5}, "from 99 to"),
        ({"seed": -1}, "from 0 on"),
        ({"alpha": 0.001}, "at least 1,999 permutations"),
    ],
)
def test_settings_that_cannot_be_are_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Settings(**given)  # type: ignore[arg-type]

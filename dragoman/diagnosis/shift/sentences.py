"""The findings as sentences with numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from dragoman.diagnosis.shift.findings import ClassShift, Findings
from dragoman.diagnosis.shift.verdict import Answer, Question, ShiftKind, Verdict
from dragoman.reports.text import loss_text, percent_text

UNTOLD = "cannot be told without references"
"""What is said of concept shift where the true outputs of the new inputs are not known, and nothing else is."""
_SIZES = ((0.6, "a small difference"), (0.75, "a clear difference"), (math.inf, "a large difference"))
"""What the area under the curve of a classifier is called up to a limit."""
_UNLIKELY = 0.5
_SEEN = 2.8
"""Standard errors of a gap that is found with a probability of 80 % at α = 0.05: 1.96 + 0.84."""
_NAMED_CLASSES = 3


def probability_text(p_value: float) -> str:
    """A p-value for people.

    >>> probability_text(0.0012), probability_text(0.43)
    ('0.001', '0.43')
    """
    return f"{p_value:.3f}" if p_value < 0.1 else f"{p_value:.2f}"


def reasons(verdict: Verdict, findings: Findings, plural: str) -> tuple[str, ...]:
    """The reasons for a verdict, that of the kind to act on first: effect size, p-value, sample sizes and power.

    Args:
        verdict: the verdict.
        findings: what was found.
        plural: plural name of the inputs, such as ``texts``.
    """
    answers = {answer.question: answer for answer in verdict.answers}
    found = [sentence for kind in verdict.kinds for sentence in _OF_KIND[kind](findings, answers, plural)]
    return tuple(dict.fromkeys([*found, *_of_power(verdict, findings, plural)]))


def inputs_sentence(findings: Findings, plural: str) -> str:
    """How much the inputs differ, in words."""
    inputs = findings.inputs
    size = next(name for limit, name in _SIZES if inputs.auc < limit)
    return (
        f"of an old and a new input, a classifier finds out which is which in {100 * inputs.auc:.0f} of 100 cases (AUC "
        f"{inputs.auc:.2f}; by chance 0.50), {size}, {_tested(inputs.p_value, findings, plural)}"
    )


def classes_sentence(classes: ClassShift) -> str:
    """How much the shares of classes differ, in words."""
    most = sorted(classes.shares, key=lambda share: -abs(share.new - share.old))[:_NAMED_CLASSES]
    shown = "; ".join(f"{share.name} {percent_text(share.old)} → {percent_text(share.new)}" for share in most)
    return (
        f"{percent_text(classes.distance)} of the examples would have to be of another class for the shares to be as "
        f"before ({shown})"
    )


def _tested(p_value: float, findings: Findings, plural: str) -> str:
    documents = findings.new.documents
    within = "" if documents is None else f" in {documents:,} documents"
    return (
        f"p = {probability_text(p_value)} with {findings.new.examples:,} new {plural}{within} and "
        f"{findings.old.examples:,} old ones"
    )


Answers = Mapping[Question, Answer]


def _of_none(findings: Findings, answers: Answers, plural: str) -> Iterator[str]:
    yield f"The inputs were not found to differ: {inputs_sentence(findings, plural)}."
    if findings.outputs is not None and Question.OUTPUTS in answers:
        yield f"The outputs of like inputs were not found to differ: {_gap(findings)}."
        yield (
            f"With so many examples a gap below {loss_text(_SEEN * findings.outputs.error)} {findings.expected.unit} "
            "is missed more often than in one of five samples."
        )


def _of_inputs(findings: Findings, answers: Answers, plural: str) -> Iterator[str]:
    yield f"The inputs differ: {inputs_sentence(findings, plural)}."
    explanation = findings.explanation
    if explanation is not None and explanation.within is not None and Question.WITHIN_CLASSES in answers:
        yield (
            f"The shares of the {explanation.kind} alone do not explain it: old examples with the new shares differ "
            f"from the new inputs, too, p = {probability_text(explanation.within)}."
        )


def _of_classes(findings: Findings, answers: Answers, plural: str) -> Iterator[str]:
    classes = findings.shifted_classes
    if classes is None:
        return
    counted = "" if classes.observed is None else f", p = {probability_text(classes.observed)}"
    yield f"The shares of the {classes.kind} differ: {classes_sentence(classes)}{counted}."
    answer = answers.get(Question.WITHIN_CLASSES)
    if answer is None:
        return
    if answer.rejects:
        yield (
            "That is not all: old examples with the new shares differ from the new inputs, too, p = "
            f"{probability_text(answer.p_value)}."
        )
    else:
        yield (
            "They explain the new inputs: old examples with the new shares were not found to differ from them, p = "
            f"{probability_text(answer.p_value)}. Otherwise, {inputs_sentence(findings, plural)}."
        )


def _of_outputs(findings: Findings, answers: Answers, plural: str) -> Iterator[str]:
    yield f"The outputs of like inputs differ: {_gap(findings)}."


_OF_KIND: Mapping[ShiftKind, Callable[[Findings, Answers, str], Iterator[str]]] = MappingProxyType(
    {
        ShiftKind.NONE: _of_none,
        ShiftKind.COVARIATE: _of_inputs,
        ShiftKind.LABEL: _of_classes,
        ShiftKind.CONCEPT: _of_outputs,
    }
)


def _gap(findings: Findings) -> str:
    outputs = findings.outputs
    assert outputs is not None
    higher = "higher" if outputs.gap >= 0 else "lower"
    residual = ""
    if outputs.residual:
        residual = f"; {outputs.residual} differs by {loss_text(outputs.residual_effect)}"
    return (
        f"the loss on the new examples is {loss_text(outputs.new)} {findings.expected.unit}, and "
        f"{loss_text(abs(outputs.gap), outputs.error)} {higher} than on old examples {outputs.alike}{residual}, "
        f"p = {probability_text(outputs.p_value)} with {findings.new.examples:,} new and {findings.old.examples:,} old "
        "examples"
    )


def _of_power(verdict: Verdict, findings: Findings, plural: str) -> Iterator[str]:
    inputs, count = findings.inputs, f"At {findings.new.examples:,} {plural}"
    if ShiftKind.NONE in verdict.kinds:
        if inputs.detectable is not None:
            yield (
                f"{count} a shift with an AUC below {inputs.detectable:.2f} is missed more often than in one of five "
                "samples."
            )
        return
    if inputs.power is None or inputs.power_of_half is None:
        return
    if verdict.kinds == (ShiftKind.CONCEPT,):
        return
    half = f"about {100 * inputs.power_of_half:.0f} %"
    if inputs.power_of_half < _UNLIKELY:
        yield f"{count} a shift half this size would be missed: it is found with a probability of {half}."
    else:
        yield (
            f"{count} a shift of this size is found with a probability of about {100 * inputs.power:.0f} %, and one "
            f"half its size with {half}."
        )

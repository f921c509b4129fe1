"""What to do about a shift, and what it is expected to bring."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dragoman.diagnosis.shift.expectation import FEWEST, Expectation
from dragoman.diagnosis.shift.findings import Findings
from dragoman.diagnosis.shift.verdict import ShiftKind, Verdict
from dragoman.reports.text import loss_text, percent_text

PAIRS = 1_000
"""Pairs that adaptation is known to gain much from, by the benchmark of going on from a model."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice.

    Attributes:
        kind: the kind of shift that it is for.
        what: what to do, as a sentence.
        gain: sentence on what it is expected to bring.
        command: command to type; empty for none.
        value: the gain as a number, of the loss or of the accuracy; None if it cannot be estimated.
    """

    kind: ShiftKind
    what: str
    gain: str
    command: str = ""
    value: float | None = None

    @property
    def sentence(self) -> str:
        """The advice for people to read."""
        typed = f" {self.command}" if self.command else ""
        return f"{self.what} {self.gain}{typed}".rstrip()


@dataclass(frozen=True, slots=True)
class Subject:
    """The model that advice is on, in words.

    Attributes:
        folder: the folder of the model.
        inputs: plural name of its inputs, such as ``texts``.
        examples: plural name of its examples, such as ``pairs``.
    """

    folder: str
    inputs: str
    examples: str

    @property
    def typed(self) -> str:
        """The folder as it is typed in a command."""
        return shlex.quote(self.folder)


def advise(verdict: Verdict, findings: Findings, subject: Subject) -> tuple[Advice, ...]:
    """What to do next for each kind of shift that was found, the most urgent first."""
    return tuple(_OF_KIND[kind](findings, subject) for kind in verdict.kinds)


def _of_none(findings: Findings, subject: Subject) -> Advice:
    return Advice(
        ShiftKind.NONE,
        "Nothing needs to be done.",
        "To be told when this changes, let new inputs be watched:",
        f"dragoman monitor {subject.typed} --log FILE",
    )


def _of_inputs(findings: Findings, subject: Subject) -> Advice:
    what = f"Collect some {PAIRS:,} {subject.examples} of such {subject.inputs}, and go on from the model with them."
    command = f"dragoman adapt {subject.typed} --corpus FILE"
    expected = findings.expected
    if expected.old_accuracy is not None and expected.new_accuracy is not None:
        old, new = expected.old_accuracy, expected.new_accuracy
        if not new.known:
            return Advice(ShiftKind.COVARIATE, what, _unknown(findings, new), command)
        gain = (
            f"The accuracy {_known(findings)} on them is {_share(new)} instead of {_share(old)}; adapting can win back "
            "about the difference."
        )
        return Advice(ShiftKind.COVARIATE, what, gain, command, max(old.value - new.value, 0.0))
    old_loss, new_loss = expected.old_loss, expected.new_loss
    if old_loss is None or new_loss is None:
        return Advice(ShiftKind.COVARIATE, what, "What it brings cannot be estimated without references.", command)
    if not new_loss.known:
        return Advice(ShiftKind.COVARIATE, what, _unknown(findings, new_loss), command)
    gap = new_loss.value - old_loss.value
    if gap <= 2 * new_loss.error:
        what = f"Nothing needs to be done yet: the model is no worse on such {subject.inputs}."
        gain = (
            f"The loss {_known(findings)} on them is {_loss(new_loss)} {expected.unit}, and {_loss(old_loss)} on the "
            "old ones, so adapting to them can win little."
        )
        return Advice(ShiftKind.COVARIATE, what, gain, value=max(gap, 0.0))
    gain = (
        f"The loss {_known(findings)} on them is {_loss(new_loss)} {expected.unit} instead of {_loss(old_loss)}; "
        "adapting can win back about the difference."
    )
    return Advice(ShiftKind.COVARIATE, what, gain, command, gap)


def _of_classes(findings: Findings, subject: Subject) -> Advice:
    classes = findings.shifted_classes
    assert classes is not None
    before, after = classes.before, classes.after
    if before is None or after is None:
        what = (
            "Let the training examples count by how much they are like the new ones: the same command with "
            "--write-weights FILE writes their weights, by which `dragoman train --weights FILE` trains."
        )
        return Advice(ShiftKind.LABEL, what, _expected_loss(findings))
    what = (
        "Re-weight the probabilities of the labels by the new shares, which needs no training: the same command with "
        "--write-model FOLDER writes such a model."
    )
    if not before.known:
        return Advice(ShiftKind.LABEL, what, _unknown(findings, before))
    gain = f"The accuracy {_known(findings)} on the new inputs is {_share(after)} instead of {_share(before)}."
    return Advice(ShiftKind.LABEL, what, gain, value=after.value - before.value)


def _of_outputs(findings: Findings, subject: Subject) -> Advice:
    outputs = findings.outputs
    assert outputs is not None
    what = f"Go on from the model with new {subject.examples}: old ones teach it what no longer holds."
    gain = f"It gains at most about {loss_text(max(outputs.gap, 0.0), outputs.error)} {findings.expected.unit}."
    if outputs.gap < 0:
        gain = "The loss is lower than before, so nothing is to be won; find out why the outputs differ."
    command = f"dragoman adapt {subject.typed} --corpus FILE"
    return Advice(ShiftKind.CONCEPT, what, gain, command, max(outputs.gap, 0.0))


_OF_KIND: Mapping[ShiftKind, Callable[[Findings, Subject], Advice]] = MappingProxyType(
    {
        ShiftKind.NONE: _of_none,
        ShiftKind.COVARIATE: _of_inputs,
        ShiftKind.LABEL: _of_classes,
        ShiftKind.CONCEPT: _of_outputs,
    }
)


def _expected_loss(findings: Findings) -> str:
    expected = findings.expected
    if expected.old_loss is None or expected.new_loss is None:
        return "What it brings cannot be estimated without references."
    if not expected.new_loss.known:
        return _unknown(findings, expected.new_loss)
    return (
        f"The loss {_known(findings)} on the new inputs is {_loss(expected.new_loss)} {expected.unit} instead of "
        f"{_loss(expected.old_loss)}; at most the difference can be won back."
    )


def _unknown(findings: Findings, expected: Expectation) -> str:
    return (
        f"What it brings cannot be estimated: the new inputs are so unlike the old ones that the "
        f"{findings.old.examples:,} old examples count as {expected.effective:,.0f}, and {FEWEST} are needed."
    )


def _known(findings: Findings) -> str:
    return "measured" if findings.expected.measured else "expected"


def _share(expected: Expectation) -> str:
    return f"{percent_text(expected.value)} (± {percent_text(expected.error)})"


def _loss(expected: Expectation) -> str:
    return loss_text(expected.value, expected.error)

"""The kind of a shift, from the p-values of its tests.

These questions are asked of the reference (old) and of new examples:

- Do the inputs differ in distribution, p(x)? The two-sample test answers.
- Where the true labels of new examples are known: do their shares differ, p(y)?
- Where inputs or shares differ and classes are known: do the inputs differ within the classes too, p(x | y)? If not,
  and the shares of the classes differ, it is a label shift: p(y) alone has changed. The two-sample test on old examples
  that have the new shares answers.
- Where the true outputs of new examples are known: do the outputs of like inputs differ, p(y | x)? The losses answer.

The probability of a wrong "yes" to any of them is held at α by a sequentially rejective procedure (Holm 1979; Bretz et
al. 2009, "A graphical approach to sequentially rejective multiple test procedures"): α is divided evenly among the
questions that are open; one that is answered with "yes" hands its part on: to the question on the inputs within the
classes, if that was not open yet, else to all that are open.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import Enum


class ShiftKind(Enum):
    """What has changed between two samples; the value is a phrase for people to read."""

    NONE = "no shift found"
    """Nothing was found that sets the new examples apart."""
    COVARIATE = "covariate shift"
    """The inputs are others: p(x) has changed."""
    LABEL = "label shift"
    """The classes are more or less frequent, and the inputs of each class are as before: p(y) has changed."""
    CONCEPT = "concept shift"
    """The outputs of the same inputs are others: p(y | x) has changed."""


class Question(Enum):
    """A hypothesis of no change; the value is the question as people read it."""

    INPUTS = "Do the inputs differ?"
    SHARES = "Do the shares of the labels differ?"
    WITHIN_CLASSES = "Do the inputs differ within the classes?"
    OUTPUTS = "Do the outputs of like inputs differ?"


@dataclass(frozen=True, slots=True)
class ShiftNumbers:
    """The numbers that a verdict rests on.

    Attributes:
        inputs: p-value of "the inputs are distributed as before".
        shares: p-value of "the labels are as frequent as before"; None where true labels are not known.
        within_classes: p-value of "the inputs of each class are distributed as before"; None where no classes are
            known, or their new shares cannot be estimated.
        shares_differ: whether the shares of the classes have changed significantly.
        outputs: p-value of "the outputs of like inputs are as before"; None without true outputs.
    """

    inputs: float
    shares: float | None = None
    within_classes: float | None = None
    shares_differ: bool = False
    outputs: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    Attributes:
        question: the question.
        p_value: p-value of "no".
        level: level that the p-value was compared with.
        rejects: whether the answer is "yes": the p-value is at most the level.
    """

    question: Question
    p_value: float
    level: float
    rejects: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kinds of shift that were found.

    Attributes:
        kinds: at least one kind, the one to act on first.
        answers: an answer for each question that was asked.
    """

    kinds: tuple[ShiftKind, ...]
    answers: tuple[Answer, ...]

    @property
    def kind(self) -> ShiftKind:
        """The kind to act on."""
        return self.kinds[0]


def judge(numbers: ShiftNumbers, alpha: float = 0.05) -> Verdict:
    """The kinds of shift that the p-values show.

    Concept shift comes first where several are found: only new pairs remedy it, and they remedy the others too.

    Args:
        numbers: p-values of the questions.
        alpha: probability of a wrong answer to any question.

    >>> judge(ShiftNumbers(inputs=0.001, within_classes=0.4, shares_differ=True)).kind
    <ShiftKind.LABEL: 'label shift'>
    >>> judge(ShiftNumbers(inputs=0.001, within_classes=0.001, shares_differ=True)).kind
    <ShiftKind.COVARIATE: 'covariate shift'>
    """
    answers = _answered(numbers, alpha)
    yes = {answer.question for answer in answers if answer.rejects}
    kinds = [ShiftKind.CONCEPT] if Question.OUTPUTS in yes else []
    explained = numbers.shares_differ and numbers.within_classes is not None and Question.WITHIN_CLASSES not in yes
    if explained and yes & {Question.INPUTS, Question.SHARES}:
        kinds.append(ShiftKind.LABEL)
    elif Question.INPUTS in yes:
        kinds.append(ShiftKind.COVARIATE)
    elif Question.SHARES in yes and not kinds:
        kinds.append(ShiftKind.LABEL)
    return Verdict(tuple(kinds) or (ShiftKind.NONE,), answers)


def _answered(numbers: ShiftNumbers, alpha: float) -> tuple[Answer, ...]:
    asked = {
        Question.INPUTS: numbers.inputs,
        Question.SHARES: numbers.shares,
        Question.WITHIN_CLASSES: numbers.within_classes,
        Question.OUTPUTS: numbers.outputs,
    }
    p_values = {question: p for question, p in asked.items() if p is not None}
    levels: dict[Question, float] = {}
    rejected: set[Question] = set()
    while opened := [question for question in p_values if question not in rejected and _is_open(question, rejected)]:
        level = alpha / len(opened)
        levels |= dict.fromkeys(opened, level)
        found = {question for question in opened if p_values[question] <= level}
        if not found:
            break
        rejected |= found
    return tuple(
        Answer(question, p, levels[question], question in rejected)
        for question, p in p_values.items()
        if question in levels
    )


def _is_open(question: Question, rejected: Set[Question]) -> bool:
    return question is not Question.WITHIN_CLASSES or bool(rejected & {Question.INPUTS, Question.SHARES})

"""The kind of a shift, from the p-values of its tests.

Three questions are asked of the reference (old) and of new examples:

1. Do the inputs differ in distribution, p(x)? The two-sample test answers.
2. Where they differ and classes are known: do they still differ within the classes, p(x | y)? If not, and the shares of
   the classes differ, it is a label shift: p(y) alone has changed. The two-sample test on the old examples, re-weighted
   to the new shares, answers.
3. Where the true outputs of new examples are known: do the outputs of like inputs differ, p(y | x)? The losses answer.

The probability of a wrong answer to any of them is held at α by a sequentially rejective procedure (Holm 1979; Bretz
et al. 2009, "A graphical approach to sequentially rejective multiple test procedures"): question 1, followed by
question 2, has one half of α, and question 3 the other; a half of which all hypotheses are rejected hands its α to the
other.
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
    WITHIN_CLASSES = "Do the inputs differ within the classes?"
    OUTPUTS = "Do the outputs of like inputs differ?"


@dataclass(frozen=True, slots=True)
class ShiftNumbers:
    """The numbers that a verdict rests on.

    Attributes:
        inputs: p-value of "the inputs are distributed as before".
        within_classes: p-value of "the inputs of each class are distributed as before"; None where no classes are
            known, or their new shares cannot be estimated.
        shares_differ: whether the shares of the classes have changed significantly.
        outputs: p-value of "the outputs of like inputs are as before"; None without true outputs.
    """

    inputs: float
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
    if Question.INPUTS in yes:
        is_label = numbers.shares_differ and numbers.within_classes is not None
        kinds.append(ShiftKind.LABEL if is_label and Question.WITHIN_CLASSES not in yes else ShiftKind.COVARIATE)
    return Verdict(tuple(kinds) or (ShiftKind.NONE,), answers)


_HALVES = ((Question.INPUTS, Question.WITHIN_CLASSES), (Question.OUTPUTS,))
"""The questions that each half of α is spent on, one after the other."""


def _answered(numbers: ShiftNumbers, alpha: float) -> tuple[Answer, ...]:
    asked = {
        Question.INPUTS: numbers.inputs,
        Question.WITHIN_CLASSES: numbers.within_classes,
        Question.OUTPUTS: numbers.outputs,
    }
    p_values = {question: p for question, p in asked.items() if p is not None}
    levels: dict[Question, float] = {}
    rejected: set[Question] = set()
    while following := _following(p_values.keys() - rejected):
        # A half of which all hypotheses are rejected hands its share to the other.
        level = alpha / len(following)
        levels |= dict.fromkeys(following, level)
        found = {question for question in following if p_values[question] <= level}
        if not found:
            break
        rejected |= found
    return tuple(
        Answer(question, p, levels[question], question in rejected)
        for question, p in p_values.items()
        if question in levels
    )


def _following(left: Set[Question]) -> list[Question]:
    """The next question of each half that has one left."""
    firsts = (next((question for question in half if question in left), None) for half in _HALVES)
    return [question for question in firsts if question is not None]

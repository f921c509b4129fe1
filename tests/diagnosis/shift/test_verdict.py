"""The kinds of shift that p-values show, and the error of all questions together."""

from __future__ import annotations

import numpy as np
import pytest

from dragoman.diagnosis.shift.verdict import Question, ShiftKind, ShiftNumbers, Verdict, judge

NONE, COVARIATE, LABEL, CONCEPT = ShiftKind.NONE, ShiftKind.COVARIATE, ShiftKind.LABEL, ShiftKind.CONCEPT


def numbers(
    inputs: float, within: float | None = None, outputs: float | None = None, shares: float | None = None
) -> ShiftNumbers:
    return ShiftNumbers(inputs, shares, within, shares_differ=within is not None, outputs=outputs)


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        (numbers(0.2), (NONE,)),
        (numbers(0.049), (COVARIATE,)),
        (numbers(0.001, within=0.2), (LABEL,)),
        (numbers(0.001, within=0.01), (COVARIATE,)),
        (numbers(0.2, within=0.5, shares=0.001), (LABEL,)),
        (numbers(0.2, within=0.001, shares=0.001, outputs=0.001), (CONCEPT,)),
        (numbers(0.2, within=0.001, shares=0.001, outputs=0.2), (LABEL,)),
        (numbers(0.001, within=0.001, shares=0.001, outputs=0.2), (COVARIATE,)),
        (ShiftNumbers(0.001, within_classes=0.2, shares_differ=False), (COVARIATE,)),
        (numbers(0.2, within=0.9), (NONE,)),
        (numbers(0.2, outputs=0.2), (NONE,)),
        (numbers(0.9, outputs=0.02), (CONCEPT,)),
        (numbers(0.9, outputs=0.04), (NONE,)),
        (numbers(0.04, outputs=0.9), (NONE,)),
        (numbers(0.04, outputs=0.02), (CONCEPT, COVARIATE)),
        (numbers(0.02, outputs=0.04), (CONCEPT, COVARIATE)),
        (numbers(0.001, within=0.9, outputs=0.001), (CONCEPT, LABEL)),
        (numbers(0.001, within=0.9, outputs=0.04), (LABEL,)),
        (numbers(0.001, within=0.02, outputs=0.04), (CONCEPT, COVARIATE)),
    ],
)
def test_the_kinds_follow_from_the_p_values(given: ShiftNumbers, kinds: tuple[ShiftKind, ...]) -> None:
    assert judge(given).kinds == kinds


def test_a_question_that_was_not_reached_has_no_answer() -> None:
    answers = judge(numbers(0.5, within=0.001, outputs=0.5)).answers
    assert [answer.question for answer in answers] == [Question.INPUTS, Question.OUTPUTS]
    assert [answer.level for answer in answers] == [0.025, 0.025]


def wrong(verdict: Verdict, true: set[Question]) -> bool:
    """Whether a hypothesis that holds was rejected."""
    return any(answer.rejects and answer.question in true for answer in verdict.answers)


@pytest.mark.parametrize(
    "true",
    [
        set(Question),
        {Question.WITHIN_CLASSES, Question.OUTPUTS},
        {Question.SHARES, Question.WITHIN_CLASSES},
        {Question.WITHIN_CLASSES},
        {Question.OUTPUTS},
    ],
)
def test_all_questions_together_err_no_more_often_than_alpha(true: set[Question]) -> None:
    """p-values of hypotheses that hold are uniform; those of others are tiny, or uniform too."""
    draws = np.random.default_rng(1)
    for others in (1e-9, 1.0):
        errors = 0
        for _ in range(500):
            p = {question: draws.uniform(0, 1 if question in true else others) for question in Question}
            verdict = judge(
                ShiftNumbers(
                    p[Question.INPUTS], p[Question.SHARES], p[Question.WITHIN_CLASSES], True, p[Question.OUTPUTS]
                ),
                alpha=0.1,
            )
            errors += wrong(verdict, true)
        assert errors / 500 < 0.1 + 3 * np.sqrt(0.1 * 0.9 / 500)

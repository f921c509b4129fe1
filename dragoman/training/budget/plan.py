"""How many updates fit into a time, beside validating, evaluating and saving."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dragoman.training.budget.corpus import CorpusSeen
from dragoman.training.budget.deadline import ending_seconds

_RESERVE = 0.05
"""Share of the whole time that is planned for nothing."""
VALIDATIONS = 10
"""Validations of a run, if their time allows."""
_FEWEST_VALIDATIONS = 2
_OF_VALIDATING = 0.15
"""Share of the whole time that validations may take."""
_VALIDATION_COST = 2.5
"""Time that a token of the validation set takes in a validation, as a multiple of a training token's: losses and greedy
translations, measured of the model of ``tiny`` after 60 updates on Multi30k, with one thread."""
_TRANSLATED = 1000
"""Validation pairs that are translated at most, and the losses of all are measured."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a model is trained on a machine.

    Attributes:
        seconds_per_update: seconds that an update takes.
        tokens_per_update: target tokens of an update.
        beginning: seconds before the first update, in which links and first embeddings are learnt.
    """

    seconds_per_update: float
    tokens_per_update: float
    beginning: float = 0.0

    def pass_seconds(self, seen: CorpusSeen) -> float:
        """Seconds of one pass over a corpus."""
        return self.seconds_per_update * seen.target_tokens / self.tokens_per_update

    def validation_seconds(self, seen: CorpusSeen) -> float:
        """Seconds of a validation, as far as that can be told from training."""
        return _VALIDATION_COST * self.seconds_per_update * seen.validation_tokens / self.tokens_per_update


@dataclass(frozen=True, slots=True)
class Plan:
    """How the time of a run is spent.

    Attributes:
        updates: updates that fit; 0 or less if none does.
        validations: validations among them.
        passes: passes over the corpus that the updates are.
    """

    updates: int
    validations: int
    passes: float


def plan_within(seconds: float, spent: float, speed: Speed, seen: CorpusSeen) -> Plan:
    """The updates that fit into the time of a run.

    Args:
        seconds: the whole time.
        spent: how much of it is over.
        speed: how fast the model is trained.
        seen: the corpus.
    """
    validation = speed.validation_seconds(seen)
    fitting = int(_OF_VALIDATING * seconds / validation) if validation else VALIDATIONS
    validations = min(max(fitting, _FEWEST_VALIDATIONS), VALIDATIONS)
    ending = ending_seconds(seconds, validation, evaluated_share(seen.validation_pairs, seen.test_pairs))
    left = (1 - _RESERVE) * seconds - spent - speed.beginning - ending - validations * validation
    updates = math.floor(left / speed.seconds_per_update)
    return Plan(updates, validations, passes_of(updates, speed, seen))


def passes_of(updates: int, speed: Speed, seen: CorpusSeen) -> float:
    """The passes over a corpus that some updates are."""
    return updates * speed.tokens_per_update / seen.target_tokens


def seconds_for(passes: float, spent: float, speed: Speed, seen: CorpusSeen) -> float:
    """The least whole time into which so many passes fit."""
    updates = math.ceil(passes * seen.target_tokens / speed.tokens_per_update)
    low, high = 0.0, 1.0
    while plan_within(high, spent, speed, seen).updates < updates:
        low, high = high, 2 * high
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        fits = plan_within(middle, spent, speed, seen).updates >= updates
        low, high = (low, middle) if fits else (middle, high)
    return high


def evaluated_share(validation_pairs: int, test_pairs: int) -> float:
    """How much larger the set is that a model is evaluated on than what each validation translates."""
    evaluated = test_pairs or validation_pairs
    return evaluated / max(min(validation_pairs, _TRANSLATED), 1)

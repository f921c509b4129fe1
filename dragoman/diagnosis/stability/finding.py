"""The findings that a diagnosis of stability can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    GRAVE = "grave"
    """The run's result cannot be trusted, or this will be the end of it."""
    WARNING = "warning"
    """It reduces quality, or may become grave."""
    NOTE = "note"
    """Worth knowing; healthy runs have it too."""

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


class Symptom(StrEnum):
    """What was found; the value is a phrase for people to read."""

    NOT_FINITE = "not finite"
    REWOUND = "rewound"
    BLOW_UP = "blow-up"
    CLIPPED = "always clipped"
    SPIKES = "gradient spikes"
    LARGE_UPDATES = "large updates"
    SMALL_UPDATES = "small updates"
    EXPLODING_THROUGH_TIME = "exploding through time"
    VANISHING_THROUGH_TIME = "vanishing through time"
    RECURRENT_GAIN = "recurrent gain"
    EXPLODING_OVER_DEPTH = "exploding over depth"
    VANISHING_OVER_DEPTH = "vanishing over depth"
    GROWING_ACTIVATION = "growing activation"
    SHRINKING_ACTIVATION = "shrinking activation"
    NO_GRADIENT = "no gradient"
    DEAD_UNITS = "dead units"
    SATURATED_UNITS = "saturated units"
    LARGE_ATTENTION_SCORES = "large attention scores"


class StabilityVerdict(StrEnum):
    """The verdict on a run's stability."""

    STABLE = "stable"
    RECOVERED = "recovered"
    """Training failed for a while, recovered, and went on well."""
    UNSTABLE = "unstable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        kind: what was found.
        severity: how much it matters.
        where: name of the layer, module, cell or stack in the model; ``training`` where the whole run is concerned.
        what: the finding as a sentence with its values.
        evidence: the values by name.
        remedy: what to do, with the recipe's settings to change.
    """

    kind: Symptom
    severity: Severity
    where: str
    what: str
    evidence: Mapping[str, int | float | str]
    remedy: str

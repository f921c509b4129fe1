"""What a diagnosis of stability can find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    GRAVE = "grave"
    """The run is not to be trusted, or ends in this."""
    WARNING = "warning"
    """It costs quality, or may become grave."""
    NOTE = "note"
    """Worth knowing; healthy runs have it too."""

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


class Kind(StrEnum):
    """What was found."""

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


class Verdict(StrEnum):
    """The run in one word."""

    STABLE = "stable"
    RECOVERED = "recovered"
    """It went wrong, was put right, and went on well."""
    UNSTABLE = "unstable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        kind: what.
        severity: how much it matters.
        where: a layer, module, cell or stack by its name in the model; ``training`` where it concerns the whole run.
        what: a sentence with the values.
        evidence: the values by name.
        remedy: what to do, with the settings of the recipe to change.
    """

    kind: Kind
    severity: Severity
    where: str
    what: str
    evidence: Mapping[str, int | float | str]
    remedy: str

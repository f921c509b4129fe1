"""What the native engine computes a model with when nobody says otherwise, as the model's folder keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from dragoman.evaluation.significance import Difference
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.json import JsonObject
from dragoman.storage.verified import VerifiedFolder

ENGINE = "engine.json"
"""The file in a model's folder; a model without it was saved before there was a choice."""

NUMBERS = ("float32", "bfloat16", "int8")
"""The types of number that the native engine multiplies matrices in."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What the native engine computes with.

    >>> print(EngineSettings("int8", shortlist=True), EngineSettings("int8", preview=True), sep=", ")
    int8 with a shortlist, int8 with a preview

    Attributes:
        number: the type of number of matrix products, one of :data:`NUMBERS`.
        shortlist: whether only the symbols of a lexical shortlist are scored.
        preview: whether likely symbols are found by a preview of the output layer
            (:class:`~dragoman.plan.output_preview.OutputPreview`), and only these are scored exactly.
    """

    number: str
    shortlist: bool = False
    preview: bool = False

    def __str__(self) -> str:
        if self.shortlist:
            return f"{self.number} with a shortlist"
        return f"{self.number} with a preview" if self.preview else self.number


EXACT = EngineSettings("float32")
"""The numbers that a model was trained in, which all others are compared with."""
BY_SPEED = (
    EngineSettings("int8", shortlist=True),
    EngineSettings("int8", preview=True),
    EngineSettings("int8"),
    EngineSettings("bfloat16"),
    EXACT,
)
"""All settings, the fastest first. The order is fixed, so that no clock has a part in a choice: on every processor and
with every model that was measured, an earlier one was never slower than a later one."""
USUAL = EngineSettings("int8")
"""The settings for a model without a choice of its own."""


@dataclass(frozen=True, slots=True)
class EngineTrial:
    """The outputs with some settings beside those in float32.

    Attributes:
        settings: the settings.
        difference: their score less that of float32, with its interval.
        accepted: whether the difference is no loss; see :func:`~dragoman.tasks.choose_settings.choose_settings`.
        always: number of symbols that the shortlist always allows; 0 without one, or where it was not kept.
    """

    settings: EngineSettings
    difference: Difference
    accepted: bool
    always: int = 0

    @property
    def subject(self) -> str:
        """What was tried, in a phrase.

        >>> test = Difference("BLEU", 40.0, 39.9, -0.1, -0.3, 0.1, 0.4, "", 1000, 1)
        >>> EngineTrial(EngineSettings("int8", shortlist=True), test, True, always=2260).subject
        'int8 with a shortlist of 2,260 symbols and those of the source'
        """
        return (
            f"{self.settings} of {self.always:,} symbols and those of the source" if self.always else str(self.settings)
        )

    def __str__(self) -> str:
        test = self.difference
        verdict = "no loss that can be seen" if self.accepted else "a loss"
        return (
            f"{self.subject}: {test.metric} {test.second:.2f} beside {test.first:.2f} in float32, a difference of "
            f"{test.difference:+.2f} (95 % interval {test.low:+.2f} to {test.high:+.2f}): {verdict}"
        )


@dataclass(frozen=True, slots=True, repr=False)
class EngineChoice(Shown):
    """The settings that were chosen for a model, and what showed that they cost no quality.

    Attributes:
        settings: the settings: the fastest that were accepted.
        trials: the settings that were tried, the fastest first, up to those that were accepted.
        examples: how many examples each trial had, in a phrase such as ``500 sentences of the validation set``.
        search: the search for outputs, such as ``beam 5``.
    """

    settings: EngineSettings
    trials: tuple[EngineTrial, ...]
    examples: str
    search: str

    @property
    def phrase(self) -> str:
        """The choice and its reason in one line, for a model's card."""
        tried = "; ".join(map(str, self.trials))
        return f"{self.settings}, chosen on {self.examples}, {self.search} — {tried}"

    def summary(self) -> Summary:
        """The settings and each trial."""
        facts = {trial.subject: str(trial).split(": ", 1)[1] for trial in self.trials}
        return Summary(f"{self.settings}, chosen on {self.examples}, {self.search}", facts)

    def to_dict(self) -> JsonObject:
        """The choice as values for JSON."""
        trials = [
            {
                **asdict(trial.settings),
                **({"always": trial.always} if trial.always else {}),
                "accepted": trial.accepted,
                **trial.difference.to_dict(),
            }
            for trial in self.trials
        ]
        return {**asdict(self.settings), "examples": self.examples, "search": self.search, "trials": trials}

    def to_file(self) -> str:
        """The content of the file in the model's folder."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @classmethod
    def from_dict(cls, values: JsonObject) -> EngineChoice:
        """A choice from the values that :meth:`to_dict` gives."""
        names = [each.name for each in fields(Difference)]
        trials = tuple(
            EngineTrial(
                _settings(one),
                Difference(**{name: one[name] for name in names}),
                bool(one["accepted"]),
                int(one.get("always", 0)),
            )
            for one in values["trials"]
        )
        return cls(_settings(values), trials, str(values["examples"]), str(values["search"]))


def engine_choice_in(folder: Path) -> EngineChoice | None:
    """The choice that the model in ``folder`` was saved with; None if it was saved without one.

    Raises:
        DamagedFileError: if the file was altered, or is not what Dragoman writes there.
    """
    verified = VerifiedFolder.open(folder)
    if not verified.holds(ENGINE):
        return None
    values = verified.json(ENGINE)
    with verified.understanding(ENGINE):
        return EngineChoice.from_dict(values)


def _settings(values: JsonObject) -> EngineSettings:
    number = values["number"]
    if number not in NUMBERS:
        raise ValueError(f"no type of number is called {number}")
    # What was chosen before there were previews has none.
    return EngineSettings(number, bool(values["shortlist"]), bool(values.get("preview", False)))

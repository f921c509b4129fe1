"""What an adaptation changed: before and after, on new and on old held-out examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from dragoman.adaptation.plan import Balance
from dragoman.adaptation.rates import RateTrial
from dragoman.evaluation.significance import Difference
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned, signed
from dragoman.storage.json import JsonObject

LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Side:
    """The results on one side: on the new or on the old held-out examples.

    Attributes:
        name: ``new`` or ``old``.
        examples: number of examples that both models were measured on.
        split: where these examples are from, such as ``test set``.
        differences: the adapted model less its parent in each measure, that which ranks models first and the loss last.
    """

    name: str
    examples: int
    split: str
    differences: tuple[Difference, ...]

    @property
    def quality(self) -> Difference:
        """The difference in the measure that ranks models."""
        return self.differences[0]


@dataclass(frozen=True, slots=True, repr=False)
class AdaptationReport(Shown):
    """The results of an adaptation.

    Attributes:
        parent: name of the model that training started from.
        model: name of the adapted model.
        balance: share of old examples, and what the validation loss is made of.
        trained_on: new and old training examples.
        weight: how often each old training example was seen in one pass, on average.
        trials: short trainings that chose the learning rate, from the largest rate to the smallest.
        learning_rate: the peak that was chosen.
        updates: updates done.
        minutes: minutes of training, trials left out.
        best_update: the update whose weights were kept.
        higher_is_better: whether more is better in the measure that ranks models.
        new: results on the new held-out examples.
        old: results on the old held-out examples; None if there are none.
        remarks: sentences on what to bear in mind.
    """

    parent: str
    model: str
    balance: Balance
    trained_on: tuple[int, int]
    weight: float
    trials: tuple[RateTrial, ...]
    learning_rate: float
    updates: int
    minutes: float
    best_update: int
    higher_is_better: bool
    new: Side
    old: Side | None
    remarks: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[Side, ...]:
        """The new side, and the old one if there is one."""
        return (self.new,) if self.old is None else (self.new, self.old)

    def headline(self) -> str:
        """What was gained and what was forgotten, as one line."""
        new = self._better(self.new.quality)
        gained = f"{'gained' if new >= 0 else 'lost'} on the new: {_named(self.new.quality)}"
        if self.old is None:
            return f"{gained}; what was forgotten on the old was not measured"
        old = self._better(self.old.quality)
        word = "forgotten" if old < 0 else "gained"
        return f"{gained}; {word} on the old: {_named(self.old.quality)}"

    def summary(self) -> Summary:
        """A short summary of the report."""
        facts = {
            f"{side.quality.metric} on {side.examples:,} {side.name}": f"{side.quality.first:.2f} before, "
            f"{side.quality.second:.2f} after"
            for side in self.sides
        }
        return Summary(f"{self.model}, adapted from {self.parent}: {self.headline()}", facts)

    def to_dict(self) -> JsonObject:
        """The report as a dictionary that JSON can represent."""
        return {"headline": self.headline(), **asdict(self)}

    def table(self) -> list[tuple[str, ...]]:
        """The table of before and after, its heading first."""
        rows: list[tuple[str, ...]] = [("held out", "measure", "before", "after", "change", "95 % interval", "p")]
        for side in self.sides:
            for place, gap in enumerate(side.differences):
                name = f"{side.name}, {side.examples:,} examples" if place == 0 else ""
                rows.append((name, gap.metric, *_cells(gap)))
        return rows

    def as_text(self) -> str:
        """The report as text."""
        return "\n".join(
            [
                self.headline()[:1].upper() + self.headline()[1:] + ".",
                "",
                *_aligned_table(self.table()),
                "",
                *self.notes(),
            ]
        )

    def notes(self) -> list[str]:
        """What a reader of the table needs to know."""
        new, old = self.trained_on
        replayed = (
            f"{old:,} old ones, which are {self.balance.replay:.0%} of each pass"
            if self.balance.replay
            else "no old ones"
        )
        tried = ", ".join(f"{trial.learning_rate:.2g}: {trial.loss:.3f}" for trial in self.trials)
        return [
            "Change: the adapted model less its parent, with its interval and p-value by the paired bootstrap.",
            f"Trained on {new:,} new examples and {replayed}: {self.updates:,} updates in {self.minutes:.1f} minutes; "
            f"the weights are those of update {self.best_update:,}.",
            f"Chosen by the validation loss, {self.balance.phrase}.",
            *([f"Learning rate {self.learning_rate:.2g}; short trials with each gave {tried}."] if tried else []),
            *self.remarks,
        ]

    def _better(self, gap: Difference) -> float:
        return gap.difference if self.higher_is_better else -gap.difference


def _named(gap: Difference) -> str:
    """The change with the name of the measure between the number and its interval."""
    change, _, interval = change_of(gap).partition(" ")
    return f"{change} {gap.metric} {interval}"


def change_of(gap: Difference, digits: int | None = None) -> str:
    """A difference with its sign and its interval, such as ``+1.9 (0.3 to 3.2)``.

    Args:
        gap: the difference.
        digits: number of decimals; by default more of small numbers.
    """
    digits = (3 if _is_small(gap) else 1) if digits is None else digits
    sign = "+" if gap.difference > 0 else ""
    low, high = signed(f"{gap.low:.{digits}f}"), signed(f"{gap.high:.{digits}f}")
    return f"{sign}{signed(f'{gap.difference:.{digits}f}')} ({low} to {high})"


def _cells(gap: Difference) -> tuple[str, ...]:
    digits = 3 if _is_small(gap) else 2
    change, _, interval = change_of(gap, digits).partition(" (")
    return f"{gap.first:.{digits}f}", f"{gap.second:.{digits}f}", change, interval.rstrip(")"), f"{gap.p_value:.3f}"


def _is_small(gap: Difference) -> bool:
    return max(abs(gap.first), abs(gap.second)) < 10


def _aligned_table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The table as lines, its two first columns aligned left."""
    width = max(len(row[1]) for row in rows)
    return aligned([(f"{row[0]:<{max(len(each[0]) for each in rows)}}  {row[1]:<{width}}", *row[2:]) for row in rows])

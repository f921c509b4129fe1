"""The settings of an adaptation, kept on disk so that a killed one can be resumed."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.errors import DamagedFileError, InputError
from dragoman.recipe import Recipe, dump_recipe, recipe_from
from dragoman.storage.folder import write_file
from dragoman.storage.json import JsonObject

PLAN, NEW, OLD = "plan.json", "new.toml", "old.toml"


@dataclass(frozen=True, slots=True)
class Balance:
    """How much old examples count beside new ones.

    Attributes:
        replay: share of old examples in one pass, and of the validation loss on old examples in the criterion.
    """

    replay: float

    @property
    def phrase(self) -> str:
        """What the validation loss is made of, as a phrase.

        >>> Balance(0.25).phrase
        '0.75 of it on new and 0.25 of it on old held-out examples'
        """
        if not self.replay:
            return "all of it on new held-out examples"
        return f"{1 - self.replay:g} of it on new and {self.replay:g} of it on old held-out examples"


@dataclass(frozen=True, slots=True)
class Plan:
    """The parent, the new examples and the settings of an adaptation.

    Attributes:
        parent: folder of the model that training starts from, or of its run.
        recipe: the parent's recipe with the new corpora in the place of its own, and with what was set.
        old: the same with old corpora that were given; None for those of the parent's run.
        balance: how much old examples count.
        minutes: time for trials and training together; None if the number of updates was set.
        changes: what was set otherwise than the parent's recipe has it, nested, which no choice overrides.
    """

    parent: Path
    recipe: Recipe
    old: Recipe | None
    balance: Balance
    minutes: float | None
    changes: JsonObject

    @property
    def sets_learning_rate(self) -> bool:
        """Whether the learning rate was set, so that none is chosen."""
        return "learning_rate" in _of(self.changes, "training", "optimizer")

    @property
    def sets_batch(self) -> bool:
        """Whether the size of mini-batches was set."""
        return "tokens" in _of(self.changes, "training", "batch")

    def save(self, folder: Path) -> None:
        """Write the plan; its own file comes last, so that a folder with that file has all of them.

        Raises:
            OutputError: if a file cannot be written.
        """
        values = {
            "parent": str(self.parent.absolute()),
            "replay": self.balance.replay,
            "minutes": self.minutes,
            "changes": self.changes,
        }
        write_file(folder / NEW, dump_recipe(self.recipe).encode())
        if self.old is not None:
            write_file(folder / OLD, dump_recipe(self.old).encode())
        write_file(folder / PLAN, (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode())

    @classmethod
    def load(cls, folder: Path) -> Plan:
        """The plan that was saved in a folder.

        Raises:
            InputError: if the folder holds no plan.
            DamagedFileError: if the plan cannot be read.
        """
        path = folder / PLAN
        if not path.is_file():
            raise InputError(
                "no adaptation to go on with here",
                file=folder.parent,
                remedy="give the --output of an adaptation that was stopped, or begin a new one without --resume.",
            )
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            balance = Balance(float(values["replay"]))
            old = _recipe(folder / OLD) if (folder / OLD).is_file() else None
            parent, minutes, changes = Path(values["parent"]), values["minutes"], dict(values["changes"])
            return cls(parent, _recipe(folder / NEW), old, balance, minutes, changes)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedFileError(
                f"the plan of the adaptation cannot be read: {error}",
                file=path,
                remedy="begin anew in another folder.",
            ) from error


def _recipe(path: Path) -> Recipe:
    return recipe_from(tomllib.loads(path.read_text(encoding="utf-8")))


def _of(changes: Mapping[str, object], *names: str) -> Mapping[str, object]:
    """The part of nested values that these names lead to; nothing if there is none."""
    for name in names:
        inner = changes.get(name)
        changes = inner if isinstance(inner, Mapping) else {}
    return changes

"""The settings of an adaptation, kept on disk so that a killed one can be resumed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.errors import DamagedFileError, InputError
from dragoman.recipe import Recipe, recipe_from
from dragoman.storage.folder import write_file
from dragoman.storage.json import JsonObject

PLAN = "plan.json"


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
        minutes: time for trials and training together; None for no limit of time.
        updates: the most updates; None for no such limit.
        changes: what was set otherwise than the parent's recipe has it, nested, which no choice overrides.
    """

    parent: Path
    recipe: Recipe
    old: Recipe | None
    balance: Balance
    minutes: float | None
    updates: int | None
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
        """Write the plan into a folder, which is made.

        Raises:
            OutputError: if it cannot be written.
        """
        recipes = {"recipe": _values(self.recipe), "old": None if self.old is None else _values(self.old)}
        wishes = {
            "replay": self.balance.replay,
            "minutes": self.minutes,
            "updates": self.updates,
            "changes": self.changes,
        }
        content = {"parent": str(self.parent.absolute()), **wishes, **recipes}
        write_file(folder / PLAN, json.dumps(content, indent=2, ensure_ascii=False).encode())

    @classmethod
    def load(cls, folder: Path) -> Plan:
        """The plan that :meth:`save` wrote into a folder.

        Raises:
            InputError: if there is none.
            DamagedFileError: if its file was altered.
        """
        path = folder / PLAN
        if not path.is_file():
            remedy = "give the --output of an adaptation that was stopped, or begin a new one without --resume."
            raise InputError("no adaptation to go on with here", file=folder.parent, remedy=remedy)
        try:
            content = json.loads(path.read_bytes())
            recipe = recipe_from(content["recipe"])
            old = None if content["old"] is None else recipe_from(content["old"])
            balance, length = Balance(float(content["replay"])), (content["minutes"], content["updates"])
            return cls(Path(content["parent"]), recipe, old, balance, *length, dict(content["changes"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = f"the plan of the adaptation cannot be read: {error}"
            raise DamagedFileError(reason, file=path, remedy="begin anew in another folder.") from error


def _values(recipe: Recipe) -> JsonObject:
    return recipe.model_dump(mode="json", exclude_none=True)


def _of(changes: Mapping[str, object], *names: str) -> Mapping[str, object]:
    """The part of nested values that these names lead to; nothing if there is none."""
    for name in names:
        inner = changes.get(name)
        changes = inner if isinstance(inner, Mapping) else {}
    return changes

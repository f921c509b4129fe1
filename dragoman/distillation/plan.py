"""The settings of a distillation, kept on disk so that a killed one can be resumed."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from dragoman.errors import DamagedFileError, InputError
from dragoman.recipe import Recipe, dump_recipe, recipe_from
from dragoman.storage.folder import write_file

PLAN, STUDENT = "plan.json", "student.toml"


@dataclass(frozen=True, slots=True)
class Plan:
    """The teacher, the student and the settings of a distillation.

    Attributes:
        teacher: folder of the teacher's model, or of its run.
        student: recipe of the student. The teacher translates its corpora; with none, the training set of the teacher's
            own run.
        beam: beam width of the teacher's search.
        best_of: number of the teacher's candidates, of which the one closest to the reference is learnt from; with 1,
            the teacher's best one is.
        keep_original: whether the student is trained on the references too.
        limit: number of training sentences to translate and learn from, evenly spread; None for all.
    """

    teacher: Path
    student: Recipe
    beam: int
    best_of: int
    keep_original: bool
    limit: int | None = None

    @property
    def phrase(self) -> str:
        """A phrase on how targets are made."""
        best = f", the closest to the reference of {self.best_of}" if self.best_of > 1 else ""
        part = f", {self.limit:,} sentences of the training set" if self.limit is not None else ""
        return f"sequence-level knowledge distillation, beam {self.beam}{best}{part}"

    def save(self, folder: Path) -> None:
        """Write the plan; its own file comes last, so that a folder with that file has all of them.

        Raises:
            OutputError: if a file cannot be written.
        """
        values = {
            "teacher": str(self.teacher.absolute()),
            "beam": self.beam,
            "best_of": self.best_of,
            "keep_original": self.keep_original,
            "limit": self.limit,
        }
        write_file(folder / STUDENT, dump_recipe(self.student).encode())
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
                "no distillation to go on with here",
                file=folder.parent,
                remedy="give the --output of a distillation that was stopped, or begin a new one without --resume.",
            )
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            teacher = Path(values.pop("teacher"))
            student = recipe_from(tomllib.loads((folder / STUDENT).read_text(encoding="utf-8")))
            return cls(teacher, student, **values)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedFileError(
                f"the plan of the distillation cannot be read: {error}",
                file=path,
                remedy="begin anew in another folder.",
            ) from error

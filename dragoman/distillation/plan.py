"""What a distillation was asked to do, kept on the disk so that a killed one can go on."""

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
    """Who teaches whom, and how.

    Attributes:
        teacher: the folder of the teacher's model, or of its run.
        student: the student's recipe. Its corpora are what the teacher shall translate; with none, the training set
            of the teacher's own run is.
        beam: of the teacher's search.
        best_of: candidates of the teacher, of which the one closest to the reference is learnt from; 1 takes the one
            that the teacher ranks first.
        keep_original: whether the student learns from the references as well.
        limit: sentences of the training set that are translated and learnt from, evenly spread over it; None for all.
    """

    teacher: Path
    student: Recipe
    beam: int
    best_of: int
    keep_original: bool
    limit: int | None = None

    @property
    def phrase(self) -> str:
        """How targets are made, in a few words."""
        best = f", the closest to the reference of {self.best_of}" if self.best_of > 1 else ""
        part = f", {self.limit:,} sentences of the training set" if self.limit is not None else ""
        return f"sequence-level knowledge distillation, beam {self.beam}{best}{part}"

    def save(self, folder: Path) -> None:
        """Write it; the plan's own file is last, so that a folder that has it has all.

        Raises:
            OutputError: if it cannot be written.
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
            InputError: if there is none.
            DamagedFileError: if it cannot be read.
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

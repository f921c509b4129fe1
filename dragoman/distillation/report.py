"""The comparison of teacher and student."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from dragoman.assessment.assess import assess
from dragoman.data.dataset import Dataset
from dragoman.distillation.teacher import Teacher
from dragoman.evaluation.significance import Difference, paired_bootstrap
from dragoman.model.folder import LoadedModel, load_model
from dragoman.model.weights import parameter_count
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.storage.json import JsonObject
from dragoman.tasks.assessment import Assessed, Measures, held_out_of

_MEBI = 2**20


@dataclass(frozen=True, slots=True)
class Side:
    """The results of the teacher or of the student.

    Attributes:
        name: the model's name.
        architecture: short description of the model.
        parameters: number of trainable parameters.
        mebibytes: size of its weights on disk in MiB.
        measures: quality and speed.
    """

    name: str
    architecture: str
    parameters: int
    mebibytes: float
    measures: Measures


@dataclass(frozen=True, slots=True, repr=False)
class DistillationReport(Shown):
    """The results of a distillation.

    Attributes:
        teacher: results of the teacher.
        student: results of the student.
        difference: the student's BLEU less the teacher's, by the paired bootstrap.
        targets: phrase on how the teacher's targets were made.
        split: name of the examples that both were measured on.
        sentences: number of these examples.
    """

    teacher: Side
    student: Side
    difference: Difference
    targets: str
    split: str
    sentences: int

    def summary(self) -> Summary:
        """A short summary of the report."""
        gap = self.difference
        headline = (
            f"{self.student.name} against its teacher {self.teacher.name}: {gap.metric} {gap.difference:+.2f} "
            f"({gap.low:+.2f} to {gap.high:+.2f}) on {self.sentences:,} sentences"
        )
        facts = {}
        for name, side in (("teacher", self.teacher), ("student", self.student)):
            quality = side.measures.quality
            facts[name] = f"{quality.metric} {quality.value:.2f}, {side.parameters:,} parameters"
        return Summary(headline, facts)

    def to_dict(self) -> JsonObject:
        """The report as a dictionary that JSON can represent."""
        return asdict(self)

    def as_text(self) -> str:
        """The report as text."""
        sides = (self.teacher, self.student)
        rows = [
            ("", "teacher", "student"),
            ("model", *(side.name for side in sides)),
            ("parameters", *(f"{side.parameters:,}" for side in sides)),
            ("weights, MiB", *(f"{side.mebibytes:.1f}" for side in sides)),
            *_qualities(sides),
            *_speeds(sides),
        ]
        gap = self.difference
        return "\n".join(
            [
                f"On {self.sentences:,} sentences of the {self.split}, with PyTorch; 95 % intervals in brackets:",
                *aligned(rows),
                f"The student's {gap.metric} less the teacher's: {gap.difference:+.2f} "
                f"({gap.low:+.2f} to {gap.high:+.2f}), p = {gap.p_value:.3f} (paired bootstrap).",
            ]
        )


def compare_sides(
    teacher: Teacher, student: Path, dataset: Dataset, targets: str, log: Callable[[str], None]
) -> DistillationReport:
    """Measure both in PyTorch on the test set of the student's run, or on its validation set if it has no test set.

    Args:
        teacher: the teacher.
        student: folder of the best model of the student's run.
        dataset: dataset of the student's run, whose held-out references were written by people.
        targets: phrase on how the teacher's targets were made.
        log: called with a sentence on each part.
    """
    held_out = held_out_of(dataset)
    taught_by, learnt = load_model(teacher.model), load_model(student)
    first, second = assess([Assessed(taught_by, held_out), Assessed(learnt, held_out)], side_by_side=True, log=log)
    return DistillationReport(
        _side(teacher.name, teacher.model, taught_by, first.measures),
        _side(student.parent.name, student, learnt, second.measures),
        paired_bootstrap(first.statistics, second.statistics),
        targets,
        held_out.split,
        len(held_out.examples),
    )


def _side(name: str, folder: Path, model: LoadedModel, measures: Measures) -> Side:
    size = (folder / "weights.safetensors").stat().st_size / _MEBI
    return Side(name, model.recipe.model.phrase, parameter_count(model.model), size, measures)


def _qualities(sides: tuple[Side, Side]) -> list[tuple[str, ...]]:
    estimates = [(side.measures.quality, *side.measures.others) for side in sides]
    return [
        (pair[0].metric, *(f"{one.value:.2f} ({one.low:.1f} to {one.high:.1f})" for one in pair))
        for pair in zip(*estimates, strict=True)
    ]


def _speeds(sides: tuple[Side, Side]) -> list[tuple[str, ...]]:
    speeds = [side.measures.speeds for side in sides]
    return [(f"sentences/s, {use}", *(f"{of_side[use]:,.0f}" for of_side in speeds)) for use in speeds[0]]

"""The names of the parts of a run in its folder, which stand here alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_BEST, _MODEL = "best", "model.json"


@dataclass(frozen=True, slots=True)
class RunPaths:
    """The paths of a run's parts, which need not exist.

    >>> RunPaths(Path("demo")).best.as_posix()
    'demo/best'

    Attributes:
        path: The run's folder.
    """

    path: Path

    @property
    def recipe_file(self) -> Path:
        """The recipe that the run is trained by."""
        return self.path / "recipe.toml"

    @property
    def dataset_folder(self) -> Path:
        """The dataset."""
        return self.path / "dataset"

    @property
    def parent_folder(self) -> Path:
        """The copy of the model that training began from, if it began from one."""
        return self.path / "parent"

    @property
    def history_file(self) -> Path:
        """The measurements of updates and validations."""
        return self.path / "history.jsonl"

    @property
    def stability_file(self) -> Path:
        """The measurements of the stability monitor."""
        return self.path / "stability.jsonl"

    @property
    def checkpoints_folder(self) -> Path:
        """The checkpoints."""
        return self.path / "checkpoints"

    @property
    def incidents_folder(self) -> Path:
        """The updates that were skipped."""
        return self.path / "incidents"

    @property
    def best(self) -> Path:
        """The folder of the best model."""
        return self.path / _BEST

    @property
    def best_recipe_file(self) -> Path:
        """The recipe in the folder of the best model."""
        return self.best / self.recipe_file.name

    @property
    def curves(self) -> Path:
        """The picture of the learning curves."""
        return self.path / "learning_curves.png"

    @property
    def evaluation_file(self) -> Path:
        """The evaluation of the best model, which a finished run has."""
        return self.path / "evaluation.json"

    @property
    def evaluation_picture(self) -> Path:
        """The picture of the evaluation, for labels and numbers."""
        return self.path / "evaluation.png"

    @property
    def diagnosis_folder(self) -> Path:
        """The reports of diagnoses."""
        return self.path / "diagnosis"


def run_around(model: Path) -> RunPaths:
    """The run whose best model lies in the folder ``model``, if it lies in a run."""
    return RunPaths(model.absolute().parent)


def name_of_model(model: Path) -> str:
    """The name of a model: that of its run, if it is the best model of one, else that of its folder."""
    return model.absolute().parent.name if model.name == _BEST else model.name


def recipe_of(model: Path) -> Path:
    """The recipe in the folder of a model."""
    return RunPaths(model).recipe_file


def model_in(folder: Path) -> Path | None:
    """The folder of the model in ``folder``, or of the best model of the run in it; None if there is neither."""
    return next((place for place in (folder, RunPaths(folder).best) if (place / _MODEL).is_file()), None)

"""The teacher of a distillation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dragoman.data.dataset import Dataset
from dragoman.errors import InputError
from dragoman.predict.translator import Translator
from dragoman.recipe import Recipe
from dragoman.storage.run_paths import model_in, name_of_model, run_around
from dragoman.text.codec import Codec


@dataclass(frozen=True, slots=True)
class Teacher:
    """A translator with the folder that it was loaded from.

    Attributes:
        model: folder of the model.
        translator: the translator.
    """

    model: Path
    translator: Translator

    @classmethod
    def open(cls, folder: Path) -> Teacher:
        """Load the model in a folder, or the best model of the run in it, with the fastest engine that is exact enough.

        Raises:
            InputError: if there is no model, or it is no translator.
            DamagedFileError: if the model is damaged.
        """
        model = model_in(folder) or folder
        return cls(model.absolute(), Translator.load(model, engine="auto"))

    @property
    def name(self) -> str:
        """The name of the run, where a run contains the model; otherwise that of its folder."""
        return name_of_model(self.model)

    @property
    def recipe(self) -> Recipe:
        """The teacher's recipe."""
        return self.translator.recipe

    @property
    def one_vocabulary(self) -> bool:
        """Whether source and target share a vocabulary, which a student can take over."""
        source, target = self.translator.source, self.translator.target
        return source.tokenizer is target.tokenizer and not _truecased(source) and not _truecased(target)

    def dataset(self) -> Dataset:
        """The dataset of the run that contains the model.

        Raises:
            InputError: if no run contains it.
            DamagedFileError: if the dataset is damaged.
        """
        folder = run_around(self.model).dataset_folder
        if not folder.is_dir():
            raise InputError(
                "this model does not lie in its run, so there is no training set beside it to translate",
                file=self.model,
                remedy="give the run's folder, or the text: --source and --target, or --corpus.",
            )
        return Dataset.open(folder)


def _truecased(codec: Codec) -> bool:
    return codec.truecaser is not None

"""The translator that is learnt from."""

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
    """A translator with the place that it came from.

    Attributes:
        model: the folder of the model.
        translator: the model, ready to translate.
    """

    model: Path
    translator: Translator

    @classmethod
    def open(cls, folder: Path) -> Teacher:
        """The model in a folder, or the best model of the run in it, with the fastest engine that is exact enough.

        Raises:
            InputError: if there is none, or it is a language model.
            DamagedFileError: if it is damaged.
        """
        model = model_in(folder) or folder
        return cls(model.absolute(), Translator.load(model, engine="auto"))

    @property
    def name(self) -> str:
        """What people call it: the run's name, where the model lies in one."""
        return name_of_model(self.model)

    @property
    def recipe(self) -> Recipe:
        """What it was made by."""
        return self.translator.recipe

    @property
    def one_vocabulary(self) -> bool:
        """Whether both of its languages are written with the same symbols, so that a student can take them over."""
        source, target = self.translator.source, self.translator.target
        return source.tokenizer is target.tokenizer and not _truecased(source) and not _truecased(target)

    def dataset(self) -> Dataset:
        """The dataset of the run that the model lies in.

        Raises:
            InputError: if it lies in none.
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

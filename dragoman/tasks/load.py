"""A model on disk, of whatever kind, ready to be used."""

from __future__ import annotations

from pathlib import Path

from dragoman.model.device import choose_device
from dragoman.model.folder import load_model
from dragoman.predict.predictor import Predictor
from dragoman.predict.reader import Reader
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.storage.given_path import given_path
from dragoman.tasks.assessment import Search
from dragoman.tasks.table import task_of
from dragoman.tasks.task import Asked


def load(
    folder: Path | str, *, device: str = "auto", engine: str = "torch", compute: str = "auto"
) -> Translator | Writer | Reader | Predictor:
    """The model in ``folder``: a translator, a reader of pictures, a predictor of labels or numbers, or a writer, which
    is a language model.

    Args:
        folder: of the model, such as ``runs/demo/best``.
        device: where to compute: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        engine: what searches for a translator's outputs: ``torch``, ``ctranslate2`` or ``auto``.
        compute: the numbers that ``ctranslate2`` computes with: ``float32``, ``int8`` or ``auto``.

    Raises:
        InputError: if there is no model, or an engine is asked for that such a model does not have.
        DamagedFileError: if a file of it is missing or was altered.
        UnsupportedError: if the engine cannot search with it, or a newer version wrote it.

    >>> model = load("runs/demo/best")
    >>> len(model.translate(["How are you?", "Good morning."]))
    2
    """
    place = given_path(folder, "the folder of a model")
    loaded = load_model(place, choose_device(device))
    search, task = Search(engine=engine, compute=compute), task_of(loaded.recipe)
    task.check(Asked(search), loaded, place)
    return task.opened(loaded, place, search)

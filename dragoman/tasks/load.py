"""Loading a model of any kind."""

from __future__ import annotations

from pathlib import Path

from dragoman.model.device import choose_device
from dragoman.model.folder import load_model
from dragoman.predict.predictor import Predictor
from dragoman.predict.reader import Reader
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.storage.given import given_path
from dragoman.tasks.assessment import Search
from dragoman.tasks.table import task_of
from dragoman.tasks.task import Asked


def load(
    folder: Path | str,
    *,
    device: str = "auto",
    engine: str = "torch",
    compute: str = "auto",
    shortlist: bool | None = None,
) -> Translator | Writer | Reader | Predictor:
    """Load a model: a translator, a reader of pictures, a predictor of labels or numbers, or a writer, which is a
    language model.

    Args:
        folder: folder of the model, such as ``runs/demo/best``.
        device: where to compute: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        engine: name of the search engine of a translator or a reader: ``native``, ``torch``, ``ctranslate2`` or
            ``auto``, the fastest that is exact enough.
        compute: numbers that the engine computes with: ``float32``, ``bfloat16`` or ``int8``; ``auto`` for those that
            were chosen when the model was saved.
        shortlist: whether a translator's outputs are limited to the symbols of its lexical shortlist; None for what was
            chosen when it was saved.

    Raises:
        InputError: if the folder holds no model, or models of this kind cannot use the engine.
        DamagedFileError: if a file of the model is missing or was altered.
        UnsupportedError: if the engine cannot search with this model, or a newer version of Dragoman wrote it.

    >>> model = load("runs/demo/best")
    >>> len(model.translate(["How are you?", "Good morning."]))
    2
    """
    place = given_path(folder, "the folder of a model")
    loaded = load_model(place, choose_device(device))
    search = Search(engine=engine, compute=compute, shortlist=shortlist, folder=place)
    task = task_of(loaded.recipe)
    task.check(Asked(search), loaded, place)
    return task.opened(loaded, place, search)

"""Your own parallel data in, a translator that you own out.

::

    import dragoman

    run = dragoman.train("recipe.toml", output="runs/mine")  # stopped or finished, it goes on with dragoman.resume
    model = dragoman.load("runs/mine/best")
    model.translate(["Hello world."])

Models of other kinds: ``dragoman.Reader.load(folder).read(pictures)`` and ``dragoman.Predictor.load(folder).predict``
of texts, pictures or rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dragoman.errors import DragomanError
    from dragoman.predict.predictor import Predictor
    from dragoman.predict.reader import Reader
    from dragoman.predict.translator import Translator
    from dragoman.predict.writer import Writer
    from dragoman.recipe import Recipe, load_recipe
    from dragoman.training.run import Run, resume, train

__version__ = "0.1.0"
__all__ = [
    "DragomanError",
    "Predictor",
    "Reader",
    "Recipe",
    "Run",
    "Translator",
    "Writer",
    "load",
    "load_recipe",
    "resume",
    "train",
]

_HOMES = {
    "DragomanError": "dragoman.errors",
    "Predictor": "dragoman.predict.predictor",
    "Reader": "dragoman.predict.reader",
    "Recipe": "dragoman.recipe",
    "Run": "dragoman.training.run",
    "Translator": "dragoman.predict.translator",
    "Writer": "dragoman.predict.writer",
    "load_recipe": "dragoman.recipe",
    "resume": "dragoman.training.run",
    "train": "dragoman.training.run",
}


def load(folder: Any, *, device: str = "auto", engine: str = "torch", compute: str = "auto") -> Translator:
    """The model in ``folder``, ready to translate; see :class:`dragoman.predict.translator.Translator`."""
    from dragoman.predict.translator import Translator

    return Translator.load(folder, device=device, engine=engine, compute=compute)


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first used, so that ``import dragoman`` stays fast."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'dragoman' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Your own parallel data in, a model that you own out.

Everything that the command line does, Python does under the same name::

    import dragoman

    run = dragoman.train("recipe.toml", output="runs/mine")  # stopped or finished, it goes on with dragoman.resume
    model = dragoman.load("runs/mine/best")
    model.translate(["Hello world."])
    print(dragoman.evaluate("runs/mine/best").as_text())
    print(dragoman.diagnose.fit("runs/mine").as_text())

:func:`load` opens every kind of model: a translator has ``translate``, a reader of pictures ``read``, a predictor of
labels or numbers ``predict``, a language model ``write`` and ``score``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dragoman.adaptation.adapt import adapt
    from dragoman.assessment.bench import bench
    from dragoman.assessment.evaluate import evaluate
    from dragoman.assessment.quantize import quantize
    from dragoman.comparison.compare import compare
    from dragoman.data.clean_corpora import clean
    from dragoman.diagnosis import public as diagnose
    from dragoman.distillation.distill import distill
    from dragoman.errors import DragomanError
    from dragoman.explanation.explain import explain
    from dragoman.monitoring.monitor import Monitor
    from dragoman.monitoring.monitor_log import monitor
    from dragoman.predict.generate import generate
    from dragoman.predict.predictor import Predictor
    from dragoman.predict.reader import Reader
    from dragoman.predict.translator import Translator
    from dragoman.predict.writer import Writer
    from dragoman.recipe import Recipe, load_recipe
    from dragoman.tasks.load import load
    from dragoman.tasks.score import score
    from dragoman.training.run import Run, resume, train

__version__ = "0.1.0"
__all__ = [
    "DragomanError",
    "Monitor",
    "Predictor",
    "Reader",
    "Recipe",
    "Run",
    "Translator",
    "Writer",
    "adapt",
    "bench",
    "clean",
    "compare",
    "diagnose",
    "distill",
    "evaluate",
    "explain",
    "generate",
    "load",
    "load_recipe",
    "monitor",
    "quantize",
    "resume",
    "score",
    "train",
]

_HOMES = {
    "DragomanError": "dragoman.errors",
    "Monitor": "dragoman.monitoring.monitor",
    "Predictor": "dragoman.predict.predictor",
    "Reader": "dragoman.predict.reader",
    "Recipe": "dragoman.recipe",
    "Run": "dragoman.training.run",
    "Translator": "dragoman.predict.translator",
    "Writer": "dragoman.predict.writer",
    "adapt": "dragoman.adaptation.adapt",
    "bench": "dragoman.assessment.bench",
    "clean": "dragoman.data.clean_corpora",
    "compare": "dragoman.comparison.compare",
    "distill": "dragoman.distillation.distill",
    "evaluate": "dragoman.assessment.evaluate",
    "explain": "dragoman.explanation.explain",
    "generate": "dragoman.predict.generate",
    "load": "dragoman.tasks.load",
    "load_recipe": "dragoman.recipe",
    "monitor": "dragoman.monitoring.monitor_log",
    "quantize": "dragoman.assessment.quantize",
    "resume": "dragoman.training.run",
    "score": "dragoman.tasks.score",
    "train": "dragoman.training.run",
}
_MODULES = {"diagnose": "dragoman.diagnosis.public"}


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first used, so that ``import dragoman`` stays fast."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _MODULES:
        return import_module(_MODULES[name])
    raise AttributeError(f"module 'dragoman' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

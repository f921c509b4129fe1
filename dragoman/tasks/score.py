"""Probabilities of texts, by a language model or as translations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dragoman.model.device import choose_device
from dragoman.model.folder import load_model
from dragoman.predict.text_scores import TextScores
from dragoman.storage.given import given_path
from dragoman.tasks.table import task_of


def score(
    model: Path | str, texts: Sequence[str], sources: Sequence[str] | None = None, *, device: str = "auto"
) -> TextScores:
    """Compute the probability of each text.

    Args:
        model: folder of a language model or of a translator.
        texts: lines of text.
        sources: for a translator, the source of each text.
        device: where to compute: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        InputError: if there is no such model, or sources are missing or superfluous.

    >>> scores = score("runs/demo/best", ["Good morning."], ["Guten Morgen."])
    >>> bool(scores.nats[0] > 0)
    True
    """
    folder = given_path(model, "the folder of a model")
    loaded = load_model(folder, choose_device(device))
    return task_of(loaded.recipe).score(loaded, folder, texts, sources)

"""The preview of an output layer in a model's folder: a further file, which not every model has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from dragoman.errors import DamagedFileError, InputError
from dragoman.plan.output_preview import OutputPreview
from dragoman.storage.verified import VerifiedFolder

PREVIEW = "preview.safetensors"


def preview_bytes(preview: OutputPreview) -> bytes:
    """The content of a preview's file."""
    return save(
        {
            "reading": np.ascontiguousarray(preview.reading),
            "writing": np.ascontiguousarray(preview.writing),
            "rest": preview.rest,
            "candidates": np.array([preview.candidates], dtype=np.int64),
        }
    )


def load_preview(folder: Path) -> OutputPreview:
    """The preview of the model in ``folder``.

    Raises:
        InputError: if the model has none.
        DamagedFileError: if the file is not listed in the manifest, was altered, or is no preview.
    """
    verified = VerifiedFolder.open(folder)
    if not verified.holds(PREVIEW):
        raise InputError(
            "this model has no preview of its output layer", file=folder, remedy="learn one with `dragoman quantize`."
        )
    path = verified.file(PREVIEW)
    try:
        parts = load_file(path)
        preview = OutputPreview(parts["reading"], parts["writing"], parts["rest"], int(parts["candidates"][0]))
    except (SafetensorError, KeyError, IndexError, ValueError) as error:
        raise DamagedFileError(
            f"not a preview of an output layer: {error}", file=path, remedy="learn it anew with `dragoman quantize`."
        ) from error
    return preview

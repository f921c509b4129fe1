"""Placeholders of many texts at once: most have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np

from dragoman.native import text as native
from dragoman.native.lines import Lines
from dragoman.text.placeholder_mask import Mask
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax


def masks_of(sources: Sequence[str], available: Set[str], syntax: PlaceholderSyntax = LEGACY_SYNTAX) -> dict[int, Mask]:
    """The mask of each source sentence that has placeholders with units of those ``available``, by its row."""
    if not available:
        return {}
    if native.available():
        lines = Lines.of(sources)
        rows = np.flatnonzero(native.may_hold_placeholders(lines, syntax.triggers)).tolist()
        masks = {row: Mask.of(lines[row], available, syntax) for row in rows}
    else:
        masks = {row: Mask.of(source, available, syntax) for row, source in enumerate(sources)}
    return {row: mask for row, mask in masks.items() if mask.units}


def hide_lines(texts: Sequence[str], masks: Mapping[int, Mask]) -> Lines:
    """The texts with the units of their placeholders; ``masks`` by row, those that hide nothing left out."""
    lines = Lines.of(texts)
    if not masks:
        return lines
    hidden = [mask.hide(lines[row]) for row, mask in masks.items()]
    return lines.replaced(np.array(list(masks)), hidden)

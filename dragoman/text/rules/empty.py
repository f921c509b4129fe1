"""A side without anything to read."""

from __future__ import annotations

from dragoman.text.normalization import is_visible


def is_empty(source: str, target: str) -> bool:
    """A side has nothing visible: it is empty, or white space, control and format characters."""
    return not is_visible(source) or not is_visible(target)

"""Parallel phrases made from locale data: the demo's corpus."""

from dragoman.data.locale_phrases.kinds import describe_kinds
from dragoman.data.locale_phrases.phrases import generate

__all__ = ["describe_kinds", "generate"]

"""The base of all explanations of what a model did with one input."""

from __future__ import annotations

from abc import abstractmethod

from dragoman.reports.shown import Shown
from dragoman.storage.json import JsonObject


class Explanation(Shown):
    """The base of all explanations: each can be read on a terminal, and taken apart by a program."""

    __slots__ = ()

    @abstractmethod
    def as_text(self) -> str:
        """The explanation for a terminal, in lines of at most 80 columns."""

    @abstractmethod
    def to_dict(self) -> JsonObject:
        """The explanation as values for JSON."""

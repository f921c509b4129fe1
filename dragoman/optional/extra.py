"""Libraries that only some tasks need: imported when they are first used, named by the error if they are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from dragoman.errors import MissingDependencyError


@dataclass(frozen=True, slots=True)
class Extra:
    """An optional part of Dragoman, which ``pip install 'dragoman[NAME]'`` installs.

    >>> Extra("none", ("no_such_package",), "flying").missing()
    ('no_such_package',)

    Attributes:
        name: the name of the extra in ``pyproject.toml``.
        modules: the modules that it brings, as they are imported.
        needed_for: what cannot be done without it, as the end of a sentence.
        otherwise: what can be done instead, as an imperative; empty if nothing can.
    """

    name: str
    modules: tuple[str, ...]
    needed_for: str
    otherwise: str = ""

    def missing(self) -> tuple[str, ...]:
        """The modules that are not installed."""
        return tuple(module for module in self.modules if find_spec(module) is None)

    def require(self) -> None:
        """Make sure that all modules of this extra are installed.

        Raises:
            MissingDependencyError: if one is not.
        """
        for module in self.modules:
            self.load(module)

    def load(self, module: str) -> ModuleType:
        """Import a module of this extra.

        Raises:
            MissingDependencyError: if the module is not installed, or cannot be imported.
        """
        try:
            return import_module(module)
        except ImportError as error:
            raise MissingDependencyError(
                f"{self.needed_for} needs the package {module.split('.')[0]}, which cannot be imported: {error}",
                remedy=f"run `pip install 'dragoman[{self.name}]'`{', or ' if self.otherwise else ''}{self.otherwise}.",
            ) from error


PLOTS = Extra("plots", ("matplotlib",), "drawing pictures")
PICTURES = Extra("pictures", ("PIL", "fontTools", "matplotlib"), "reading pictures, or drawing lines of text,")
LANGUAGES = Extra(
    "languages",
    ("lingua",),
    "the cleaning rule `language`",
    "switch the rule off with `--set cleaning.language=false`",
)
CTRANSLATE2 = Extra("ctranslate2", ("ctranslate2",), "CTranslate2's engine", "translate with `--engine torch`")
IMPORT = Extra("import", ("sentencepiece",), "a SentencePiece tokenizer, which models from elsewhere have,")
EXTRAS = (PLOTS, PICTURES, LANGUAGES, CTRANSLATE2, IMPORT)


def attributes(extra: Extra, homes: Mapping[str, str]) -> Callable[[str], object]:
    """A module's ``__getattr__`` that imports each name when it is first asked for.

    Args:
        extra: the extra that brings the modules.
        homes: for each name, the module that it is taken from; a name that its module's path ends in is that module.
    """

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(name)
        home = extra.load(homes[name])
        return home if homes[name].endswith(f".{name}") else getattr(home, name)

    return get

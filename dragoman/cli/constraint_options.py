"""The options of constraints on what a model writes: written once, the same in every command that takes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.cli.option_group import OptionGroup
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.predict.constraints import Constraints
    from dragoman.predict.file_translation import Setting

_PANEL = "Constraints"


def _option(help: str, *names: str) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=_PANEL, show_default=False)


_TERMINOLOGY = "How terms are translated: a table of source, target and status (CSV, TSV), or TBX."


@dataclass(frozen=True, kw_only=True)
class GivenConstraints(OptionGroup):
    """The constraints that a person asks for."""

    must_contain: Annotated[list[str] | None, _option("A phrase that each output must contain. Repeatable.")] = None
    must_not_contain: Annotated[list[str] | None, _option("A phrase that no output may contain. Repeatable.")] = None
    prefix: Annotated[str | None, _option("What each output must begin with.")] = None
    within_words: Annotated[
        bool | None, _option("Find phrases within words too, not as whole words only.", "--within-words")
    ] = None

    def _constraints(self, **more: Any) -> Constraints:
        from dragoman.predict.constraints import Constraints

        if self.prefix is not None and not self.prefix.strip():
            raise InputError("--prefix is empty", remedy="give what each output must begin with, or leave it out.")
        return Constraints(
            tuple(self.must_contain or ()),
            tuple(self.must_not_contain or ()),
            self.prefix or "",
            whole_words=not self.within_words,
            **more,
        )

    def constraints(self) -> Constraints:
        """The constraints on texts that have no source.

        Raises:
            InputError: if a phrase is empty.
        """
        return self._constraints()


@dataclass(frozen=True, kw_only=True)
class GivenTranslationConstraints(GivenConstraints):
    """The constraints that a person asks for of translations."""

    terminology: Annotated[Path | None, _option(_TERMINOLOGY)] = None

    def of_languages(self, source: str, target: str, unicode_form: str) -> Constraints:
        """The constraints on translations.

        Args:
            source: code of the source language.
            target: code of the target language.
            unicode_form: name of the Unicode form of the model's texts.

        Raises:
            InputError: if a phrase is empty, or the terminology cannot be read.
        """
        from dragoman.data.terminology import read_terminology

        if self.terminology is None:
            return self._constraints()
        return self._constraints(
            terminology=read_terminology(self.terminology, source, target, unicode_form=unicode_form)
        )

    def settings(self) -> dict[str, Setting]:
        """What translations depend on, by which an interrupted one knows whether it may go on."""
        from dragoman.storage.manifest import digest

        settings: dict[str, Setting] = {}
        if self.must_contain or self.must_not_contain or self.prefix:
            settings["constraints"] = f"{self._constraints()}{', within words' if self.within_words else ''}"
        if self.terminology is not None:
            settings["terminology"] = digest(self.terminology)
        return settings

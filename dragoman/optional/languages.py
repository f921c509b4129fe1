"""The names that Dragoman uses of Lingua, which is imported when one of them is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dragoman.optional.extra import LANGUAGES, attributes

if TYPE_CHECKING:
    from lingua import Language as Language
    from lingua import LanguageDetectorBuilder as LanguageDetectorBuilder
else:
    __getattr__ = attributes(LANGUAGES, dict.fromkeys(("Language", "LanguageDetectorBuilder"), "lingua"))

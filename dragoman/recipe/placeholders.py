"""Which families of placeholders a recipe may name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

PlaceholderFamily = Literal[
    "url",
    "email",
    "block",
    "tag",
    "element",
    "mustache",
    "icu",
    "fluent",
    "dotnet",
    "brace",
    "spaced-brace",
    "python",
    "ruby",
    "percent-name",
    "libreoffice",
    "hash-name",
    "qt",
    "printf",
    "percent-word",
    "glued-printf",
    "i18next",
    "dollar-parenthesis",
    "chrome",
    "dollar-number",
    "dollar-name",
    "entity",
    "colon",
    "at",
    "exclamation",
    "escape",
    "bbcode",
]
"""Names of families; :mod:`dragoman.text.placeholder_families` defines them."""

PlaceholderFamilies = Annotated[
    tuple[PlaceholderFamily, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)
]

"""Placeholders, markup and URLs: the parts of a text that a translation keeps unchanged.

While text is encoded, each becomes one private character, a *unit*: the first variable of a sentence, the second, the
first opening tag and so on. The model learns where units go, never how one is spelt, so names that it has not seen
come through unharmed. Equal placeholders share a unit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import UInt8

from dragoman.storage.json import JsonObject
from dragoman.text.placeholder_families import FAMILIES, FAMILY, GENERAL, URL_TRIGGER, Family

_FIRST = 0xF0000
VARIABLES = tuple(chr(_FIRST + number) for number in range(8))
"""Units for variables, entities and URLs, in the order of their occurrence."""
OPENING_TAGS = tuple(chr(_FIRST + 8 + number) for number in range(4))
"""Units for tags that open an element or are one."""
CLOSING_TAGS = tuple(chr(_FIRST + 12 + number) for number in range(4))
"""Units for tags that close an element."""
UNITS = (*VARIABLES, *OPENING_TAGS, *CLOSING_TAGS)

_UNIT = r"[\U000F0000-\U000F000F]"
"""A unit that occurs in the text itself is protected like a placeholder."""
_VERSION = 1
_ALONE, _IN_URL = 1, 2


@dataclass(frozen=True)
class PlaceholderSyntax:
    """A syntax of placeholders: several families, of which the first in the order of precedence wins.

    >>> syntax = PlaceholderSyntax.of("mustache", "url")
    >>> syntax.find("See {{page}} on https://example.org")
    ['{{page}}', 'https://example.org']
    >>> syntax.same("See {{page}}", "Siehe {{seite}}")
    False

    Attributes:
        families: families in the order of precedence.
    """

    families: tuple[Family, ...]

    @classmethod
    def of(cls, *names: str) -> PlaceholderSyntax:
        """The syntax of the families with these names, in any order.

        Raises:
            ValueError: if there is no family of one of these names; the message lists the names of all families.
        """
        if unknown := sorted(set(names) - FAMILY.keys()):
            raise ValueError(f"there is no family of placeholders {', '.join(unknown)}; there are {', '.join(FAMILY)}")
        return cls(tuple(family for family in FAMILIES if family.name in names))

    def joined(self, other: PlaceholderSyntax) -> PlaceholderSyntax:
        """The syntax of the families of both. :data:`LEGACY_SYNTAX`, which names no families, is joined with none: it
        stays as it is, and adds nothing.

        >>> PlaceholderSyntax.of("url").joined(PlaceholderSyntax.of("mustache", "url")).names
        ('url', 'mustache')
        """
        if LEGACY_SYNTAX in (self, other):
            return self
        return PlaceholderSyntax.of(*{*self.names, *other.names})

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each family."""
        return tuple(family.name for family in self.families)

    def may_hold(self, text: str) -> bool:
        """Whether ``text`` has the characters of some placeholder, by :attr:`triggers`."""
        return self._trigger.search(text) is not None

    def find(self, text: str) -> list[str]:
        """All placeholders of ``text``, in order."""
        return self._pattern.findall(text) if self._trigger.search(text) else []

    def find_with_family(self, text: str) -> Iterator[tuple[str, str]]:
        """All placeholders of ``text``, each with the name of its family; a unit in the text itself has none and is
        left out."""
        if self._trigger.search(text):
            for match in self._grouped.finditer(text):
                if match.lastindex is not None:
                    yield match.group(), self.families[match.lastindex - 1].name

    def without(self, text: str) -> str:
        """The text with a space in place of each placeholder."""
        return self._pattern.sub(" ", text) if self._trigger.search(text) else text

    def replace(self, text: str, replacement: Callable[[str], str]) -> str:
        """The text with each placeholder replaced by the result of ``replacement``."""
        return self._pattern.sub(lambda match: replacement(match.group()), text) if self._trigger.search(text) else text

    def same(self, source: str, target: str) -> bool:
        """Whether both sides have the same placeholders equally often, in any order."""
        left, right = self.find(source), self.find(target)
        return left == right or (len(left) == len(right) and Counter(left) == Counter(right))

    @cached_property
    def triggers(self) -> UInt8[np.ndarray, " 128"]:
        """For each ASCII character: 1 if a placeholder may contain it, 2 if one may where the character ends ``://`` or
        ``www.``, otherwise 0."""
        table = np.zeros(128, dtype=np.uint8)
        for family in self.families:
            for trigger in family.triggers:
                table[list(b"/." if trigger == URL_TRIGGER else trigger.encode())] |= (
                    _IN_URL if trigger == URL_TRIGGER else _ALONE
                )
        table[table > _IN_URL] = _ALONE
        return table

    def to_dict(self) -> JsonObject:
        """The syntax as a dictionary that JSON can represent."""
        return {"version": _VERSION, "families": list(self.names)}

    @classmethod
    def from_dict(cls, values: JsonObject) -> PlaceholderSyntax:
        """The syntax that :meth:`to_dict` wrote.

        Raises:
            ValueError: if a family is unknown, or the version is newer.
        """
        names = values.get("families")
        if (
            values.get("version") != _VERSION
            or not isinstance(names, list)
            or not all(isinstance(n, str) for n in names)
        ):
            raise ValueError("no list of families of placeholders of a version that is known")
        return cls.of(*names)

    @cached_property
    def _trigger(self) -> re.Pattern[str]:
        alone = "".join(re.escape(chr(code)) for code in np.flatnonzero(self.triggers == _ALONE))
        in_url = r"|://|www\." if (self.triggers == _IN_URL).any() else ""
        return re.compile(f"[{alone}\U000f0000-\U000f000f]{in_url}")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join((*(family.pattern for family in self.families), _UNIT)))

    @cached_property
    def _grouped(self) -> re.Pattern[str]:
        return re.compile("|".join((*(f"({family.pattern})" for family in self.families), _UNIT)))


LEGACY_SYNTAX = PlaceholderSyntax((GENERAL,))
"""The syntax of models and datasets that have no file with their own."""
SURE_SYNTAX = PlaceholderSyntax(tuple(family for family in FAMILIES if family.is_sure))
"""The families that hardly ever match ordinary text."""
EVERY_SYNTAX = PlaceholderSyntax(FAMILIES)
"""All families together."""

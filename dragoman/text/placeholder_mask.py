"""The mask of a sentence pair: which unit stands for which placeholder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dragoman.native import text as native
from dragoman.native.lines import Lines
from dragoman.text.placeholders import CLOSING_TAGS, LEGACY_SYNTAX, OPENING_TAGS, UNITS, VARIABLES, PlaceholderSyntax


class Shown(NamedTuple):
    """A text whose units were replaced by placeholders.

    Attributes:
        text: the text without any unit.
        invented: whether it had units that stand for nothing in the source.
    """

    text: str
    invented: bool


@dataclass(frozen=True, slots=True)
class Mask:
    """The units of the placeholders of one sentence pair.

    >>> from dragoman.text.placeholders import VARIABLES
    >>> mask = Mask.of("Hello {name}!", set(VARIABLES))
    >>> mask.reveal(mask.hide("Hallo {name}!")).text
    'Hallo {name}!'

    Attributes:
        units: the unit that hides each placeholder of the source. A private character of the source that could be
            mistaken for a unit, and has none of its own, is hidden by the replacement character.
        placeholders: placeholder of each unit.
        syntax: syntax of placeholders.
    """

    units: dict[str, str]
    placeholders: dict[str, str]
    syntax: PlaceholderSyntax = LEGACY_SYNTAX

    @classmethod
    def of(cls, source: str, available: Set[str], syntax: PlaceholderSyntax = LEGACY_SYNTAX) -> Mask:
        """The mask of a source sentence. Placeholders for which no unit is ``available`` stay as they are."""
        found = syntax.find(source) if available else []
        if not found:
            return _NOTHING
        free = {kind: iter([unit for unit in kind if unit in available]) for kind in _KINDS}
        units: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        for placeholder in found:
            if placeholder in units:
                continue
            unit = next(free[_kind(placeholder)], None)
            if unit is not None:
                units[placeholder] = unit
                placeholders[unit] = placeholder
            elif placeholder in _ALL:
                units[placeholder] = _REPLACEMENT
        return cls(units, placeholders, syntax)

    def narrowed(self, hidden: str) -> Mask:
        """The mask of a piece of the source, given with its placeholders hidden."""
        present = units_in([hidden])
        if present == self.placeholders.keys():
            return self
        kept = {unit: placeholder for unit, placeholder in self.placeholders.items() if unit in present}
        return Mask({placeholder: unit for unit, placeholder in kept.items()}, kept, self.syntax)

    def hide(self, text: str) -> str:
        """The text with units in place of placeholders."""
        if not self.units:
            return text
        return self.syntax.replace(text, lambda placeholder: self.units.get(placeholder, placeholder))

    def reveal(self, text: str, units: Set[str] = frozenset(UNITS)) -> Shown:
        """The text with placeholders in place of units.

        Units that stand for nothing in the source are invented. Where as many of the source's placeholders of the same
        kind are lost, these replace them, in order; otherwise the invented units are removed, with the white space,
        brackets or quotation marks that would be left empty.

        Args:
            text: text that the model wrote.
            units: characters that are units in the model's vocabulary; all others are text.
        """
        present = {unit for unit in _UNIT.findall(text) if unit in units}
        invented = present - self.placeholders.keys()
        standing = dict(self.placeholders)
        if invented:
            mended = self._mended(present, invented)
            text = _without(text, invented - mended.keys())
            standing |= mended
        elif not present:
            return Shown(text, False)
        return Shown(_UNIT.sub(lambda match: standing.get(match.group(), match.group()), text), bool(invented))

    def _mended(self, present: Set[str], invented: Set[str]) -> dict[str, str]:
        """The lost placeholder that replaces each invented unit."""
        mended: dict[str, str] = {}
        for kind in _KINDS:
            new = [unit for unit in kind if unit in invented]
            lost = [unit for unit in kind if unit in self.placeholders and unit not in present]
            if len(new) == len(lost):
                mended |= {unit: self.placeholders[meant] for unit, meant in zip(new, lost, strict=True)}
        return mended


def units_in(texts: Iterable[str]) -> set[str]:
    """The units that occur in masked texts."""
    return {unit for text in texts for unit in _UNIT.findall(text)}


def masks_of(sources: Sequence[str], available: Set[str], syntax: PlaceholderSyntax = LEGACY_SYNTAX) -> dict[int, Mask]:
    """The mask of each source sentence that has placeholders, by its row, using the units in ``available``.

    >>> list(masks_of(["no placeholder", "click {name}"], {"\\U000f0000"}))
    [1]
    """
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
    """The texts with units in place of placeholders; ``masks`` has those rows that hide something."""
    lines = Lines.of(texts)
    if not masks:
        return lines
    hidden = [mask.hide(lines[row]) for row, mask in masks.items()]
    return lines.replaced(np.array(list(masks)), hidden)


_KINDS = (VARIABLES, OPENING_TAGS, CLOSING_TAGS)
_ALL = frozenset(UNITS)
_NOTHING = Mask({}, {})
_UNIT = re.compile(r"[\U000F0000-\U000F000F]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_AROUND = ("()", "[]", "{}", '""', "''", "“”", "„“", "‘’", "‚‘", "«»", "»«", "‹›", "「」", "『』", "（）")
_CLOSING = ".,;!?…)]}、。，！？）"


def _kind(placeholder: str) -> tuple[str, ...]:
    if placeholder.startswith(("<%", "<?")):
        return VARIABLES
    if placeholder.startswith(("</", "[/")):
        return CLOSING_TAGS
    return OPENING_TAGS if placeholder.startswith(("<", "[")) else VARIABLES


def _without(text: str, invented: Set[str]) -> str:
    """The text without these units, and with at most one space where each stood."""
    if not invented:
        return text
    units = f"[{''.join(sorted(invented))}]"
    enclosed = "|".join(rf"{re.escape(pair[0])}\s*{units}(?:\s*{units})*\s*{re.escape(pair[1])}" for pair in _AROUND)
    one = rf"(?:{enclosed}|{units})"
    closing = re.escape(_CLOSING)
    return re.sub(rf"(\s*){one}(?:\s*{one})*(\s*)(?=([{closing}]|$)?)", _gap, text)


def _gap(match: re.Match[str]) -> str:
    before, after, closed = match.groups()
    if match.start() == 0 or closed is not None:
        return ""
    return (before or after)[:1]

"""ICU's message format: a message whose words depend on a number or a name becomes one pair for each wording.

``{count, plural, one {# article} other {# articles}}`` holds two texts, and a translation may hold another number of
them. The branches that say the same are found by the numbers or names that they are for, as with plural forms in
:mod:`dragoman.data.formats.plural_forms`; ``#`` is written as the argument that it stands for, ``{count}``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from dragoman.data.chunk import Entry, Pair, Skip
from dragoman.data.formats.plural_forms import NUMBERS, aligned_forms, category_names
from dragoman.data.formats.spelt_numbers import SPELT

_CHOICE = re.compile(r"\{\s*[\w.-]+\s*,\s*(?:plural|select|selectordinal)\s*,")
_TEXT = re.compile(r"[^{}'#]+")
_DOUBLE_BRACES = re.compile(r"\{\{[^{}]*\}\}")
_ARGUMENT = re.compile(r"\{\s*([\w.-]+)\s*([,}])")
_KIND = re.compile(r"\s*(plural|selectordinal|select)\s*,\s*(?:offset:\s*(\d{1,6})\s*)?")
_SELECTOR = re.compile(r"\s*(=\d{1,9}|[\w-]+)\s*\{")
_END = re.compile(r"\s*\}")
_QUOTED = re.compile(r"'([{}#|][^']*(?:''[^']*)*)(?:'|\Z)")
_DEEPEST = 12
_LONGEST = 20_000
_MOST_WORDINGS = 64
_LARGEST = 1_000_000


@dataclass(frozen=True)
class _Choice:
    """A place of a message whose words depend on an argument."""

    name: str
    kind: str
    offset: int
    branches: dict[str, list[str | _Choice]]


_Parts = list[str | _Choice]
_Argument = tuple[str, str]
"""Name and kind: what a choice depends on."""
_Values = dict[_Argument, str | int]


def expand_messages(entries: Iterable[Entry], source_language: str, target_language: str) -> Iterator[Entry]:
    """The same entries, pairs of messages with choices replaced by a pair for each wording.

    Where one side has no choice, its text goes with every wording of the other. Choices that are nested or stand side
    by side are combined, up to 64 wordings; of more, one choice at a time is varied. A wording that has the number on
    one side alone is left out, as of other plural forms. What breaks the format's syntax
    stays as it is.
    """
    for entry in entries:
        if isinstance(entry, Pair) and (_CHOICE.search(entry.source) or _CHOICE.search(entry.target)):
            yield from _expanded(entry, source_language, target_language)
        else:
            yield entry


def _expanded(pair: Pair, source_language: str, target_language: str) -> Iterator[Entry]:
    source, target = _parsed(pair.source), _parsed(pair.target)
    if source is None or target is None:
        yield pair
        return
    left_choices, right_choices = _choices_in(source), _choices_in(target)
    arguments = dict.fromkeys((choice.name, choice.kind) for choice in (*left_choices, *right_choices))
    values = {
        argument: _telling_values(
            argument,
            [choice for choice in left_choices if (choice.name, choice.kind) == argument],
            [choice for choice in right_choices if (choice.name, choice.kind) == argument],
            (source_language, target_language),
        )
        for argument in arguments
    }
    numbers = [f"{{{name}}}" for name, kind in arguments if kind != "select"]
    texts = {
        (_worded(source, chosen, source_language).strip(), _worded(target, chosen, target_language).strip()): None
        for chosen in _combinations(values, len(pair.source) + len(pair.target))
    }
    for left, right in texts:
        if left and right and any((number in left) != (number in right) for number in numbers):
            yield Skip(SPELT, left, right, pair.file, pair.line)
        elif left and right:
            yield Pair(left, right, pair.file, pair.line)
        elif left or right:
            yield Skip("untranslated", left, right, pair.file, pair.line)


def _combinations(values: dict[_Argument, list[str | int]], size: int) -> Iterator[_Values]:
    """What to set the arguments to, one wording after the other."""
    arguments, lists = list(values), list(values.values())
    count = 1
    for several in lists:
        count *= len(several)
    if count <= min(_MOST_WORDINGS, max(1, _LARGEST // size)):
        for chosen in itertools.product(*lists):
            yield dict(zip(arguments, chosen, strict=True))
        return
    usual = {argument: several[-1] for argument, several in values.items()}
    alone = ({**usual, argument: value} for argument, several in values.items() for value in several)
    yield from itertools.islice(alone, max(1, _LARGEST // size))


def _telling_values(
    argument: _Argument, source: list[_Choice], target: list[_Choice], languages: tuple[str, str]
) -> list[str | int]:
    """The values of an argument that together lead into every branch of both sides, the most usual last."""
    if argument[1] == "select":
        names = {name: None for choice in (*source, *target) for name in choice.branches if name != "other"}
        return [*names, "other"]
    explicit = {int(name[1:]) for choice in (*source, *target) for name in choice.branches if name.startswith("=")}
    numbers = (*sorted(explicit), *(number for number in NUMBERS if number not in explicit))
    forms = [
        [tuple(_branch(choice, number, language) for choice in side) for number in numbers]
        for side, language in zip((source, target), languages, strict=True)
    ]
    return [number for number, _, _ in aligned_forms(forms[0], forms[1], numbers)]


def _branch(choice: _Choice, value: str | int, language: str) -> str:
    """The name of the branch that a choice takes."""
    if isinstance(value, str):
        return value if value in choice.branches else "other"
    if f"={value}" in choice.branches:
        return f"={value}"
    category = _category(value - choice.offset, language, choice.kind == "selectordinal")
    return category if category in choice.branches else "other"


@lru_cache(maxsize=4096)
def _category(number: int, language: str, ordinal: bool) -> str:
    names = category_names(language, ordinal=ordinal)
    if names is None or number not in NUMBERS:
        return "one" if number == 1 else "other"
    return names[NUMBERS.index(number)]


def _worded(parts: _Parts, values: _Values, language: str) -> str:
    """The text that a message gives for some values."""
    words = []
    for part in parts:
        if isinstance(part, str):
            words.append(part)
        else:
            branch = _branch(part, values[part.name, part.kind], language)
            words.append(_worded(part.branches[branch], values, language))
    return "".join(words)


def _choices_in(parts: _Parts) -> list[_Choice]:
    found = []
    for part in parts:
        if not isinstance(part, str):
            found.append(part)
            found += [inner for branch in part.branches.values() for inner in _choices_in(branch)]
    return found


def _parsed(text: str) -> _Parts | None:
    """The parts of a message; None if it breaks the syntax or is too long or deep."""
    if len(text) > _LONGEST:
        return None
    try:
        parts, place = _Parser(text).parts(0, None, 0)
    except ValueError:
        return None
    return parts if place == len(text) else None


class _Parser:
    """Recursive descent over a message.

    Raises:
        ValueError: from any method, if the message breaks the syntax.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def parts(self, place: int, number: str | None, depth: int) -> tuple[_Parts, int]:
        """The parts from a place up to an unmatched ``}`` or the end, and the place of that.

        Args:
            place: where to begin.
            number: the argument that ``#`` stands for, if any.
            depth: how many branches this is inside of.
        """
        if depth > _DEEPEST:
            raise ValueError("too deep")
        text, parts = self._text, list[str | _Choice]()
        while place < len(text) and text[place] != "}":
            if found := _TEXT.match(text, place) or _DOUBLE_BRACES.match(text, place):
                parts.append(found.group())
                place = found.end()
            elif text[place] == "{":
                part, place = self._argument(place, number, depth)
                parts.append(part)
            elif found := _QUOTED.match(text, place) if text[place] == "'" else None:
                parts.append(found.group(1).replace("''", "'"))
                place = found.end()
            else:
                doubled = text.startswith("''", place)
                parts.append(f"{{{number}}}" if text[place] == "#" and number is not None else text[place])
                place += 2 if doubled else 1
        return parts, place

    def _argument(self, begin: int, number: str | None, depth: int) -> tuple[str | _Choice, int]:
        found = _ARGUMENT.match(self._text, begin)
        if found is None:
            raise ValueError("no argument")
        if found.group(2) == "}":
            return found.group(), found.end()
        kind = _KIND.match(self._text, found.end())
        if kind is None:
            end = self._closing(begin)
            return self._text[begin:end], end
        name, place, branches = found.group(1), kind.end(), dict[str, list[str | _Choice]]()
        while selector := _SELECTOR.match(self._text, place):
            inner = number if kind.group(1) == "select" else name
            branches[selector.group(1)], place = self.parts(selector.end(), inner, depth + 1)
            if not self._text.startswith("}", place):
                raise ValueError("a branch has no end")
            place += 1
        end_of_choice = _END.match(self._text, place)
        if end_of_choice is None or "other" not in branches:
            raise ValueError("a choice has no end, or nothing for everything else")
        return _Choice(name, kind.group(1), int(kind.group(2) or 0), branches), end_of_choice.end()

    def _closing(self, begin: int) -> int:
        """The place behind the ``}`` that closes the ``{`` at a place."""
        depth = 0
        for place in range(begin, len(self._text)):
            depth += (self._text[place] == "{") - (self._text[place] == "}")
            if depth == 0:
                return place + 1
        raise ValueError("an argument has no end")

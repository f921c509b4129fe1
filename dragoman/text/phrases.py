"""Phrases that a text must contain, must not contain, and must begin with."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

from dragoman.errors import InputError
from dragoman.text.casing import Casing

MOST_REQUIRED = 40
"""The most groups of phrases that one text can be required to contain."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """What a text must contain, must not contain and must begin with.

    A phrase is found where the text has its characters, with two exceptions: a small letter is also found as the
    capital that begins a sentence, and a space as a no-break space. Where whole words are meant, no letter, digit or
    mark may stand beside an end of the phrase that is one itself; characters of scripts without spaces between words
    are words by themselves (:func:`~dragoman.text.word_edges.is_in_word`).

    >>> Phrases(required=(("dog", "hound"),), excluded=("cat",)).parts()[0].required
    (('dog', 'hound'),)

    Attributes:
        required: for each group of alternatives, the phrases of which the text must contain at least one.
        excluded: phrases that the text must not contain.
        prefix: what the text must begin with, whether a word ends there or not.
        whole_words: whether the other phrases are found as whole words only.
        any_case: whether phrases are found whatever the case of their letters.
        language: code of the text's language, for upper and lower case.

    Raises:
        InputError: if a phrase is empty, or a text would have to contain more than 40.
    """

    required: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[str, ...] = ()
    prefix: str = ""
    whole_words: bool = True
    any_case: bool = False
    language: str = ""

    def __post_init__(self) -> None:
        if not all(self.required) or not all(
            (*self.excluded, *(phrase for group in self.required for phrase in group))
        ):
            raise InputError("a phrase has no characters", remedy="give at least one letter, or leave it out.")
        if len(self.required) > MOST_REQUIRED:
            raise InputError(
                f"{len(self.required):,} phrases that one text must contain, and {MOST_REQUIRED} are possible",
                remedy="give fewer.",
            )

    def __bool__(self) -> bool:
        return bool(self.required or self.excluded or self.prefix)

    def parts(self) -> list[Phrases]:
        """Each group, each excluded phrase and the prefix by itself."""
        nothing = replace(self, required=(), excluded=(), prefix="")
        return [
            *(replace(nothing, required=(group,)) for group in self.required),
            *(replace(nothing, excluded=(phrase,)) for phrase in self.excluded),
            *([replace(nothing, prefix=self.prefix)] if self.prefix else []),
        ]

    def __str__(self) -> str:
        """What is demanded, as a person would say it."""
        demands = [f"must contain {' or '.join(map(quoted, group))}" for group in self.required]
        demands += [f"must not contain {quoted(phrase)}" for phrase in self.excluded]
        return ", ".join([*demands, *([f"must begin with {quoted(self.prefix)}"] if self.prefix else [])])


def quoted(phrase: str) -> str:
    """A phrase between quotation marks; its end is left out if it is long."""
    return f"“{phrase if len(phrase) <= _SHOWN else phrase[: _SHOWN - 1] + '…'}”"


def same_spaces(text: str) -> str:
    """The text with plain spaces in place of no-break spaces."""
    return text.translate(_SPACES)


def is_match(expected: str, found: str, *, begins: bool, any_case: bool, truecased: bool, casing: Casing) -> bool:
    """Whether a character of a text is the one that a phrase has.

    Args:
        expected: the phrase's character.
        found: the text's character.
        begins: whether a sentence begins there.
        any_case: whether case does not matter.
        truecased: whether sentences of the text will get a capital.
        casing: upper and lower case of the language.
    """
    if expected == found:
        return True
    if any_case and casing.lower(expected) == casing.lower(found):
        return True
    return begins and (casing.capitalized(expected) == found or (truecased and casing.capitalized(found) == expected))


def variants(character: str, casing: Casing) -> frozenset[str]:
    """The characters that :func:`is_match` may find to be the same."""
    forms = (character, casing.lower(character), casing.upper(character), casing.capitalized(character))
    return frozenset(form for form in forms if len(form) == 1)


def sentence_category(character: str) -> int:
    """What a character means for where sentences begin: one of the constants of this module."""
    if character in ".!?…":
        return ENDS
    if character in "\"'”’»)]":
        return CLOSES
    if character.isspace():
        return SPACE
    return MARK if unicodedata.category(character)[0] in "PZ" else OTHER


OTHER, ENDS, CLOSES, SPACE, MARK = range(5)
INSIDE, ENDED, BEGINS = range(3)
"""Where in a sentence a character stands: inside; behind its end; or where the next letter begins one."""


def next_place(place: int, category: int) -> int:
    """Where in a sentence the text stands after a character of a category; as
    :mod:`~dragoman.text.truecasing` sees it."""
    if place == BEGINS:
        return INSIDE if category == OTHER else BEGINS
    if place == ENDED and category == SPACE:
        return BEGINS
    return ENDED if category == ENDS or (place == ENDED and category == CLOSES) else INSIDE


_SHOWN = 80
_SPACES = {0xA0: " ", 0x202F: " "}

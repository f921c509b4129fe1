"""Normal forms in which text is compared and learnt."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable
from functools import cache, partial

UNICODE_FORMS: dict[str, Callable[[str], str]] = {
    "NFC": partial(unicodedata.normalize, "NFC"),
    "NFKC": partial(unicodedata.normalize, "NFKC"),
    "none": str,
}
"""Unicode normalisation by name (Unicode Standard Annex 15)."""

_compatible = UNICODE_FORMS["NFKC"]


_NO_BREAK_SPACES = frozenset("\u00a0\u202f")
_SENTENCE_MARKS = ".,;:!?…"
_WHITE_SPACE = re.compile(r"\s+")


def normalize(
    text: str, unicode_form: Callable[[str], str], *, collapse_white_space: bool, no_break_spaces: bool = False
) -> str:
    """The text in a Unicode normal form and, if wished, with every run of white space turned into one space and both
    ends stripped. Training text and text that is translated later are normalised in the same way.

    >>> normalize(" cafe\\u0301  noir ", UNICODE_FORMS["NFC"], collapse_white_space=True)
    'café noir'

    A no-break space (U+00A0, the narrow U+202F) is spelling in many languages: before French ``?`` and inside ``« »``,
    in ``5 000``, ``10 %``, ``§ 5`` and ``z. B.``, behind the one-letter prepositions of Czech. On pages of the web it
    stands as often for a plain space. So, where no-break spaces are wished for, one by itself is kept

    * behind a letter, if no letter follows, or if that letter is a word by itself;
    * behind a full stop, comma or other mark that ends a clause, if a number follows, or a letter after an initial;
    * behind a number, a bracket, a quotation mark or a sign;

    and becomes a plain space in all other places. They are wished for in what a model writes; in what it reads they
    would only make rarer spellings of the same text.

    Args:
        text: text to normalise.
        unicode_form: one of the functions in :data:`UNICODE_FORMS`.
        collapse_white_space: whether white space is normalised.
        no_break_spaces: whether no-break spaces that spelling requires are kept.
    """
    text = unicode_form(text)
    if not collapse_white_space:
        return text
    if not no_break_spaces or not any(space in text for space in _NO_BREAK_SPACES):
        return " ".join(text.split())
    return _WHITE_SPACE.sub(lambda run: run.group() if _is_spelling(text, run) else " ", text).strip(" ")


def _is_spelling(text: str, run: re.Match[str]) -> bool:
    """Whether a run of white space is one no-break space that spelling requires."""
    place = run.start()
    if run.group() not in _NO_BREAK_SPACES or not 0 < place < len(text) - 1:
        return False
    before, after = text[place - 1], text[place + 1]
    if _is_letter(before):
        return not _is_letter(after) or place < 2 or not _is_in_word(text[place - 2])
    if before not in _SENTENCE_MARKS:
        return True
    if unicodedata.category(after)[0] == "N":
        return True
    is_initial = (
        before == "." and place > 1 and _is_letter(text[place - 2]) and (place < 3 or not _is_in_word(text[place - 3]))
    )
    return is_initial and _is_letter(after)


def _is_letter(symbol: str) -> bool:
    return unicodedata.category(symbol)[0] in "LM"


def _is_in_word(symbol: str) -> bool:
    return unicodedata.category(symbol)[0] in "LMN"


def match_key(text: str) -> str:
    """The key under which two sentences count as equal: without case, width, white space, and punctuation at the ends.

    Case is folded as in definition D146 of the Unicode Standard, in composed form. Symbols are no punctuation: ``5 €``
    and ``5 $`` differ. A text of nothing but punctuation is its own key.

    >>> match_key("Hello  World!") == match_key("hello world")
    True
    """
    key = " ".join(fold(text).split())
    return key.strip(_characters_of(("P", "Zs"))) or key


def fold(text: str) -> str:
    """The text without differences of case and width (definition D146 of the Unicode Standard, then composed).

    >>> fold("Straße")
    'strasse'
    """
    if not text.isascii():
        text = _compatible(_compatible(unicodedata.normalize("NFD", text).casefold()).casefold())
    return text.casefold()


def is_visible(text: str) -> bool:
    """Whether the text has any character but white space, control and format characters.

    >>> is_visible(" \\u200b"), is_visible(" a")
    (False, True)
    """
    return bool(text.strip(_characters_of(("Z", "Cc", "Cf"))))


@cache
def _characters_of(categories: tuple[str, ...]) -> str:
    """All characters whose Unicode general category begins with one of ``categories``, such as ``P`` or ``Zs``.

    Planes 2 to 13 hold ideographs or nothing, and planes 15 and 16 are private, so they are not searched.
    """
    codes = itertools.chain(range(0x20000), range(0xE0000, 0xE1000))
    return "".join(symbol for symbol in map(chr, codes) if unicodedata.category(symbol).startswith(categories))

"""Placeholders, markup and URLs: what a translation must carry over as it stands.

While text is encoded, each becomes one private character, a *unit*: the first variable of a sentence, the second, the
first opening tag and so on. The model learns where units go, never how one is spelt, so names that it has not seen
come through unharmed. Equal placeholders share a unit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

_FIRST = 0xF0000
VARIABLES = tuple(chr(_FIRST + number) for number in range(8))
"""Units for variables, entities and URLs, in the order in which these occur."""
OPENING_TAGS = tuple(chr(_FIRST + 8 + number) for number in range(4))
"""Units for tags that open an element or are one."""
CLOSING_TAGS = tuple(chr(_FIRST + 12 + number) for number in range(4))
"""Units for tags that close an element."""
UNITS = (*VARIABLES, *OPENING_TAGS, *CLOSING_TAGS)

_TRIGGER = re.compile(r"[{<%&$\U000F0000-\U000F000F]|://|www\.")
_PLACEHOLDER = re.compile(
    "|".join(
        (
            r"(?:(?:https?|ftps?|file)://|www\.)(?=[\w\[])[^\s<>\"{}|\\^`“”„‚‘’«»]*[\w/=&#%~+-]",
            r"</?[A-Za-z0-9][\w:.-]*+(?:\s[^<>]*+)?/?>",  # HTML, XML, the numbered tags of i18next
            r"\{\{[^{}\n]{1,100}\}\}",  # Mustache, Jinja, Angular
            r"[$%#]?\{[^{}\s]{0,100}\}",  # str.format, ICU arguments, shells, Ruby
            r"%\([^()\s]{1,100}\)[-+#0 ]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]",  # Python
            r"(?<!\d)%(?:\d+\$)?[-+#0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|ll|[hlLqjzt])?[diouxXeEfFgGcsr@p](?![a-z]{3})",
            r"%%",
            r"\$t\([^()\s]{1,100}\)",  # i18next's nesting
            r"\$[a-z_]\w*",  # string.Template; $US is an amount of money
            r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
            r"[\U000F0000-\U000F000F]",  # a unit that stands in the text itself
        )
    )
)


def find_placeholders(text: str) -> list[str]:
    """All placeholders, tags, entities and URLs of ``text``, in their order."""
    return _PLACEHOLDER.findall(text) if _TRIGGER.search(text) else []


def without_placeholders(text: str) -> str:
    """``text`` with a space in the place of each placeholder."""
    return _PLACEHOLDER.sub(" ", text) if _TRIGGER.search(text) else text


def replace_placeholders(text: str, replacement: Callable[[str], str]) -> str:
    """``text`` with each placeholder replaced by what ``replacement`` makes of it."""
    return _PLACEHOLDER.sub(lambda match: replacement(match.group()), text) if _TRIGGER.search(text) else text


def same_placeholders(source: str, target: str) -> bool:
    """Whether both sides have the same placeholders, each as often, in whatever order."""
    left, right = find_placeholders(source), find_placeholders(target)
    return left == right or (len(left) == len(right) and Counter(left) == Counter(right))

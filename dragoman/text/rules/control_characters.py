"""The cleaning rule on characters that are no text."""

from __future__ import annotations

import re

# Controls but white space; the two overrides of the writing direction, which make text read otherwise than it is
# stored; the replacement character, which broken decoding leaves; noncharacters. Marks and isolates of direction stay:
# right-to-left languages need them.
_CONTROL = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202d\u202e\ufdd0-\ufdef\ufffd-\uffff\U0001fffe\U0001ffff]"
)


def has_control_characters(source: str, target: str) -> bool:
    """Whether a side has control characters, an override of the writing direction, U+FFFD or a noncharacter.

    >>> has_control_characters("bell\\a", "Glocke")
    True
    """
    return bool(_CONTROL.search(source) or _CONTROL.search(target))

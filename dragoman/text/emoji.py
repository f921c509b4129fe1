"""Emoji in text."""

from __future__ import annotations

from collections import Counter

import regex

# Characters that are pictures by themselves or by the selector behind them, with all that modifies and joins them.
_PART = r"(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F)(?:[\uFE0F\u20E3]|\p{Emoji_Modifier}|[\U000E0020-\U000E007F])*"
_EMOJI = regex.compile(rf"\p{{RI}}\p{{RI}}|{_PART}(?:\u200D(?:{_PART}|\p{{Extended_Pictographic}}\uFE0F?))*")


def emoji_of(text: str) -> Counter[str]:
    """How often each emoji occurs; the selector that asks for a picture makes no difference."""
    if text.isascii():
        return Counter()
    return Counter(found.replace("\ufe0f", "") for found in _EMOJI.findall(text))

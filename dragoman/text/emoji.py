"""Emoji in text."""

from __future__ import annotations

from collections import Counter

import regex

# Characters that are pictures by themselves or by the selector behind them, with all that modifies and joins them.
_PART = r"(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F)(?:[\uFE0F\u20E3]|\p{Emoji_Modifier}|[\U000E0020-\U000E007F])*"
_EMOJI = regex.compile(rf"\p{{RI}}\p{{RI}}|{_PART}(?:\u200D(?:{_PART}|\p{{Extended_Pictographic}}\uFE0F?))*")


def changed_emoji(source: str, target: str) -> tuple[list[str], list[str]]:
    """The emoji that stand in the source alone, and those in the translation alone, each as often as it is missing. A
    character that stands in the other text without the selector that asks for a picture is not missing there."""
    if source.isascii() and target.isascii():
        return [], []
    left, right = emoji_of(source), emoji_of(target)
    return _missing(left, right, target), _missing(right, left, source)


def _missing(emoji: Counter[str], others: Counter[str], text: str) -> list[str]:
    plain = text.replace("\ufe0f", "")
    return [one for one in (emoji - others).elements() if one in others or one not in plain]


def emoji_of(text: str) -> Counter[str]:
    """How often each emoji occurs; the selector that asks for a picture makes no difference."""
    if text.isascii():
        return Counter()
    return Counter(found.replace("\ufe0f", "") for found in _EMOJI.findall(text))

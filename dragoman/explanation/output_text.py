"""An output of a model for a terminal: its tokens with what was nearly written, and a proposal beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from dragoman.contracts import Ending
from dragoman.explanation.comparison import Comparison
from dragoman.explanation.scored_text import SPACE, ScoredText, Token, WrittenToken, words_of
from dragoman.reports.columns import COLUMNS, bar, columns_of, left_to_right, padded, wrapped
from dragoman.reports.text import share_text, signed

_BAR = 12
_WIDEST_TOKEN = 18
_PARTING, _COSTLIEST = "→", "!"


def titled(title: str, text: str) -> list[str]:
    """A text behind a title, in lines."""
    words = text.split(" ") if text else ["(nothing)"]
    return [left_to_right(line) for line in wrapped(words, first=f"{title}: ", then="  ")]


def token_lines(tokens: Sequence[Token]) -> list[str]:
    """All tokens of a text in lines."""
    return [left_to_right(line) for line in wrapped([token.text for token in tokens], first="  ", then="  ")]


def number_line(text: ScoredText) -> str:
    """The numbers of a whole text."""
    tokens = f"{len(text.tokens):,} token{'s' if len(text.tokens) != 1 else ''}"
    cut = "" if text.ending is Ending.COMPLETE else f" ({text.ending.value})"
    return f"log-probability {_number(text.log_probability)}, score {_number(text.score)}, {tokens}{cut}"


def token_table(text: ScoredText, marks: dict[int, str] | None = None) -> list[str]:
    """A line for each token: its probability with a bar, its rank if it was not the first choice, and what was nearly
    written in its place.

    >>> from dragoman.explanation.scored_text import Alternative
    >>> token = WrittenToken(Token("▁dog"), math.log(0.75), 1, (Alternative("▁cat", math.log(0.125)),))
    >>> print("\\n".join(token_table(ScoredText("dog", (token,), -0.29, -0.29))))
    token    probability           nearly written
    ▁dog     █████████      75.0 %  ▁cat 12.5 %

    Args:
        text: the text.
        marks: a sign that stands before some tokens, by their places.
    """
    signs = marks or {}
    widest = max([columns_of("token"), *(columns_of(token.token.text) for token in text.tokens)], default=0)
    name = min(widest, _WIDEST_TOKEN) + 2 * bool(signs)
    with_rank = any(token.rank > 1 for token in text.tokens)
    ranks = max((len(_rank(token)) for token in text.tokens), default=0) if with_rank else 0
    lines = [
        f"{padded('token', name)}  {padded('probability', _BAR + 8 + (ranks + 1 if with_rank else 0))}  nearly written"
    ]
    for place, token in enumerate(text.tokens):
        sign = f"{signs.get(place, ' ')} " if signs else ""
        share = math.exp(token.log_probability)
        rank = f" {_rank(token):<{ranks}}" if with_rank else ""
        line = f"{padded(sign + token.token.text, name)}  {bar(share, _BAR)}{share_text(share):>8}{rank}  "
        lines.append(left_to_right((line + _alternatives(token, COLUMNS - columns_of(line))).rstrip()))
    return lines


def comparison_lines(proposed: ScoredText, comparison: Comparison) -> list[str]:
    """The proposed text, its tokens, and the comparison in words."""
    marks = {comparison.costliest: _COSTLIEST}
    if comparison.parting is not None and comparison.parting < len(proposed.tokens):
        marks[comparison.parting] = _PARTING
    meaning = f"{_PARTING} the first token that differs   {_COSTLIEST} the least probable token"
    words = [line for sentence in comparison.sentences for line in wrapped(sentence.split(), first="* ", then="  ")]
    return [f"  {number_line(proposed)}", "", *token_table(proposed, marks), meaning, "", *map(left_to_right, words)]


def link_lines(source: Sequence[Token], found: ScoredText, links: Sequence[tuple[int, int]]) -> list[str]:
    """The words of the source that each word of an output belongs to; a word without a link is left out.

    >>> dog = WrittenToken(Token("▁Hund"), -0.1, 1)
    >>> link_lines([Token("▁the"), Token("▁dog")], ScoredText("Hund", (dog,), -0.1, -0.1), [(1, 0)])
    ['words: Hund ← dog']
    """
    words, begins = words_of([token.token for token in found.tokens]), words_of(source)
    numbers = [number for number, word in enumerate(begins) for _ in word]
    places = accumulate(map(len, words), initial=0)
    parts = []
    for place, word in zip(places, words, strict=False):
        linked = sorted({numbers[begin] for begin, end in links if place <= end < place + len(word)})
        if linked:
            parts.append(f"{_plain(word)} ← {' '.join(_plain(begins[number]) for number in linked)}")
    joined = [f"{part}," for part in parts[:-1]] + parts[-1:]
    return [left_to_right(line) for line in wrapped(joined, first="words: ", then="  ")]


def _plain(word: Sequence[Token]) -> str:
    text = "".join(token.text for token in word)
    return text.removeprefix(SPACE) or text


def _alternatives(token: WrittenToken, columns: int) -> str:
    """The first alternatives, for which there is room."""
    shown = ""
    for alternative in token.alternatives:
        part = f"{alternative.token} {share_text(math.exp(alternative.log_probability))}"
        longer = f"{shown}  {part}" if shown else part
        if columns_of(longer) > columns:
            break
        shown = longer
    return shown


def _rank(token: WrittenToken) -> str:
    return f"#{token.rank:,}" if token.rank > 1 else ""


def _number(value: float) -> str:
    return signed(f"{value:.2f}")

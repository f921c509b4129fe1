"""Which plural form of a language goes with which number, and so which forms of two languages say the same.

gettext numbers the forms by an expression in C's syntax, which the header of a catalogue holds. It is parsed here and
worked out for some numbers, never run as a program. CLDR names the forms (``one``, ``few``, ``other``), as message
formats do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import TypeVar

from babel.core import Locale, UnknownLocaleError
from babel.messages.plurals import PLURALS

from dragoman.text.language import primary_language

NUMBERS = (*range(1, 201), 0, 1000, 1_000_000)
"""The numbers that tell forms apart. The first with a form stands for it, so 1 and then small ones do if they can."""

_HEADER = re.compile(r"^Plural-Forms:\s*nplurals\s*=\s*(\d{1,3})\s*;\s*plural\s*=\s*([^;\n]+)", re.MULTILINE | re.I)
_TOKEN = re.compile(r"\s*(\d{1,10}|n\b|[<>=!]=|&&|\|\||[-+*/%<>!?:()])")
_LONGEST = 2000
_MOST_TOKENS = 200
_DEEPEST = 25
_WORD = 2**64 - 1
_LEVELS: tuple[dict[str, Callable[[int, int], int]], ...] = (
    {"||": lambda a, b: int(bool(a or b))},
    {"&&": lambda a, b: int(bool(a and b))},
    {"==": lambda a, b: int(a == b), "!=": lambda a, b: int(a != b)},
    {
        "<=": lambda a, b: int(a <= b),
        ">=": lambda a, b: int(a >= b),
        "<": lambda a, b: int(a < b),
        ">": lambda a, b: int(a > b),
    },
    {"+": lambda a, b: (a + b) & _WORD, "-": lambda a, b: (a - b) & _WORD},
    {"*": lambda a, b: (a * b) & _WORD, "/": lambda a, b: a // b, "%": lambda a, b: a % b},
)
"""Operators of two sides, from the loosest to the tightest."""

Form = TypeVar("Form", bound=Hashable)
OtherForm = TypeVar("OtherForm", bound=Hashable)
_Expression = Callable[[int], int]


def header_forms(header: str) -> tuple[int, ...] | None:
    """The form of each of :data:`NUMBERS` by the ``Plural-Forms`` of a header; None if there is none that can be used.

    Args:
        header: the text of a catalogue's header.
    """
    found = _HEADER.search(header)
    return None if found is None else _worked_out(found.group(2).strip(), int(found.group(1)))


def language_forms(code: str) -> tuple[int, ...] | None:
    """The form of each of :data:`NUMBERS` as catalogues of a language number them; None for unknown languages."""
    known = PLURALS.get(code.replace("-", "_")) or PLURALS.get(primary_language(code))
    if known is not None:
        return _worked_out(known[1], known[0])
    names = category_names(code)
    # CLDR names forms of fractions too; what no whole number has is no form of gettext.
    order: list[str] = [name for name in ("zero", "one", "two", "few", "many", "other") if name in (names or ())]
    return None if names is None else tuple(order.index(name) for name in names)


@lru_cache(maxsize=256)
def category_names(code: str, *, ordinal: bool = False) -> tuple[str, ...] | None:
    """CLDR's name of the form of each of :data:`NUMBERS`, such as ``one``; None for languages that CLDR has no rule of.

    Args:
        code: the language's code.
        ordinal: whether the numbers say a place in an order (*1st*) and not a count.
    """
    try:
        locale = Locale.parse(primary_language(code))
    except (UnknownLocaleError, ValueError):
        return None
    rule = locale.ordinal_form if ordinal else locale.plural_form
    return tuple(rule(number) for number in NUMBERS)


def aligned_forms(
    source: Sequence[Form], target: Sequence[OtherForm], numbers: Sequence[int] = NUMBERS
) -> list[tuple[int, Form, OtherForm]]:
    """The forms of two languages that say the same, each with a number that both are used for.

    For each form of either side the number that stands for it is asked what the form of the other side is: 1 where the
    form is that of 1, else the smallest above that has it, else 0. So the singular goes with the form of 1, and every
    further form with what the other language says of such numbers.

    Args:
        source: the form of each number.
        target: the form of each number in the other language.
        numbers: the numbers, of several with one form the most telling first.
    """
    places = sorted({side.index(form) for side in (source, target) for form in set(side)})
    together: dict[tuple[Form, OtherForm], int] = {}
    for place in places:
        together.setdefault((source[place], target[place]), numbers[place])
    return [(number, left, right) for (left, right), number in together.items()]


@lru_cache(maxsize=1024)
def _worked_out(expression: str, forms: int) -> tuple[int, ...] | None:
    try:
        rule = _Parser(expression).whole()
        numbers = tuple(rule(number) for number in NUMBERS)
    except (ValueError, ZeroDivisionError):
        return None
    return numbers if max(numbers) < forms else None


class _Parser:
    """Recursive descent over the expression; depth and length are bounded, so that none can exhaust anything.

    Raises:
        ValueError: from any method, if the expression breaks the syntax.
    """

    def __init__(self, expression: str) -> None:
        self._tokens: list[str] = []
        place, depth = 0, 0
        expression = expression.strip()
        if len(expression) > _LONGEST:
            raise ValueError("too long")
        while place < len(expression):
            found = _TOKEN.match(expression, place)
            if found is None:
                raise ValueError("no such token")
            self._tokens.append(found.group(1))
            place = found.end()
        if len(self._tokens) > _MOST_TOKENS:
            raise ValueError("too long")
        for token in self._tokens:
            depth += token in "(?!-"
            depth -= token == ")"
            if depth > _DEEPEST:
                raise ValueError("too deep")
        self._tokens.reverse()

    def whole(self) -> _Expression:
        found = self._choice()
        if self._tokens:
            raise ValueError("something is left")
        return found

    def _choice(self) -> _Expression:
        condition = self._binary(0)
        if not self._take("?"):
            return condition
        yes = self._choice()
        self._expect(":")
        no = self._choice()
        return lambda n: yes(n) if condition(n) else no(n)

    def _binary(self, level: int) -> _Expression:
        if level == len(_LEVELS):
            return self._single()
        left = self._binary(level + 1)
        while self._tokens and self._tokens[-1] in _LEVELS[level]:
            operation = _LEVELS[level][self._tokens.pop()]
            left = _joined(operation, left, self._binary(level + 1))
        return left

    def _single(self) -> _Expression:
        if self._take("!"):
            inner = self._single()
            return lambda n: int(not inner(n))
        if self._take("-"):
            inner = self._single()
            return lambda n: -inner(n) & _WORD
        if self._take("("):
            inner = self._choice()
            self._expect(")")
            return inner
        token = self._tokens.pop() if self._tokens else ""
        if token == "n":
            return lambda n: n
        if not token.isdigit():
            raise ValueError("a number is missing")
        value = int(token)
        return lambda n: value

    def _take(self, token: str) -> bool:
        if self._tokens and self._tokens[-1] == token:
            self._tokens.pop()
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise ValueError(f"no {token}")


def _joined(operation: Callable[[int, int], int], left: _Expression, right: _Expression) -> _Expression:
    return lambda n: operation(left(n), right(n))

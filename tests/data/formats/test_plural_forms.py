"""Which plural form goes with which number, by the expressions of gettext and by CLDR's names."""

from __future__ import annotations

import gettext

import pytest
from babel.messages.plurals import PLURALS
from hypothesis import given
from hypothesis import strategies as st

from dragoman.data.formats.plural_forms import NUMBERS, aligned_forms, category_names, header_forms, language_forms

ENGLISH = header_forms("Plural-Forms: nplurals=2; plural=(n != 1);\n")
RUSSIAN = "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2"


def forms(expression: str, count: int = 9) -> tuple[int, ...] | None:
    return header_forms(f"Language: x\nPlural-Forms: nplurals={count}; plural={expression};\nX: y\n")


@pytest.mark.parametrize("expression", [*(expression for _, expression in PLURALS.values()), RUSSIAN, "n-1+3*2 > n/2"])
def test_expressions_mean_what_they_mean_to_gettext(expression: str) -> None:
    reference = gettext.c2py(expression)
    assert forms(expression) == tuple(reference(number) for number in NUMBERS)


@pytest.mark.parametrize(
    ("count", "expression", "pairs"),
    [
        (1, "0", [(0, 0), (1, 0)]),
        (2, "n != 1", [(0, 0), (1, 1)]),
        (2, "n > 1", [(0, 0), (1, 1)]),
        (2, "n == 1", [(0, 1), (1, 0)]),
        (3, RUSSIAN, [(0, 0), (1, 1), (1, 2)]),
        (4, "n%100==1 ? 1 : n%100==2 ? 2 : n%100==3 || n%100==4 ? 3 : 0", [(0, 1), (1, 2), (1, 3), (1, 0)]),
        (3, "n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2", [(0, 0), (1, 1), (1, 2)]),
    ],
)
def test_the_singular_goes_with_the_form_of_one(count: int, expression: str, pairs: list[tuple[int, int]]) -> None:
    there = forms(expression, count)
    assert ENGLISH is not None
    assert there is not None
    assert [row[1:] for row in aligned_forms(ENGLISH, there)] == pairs


def test_forms_of_two_rich_languages_meet_at_a_number_of_both() -> None:
    polish, german = language_forms("pl"), language_forms("de_AT")
    assert polish is not None
    assert german is not None
    assert aligned_forms(polish, german) == [(1, 0, 0), (2, 1, 1), (5, 2, 1)]
    english, russian = category_names("en"), category_names("ru-RU")
    assert english is not None
    assert russian is not None
    assert aligned_forms(english, russian) == [(1, "one", "one"), (2, "other", "few"), (5, "other", "many")]
    ordinal = category_names("en", ordinal=True)
    assert ordinal is not None
    assert set(ordinal) == {"one", "two", "few", "other"}
    assert (language_forms("qqq"), category_names("qqq")) == (None, None)


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "",
            "n n",
            "(n",
            "n)",
            "n ? 1",
            "n%0",
            "1/0",
            "9",
            "__import__",
            "n.x",
            "n[0]",
            "+n",
            "n**2",
            "n+",
            "99999999999",
        ),
        *("(" * 900 + "n" + ")" * 900, "!" * 900 + "n", "-" * 900 + "n", "n?1:" * 400 + "0", "n+" * 900 + "n"),
        *("INTEGER", "EXPRESSION", "n" * 5000),
    ],
)
def test_what_is_no_expression_or_too_large_is_no_rule(expression: str) -> None:
    assert forms(expression) is None


@given(st.text("n0129?:!=<>&|+-*/%() ", max_size=40) | st.text(max_size=20))
def test_no_expression_raises(expression: str) -> None:
    found = forms(expression)
    assert found is None or (len(found) == len(NUMBERS) and min(found) >= 0 and max(found) < 9)

"""Texts in one buffer are the texts, and what is done to them at once is what is done to each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.data.text_column import lines_of_column, text_column
from dragoman.native import lines as native_lines
from dragoman.native import text as native
from dragoman.native.lines import Lines
from dragoman.text.line_normalization import normalize_lines
from dragoman.text.normalization import UNICODE_FORMS, normalize
from dragoman.text.placeholder_mask import Mask, hide_lines, masks_of
from dragoman.text.placeholders import UNITS

TEXTS = st.lists(
    st.text(
        st.one_of(
            st.sampled_from("ab \n\r\t\u00a0\u202f\u3000\x1c\u0301ﬁéＡ한{}<>/%&$:.w1" + UNITS[0]), st.characters()
        ),
        max_size=20,
    ),
    max_size=9,
)
PLAIN = TEXTS.map(lambda texts: [text.encode("utf-8", "replace").decode("utf-8") for text in texts])


def both_ways(texts: list[str]) -> list[Lines]:
    """The texts with a byte between two of them, and with none."""
    return [Lines.of(texts), Lines.of(texts).select(np.arange(len(texts)))]


@pytest.fixture(params=["native", "Python"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "Python":
        monkeypatch.setattr(native, "available", lambda: False)
        monkeypatch.setattr(native_lines, "load", lambda name: None)
    elif not native.available():
        pytest.skip("the native library is not built")


either_way = pytest.mark.usefixtures("either")


@either_way
@given(TEXTS, TEXTS, st.data())
def test_they_are_the_texts(texts: list[str], others: list[str], data: st.DataObject) -> None:
    count = min(len(texts), len(others))
    rows = data.draw(st.lists(st.integers(0, max(len(texts) - 1, 0)), max_size=len(texts)))
    places = data.draw(st.permutations(range(len(texts))))[:count]
    for lines in both_ways(texts):
        assert list(lines) == [lines[row] for row in range(len(lines))] == texts
        assert lines.sizes.tolist() == [len(text.encode("utf-8", "surrogatepass")) for text in texts]
        assert list(lines.select(np.array(rows, dtype=np.int64))) == [texts[row] for row in rows]
        changed = dict(zip(places, others, strict=False))
        expected = [changed.get(row, text) for row, text in enumerate(texts)]
        for given_as in (others[:count], both_ways(others[:count])[1]):
            assert list(lines.replaced(np.array(places, dtype=np.int64), given_as)) == expected


@given(PLAIN)
def test_columns_are_the_texts(texts: list[str]) -> None:
    for lines in both_ways(texts):
        column = text_column(lines)
        assert column.to_pylist() == texts
        assert list(lines_of_column(column)) == texts
        assert list(lines_of_column(column[1:])) == texts[1:]


@either_way
@given(TEXTS, st.sampled_from(sorted(UNICODE_FORMS)), st.booleans(), st.booleans())
@settings(deadline=None)
def test_normalising_is_that_of_each(texts: list[str], form: str, collapse: bool, no_break: bool) -> None:
    wishes = {"collapse_white_space": collapse, "no_break_spaces": no_break}
    expected = [normalize(text, UNICODE_FORMS[form], **wishes) for text in texts]
    for lines in both_ways(texts):
        found, changed = normalize_lines(lines, form, **wishes)
        assert list(found) == expected
        assert changed.tolist() == [a != b for a, b in zip(texts, expected, strict=True)]


@either_way
@given(TEXTS, st.sampled_from([frozenset(UNITS), frozenset(UNITS[:1]), frozenset[str]()]))
def test_placeholders_are_those_of_each(texts: list[str], available: frozenset[str]) -> None:
    texts = [*texts, "see www.example.org", "ftp://a.bc or {name} <b>x</b>", "50 %d &amp; $t(x)", "none"]
    masks = [Mask.of(text, available) for text in texts]
    for lines in both_ways(texts):
        found = masks_of(lines, available)
        assert found == {row: mask for row, mask in enumerate(masks) if mask.units}
        assert list(hide_lines(lines, found)) == [mask.hide(text) for mask, text in zip(masks, texts, strict=True)]

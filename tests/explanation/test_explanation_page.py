"""Explanations as pages: nothing from outside, everything as text, and something to see without JavaScript."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from explanations import ARABIC, CHINESE, NASTY, every_kind, translation

from dragoman.explanation.page import embedded

KINDS = every_kind()
_EMPTY = ("meta", "img", "br", "input")


class _Page(HTMLParser):
    """What a browser finds in a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.scripts: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _EMPTY:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif not self.open or self.open[-1] != "style":
            self.text += data

    def values(self, name: str) -> list[str]:
        return [value for _, each, value in self.attributes if each == name]


@cache
def _html(name: str) -> str:
    return KINDS[name].page()


@cache
def _page(name: str) -> _Page:
    return _Page(_html(name))


@pytest.mark.parametrize("name", KINDS)
def test_texts_of_users_and_models_stay_texts(name: str) -> None:
    page = _page(name)
    assert len(page.scripts) == 2, "the data and the page's own script"
    assert not any(attribute.startswith("on") for _, attribute, _ in page.attributes)
    assert "alert(" not in page.scripts[1]
    if name not in ("attention", "reading without spans"):
        assert NASTY in page.text


@pytest.mark.parametrize("name", KINDS)
def test_a_page_needs_nothing_but_itself(name: str) -> None:
    page, html = _page(name), _html(name)
    assert all(value.startswith("data:image/png;base64,") for value in page.values("src"))
    assert all(value.startswith("#part-") for value in page.values("href"))
    assert set(re.findall(r"https?://[\w./]*", html)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(", html)
    (policy,) = [value for value in page.values("content") if "default-src" in value]
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("name", KINDS)
def test_what_scripts_need_is_there(name: str) -> None:
    page = _page(name)
    data = json.loads(page.scripts[0])
    panels, values = page.values("data-panel"), page.values("data-values")
    assert all(f"panels.{panel} = " in page.scripts[1] for panel in panels)
    assert len(panels) == len(values)
    for text in values:
        for place in _places(json.loads(text)):
            at: Any = data
            for key in place.split("/")[1:]:
                at = at[key]


def _places(values: Any) -> list[str]:
    """The places in the page's data that values name."""
    if isinstance(values, dict):
        return [place for inner in values.values() for place in _places(inner)]
    if isinstance(values, list):
        return [place for inner in values for place in _places(inner)]
    return [values] if isinstance(values, str) and re.fullmatch(r"(/\w+)+", values) else []


def test_the_data_are_those_of_the_explanation() -> None:
    assert _close(json.loads(_page("translation").scripts[0]), json.loads(json.dumps(translation().to_dict())))


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_close(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_close, one, other))
    return math.isclose(one, other, abs_tol=5.1e-5) if isinstance(one, float) else one == other


def test_everything_is_there_without_javascript() -> None:
    said = _page("translation").text
    for text in (ARABIC, CHINESE, "pushed out of the beam", "decoder layer 1, to the source", "They part at token 2"):
        assert text in said
    assert "−1" in _page("words").text
    assert "84" in _page("columns").text
    assert len(_page("picture").values("src")) == 2 + 2 * 2
    assert any("columns 0 to 2" in said for said in _page("reading").values("data-said"))


def test_equal_explanations_give_equal_pages(tmp_path: Path) -> None:
    for name, explanation in every_kind().items():
        assert explanation.page() == _html(name)
    translation().write_page(tmp_path / "new" / "page.html")
    assert (tmp_path / "new" / "page.html").read_text(encoding="utf-8") == _html("translation")


def test_numbers_that_are_not_finite_are_null() -> None:
    assert json.loads(embedded({"a": [math.inf, math.nan, 1, 0.1234567, True, None]})) == {
        "a": [None, None, 1, 0.1235, True, None]
    }

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from dragoman.reports.figure import add_grid, legend_above, new_figure, panels_below, plain, png
from dragoman.reports.page import Picture, Section, page

pytestmark = pytest.mark.draws

NASTY = "<script>alert('&')</script>"


class _Balance(HTMLParser):
    """Counts tags that are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def drawn(title: str = "$x") -> bytes:
    figure = new_figure((4.0, 3.0), title)
    (axes,) = panels_below(figure, [1.0])
    axes.plot(np.arange(3), np.arange(3), label=plain("a $ b $ c"))
    add_grid(axes)
    legend_above(axes)
    return png(figure)


def test_a_page_has_all_that_its_sections_say_in_order() -> None:
    sections = [
        Section("First", ("a paragraph", "another"), {"name": ["x", "y"], "loss": ["1.5", "2.5"]}, ("an item",)),
        Section("", ("untitled",), pictures=(Picture("depth", drawn()),)),
    ]
    html = page("Stability", sections)
    said = ["<h1>Stability", "<h2>First", "a paragraph", "another", "<th>loss", "2.5", "an item", "untitled", "<img"]
    places = [html.index(text) for text in said]
    assert places == sorted(places)
    assert html.count("<h2>") == 1
    balance = _Balance()
    balance.feed(html)
    assert balance.open == []


def test_a_page_needs_nothing_but_itself() -> None:
    picture = drawn()
    html = page("a", [Section("b", pictures=(Picture("c", picture),))])
    assert not re.search(r'(src|href)="(?!data:)', html)
    assert base64.b64encode(picture).decode() in html


def test_everything_is_escaped() -> None:
    sections = [Section(NASTY, (NASTY,), {NASTY: [NASTY]}, (NASTY,), (Picture(f'"{NASTY}', b"png"),))]
    html = page(NASTY, sections)
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;") == 8


def test_a_column_of_long_texts_may_be_broken_into_lines_and_one_of_numbers_not() -> None:
    html = page("a", [Section("b", table={"loss": ["1.5", "2.5"], "settings": ["x=1", "y" * 100]})])
    assert '<th>loss</th><th class="text">settings</th>' in html
    assert '<td>1.5</td><td class="text">x=1</td>' in html


def test_a_table_with_columns_of_different_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        page("a", [Section("b", table={"one": ["1"], "two": []})])


def test_equal_figures_give_equal_bytes() -> None:
    assert drawn() == drawn()
    assert drawn("a") != drawn("b")
    assert drawn().startswith(b"\x89PNG")

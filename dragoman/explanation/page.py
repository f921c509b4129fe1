"""An explanation as a page that one can explore: one file of HTML that needs nothing but itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib import resources

from dragoman.reports.page import document
from dragoman.reports.written import finite
from dragoman.storage.json import Json, JsonObject

_SCRIPTS = ("common.js", "links.js", "tokens.js", "tree.js", "maps.js", "pictures.js", "main.js")
_DIGITS = 4
"""The digits after the point of the numbers in a page, one more than it shows."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a page. Without JavaScript its ``still`` content is shown; a script replaces or enlivens that.

    Attributes:
        title: title of the part, also in the page's navigation.
        intro: one or two sentences on what is shown; empty for none.
        still: content as HTML, which makes sense on its own.
        script: the script that enlivens the part, by its name in the ``assets``; empty if there is none.
        values: values for the script. A text is the place of a value in the page's data, as a JSON pointer (RFC 6901)
            without escapes, such as "/found/tokens"; anything else is taken as it is.
    """

    title: str
    intro: str
    still: str
    script: str = ""
    values: Mapping[str, Json] = field(default_factory=dict)


def explanation_page(
    heading: str, about: str, facts: Mapping[str, str], panels: Sequence[Panel], data: JsonObject
) -> str:
    """The page as HTML, light or dark as its reader prefers or chooses.

    >>> panel = Panel("Words", "What each word adds.", "<p>hello</p>")
    >>> html = explanation_page("<hello>", "a model of this house", {"score": "−1.2"}, [panel], {"loss": 0.5})
    >>> ">Words</h2>" in html, "&lt;hello&gt;" in html
    (True, True)

    Args:
        heading: heading of the page, such as the text that is explained.
        about: a line above the heading, such as what the model does.
        facts: further facts by their names, below the heading.
        panels: parts of the page, in order.
        data: values that the panels' scripts show, such as an explanation's ``to_dict()``. Numbers are rounded to
            four digits after the point, and those that are not finite become null.

    Returns:
        A whole page. Everything but ``still`` is taken as text, never as HTML.
    """
    listed = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(fact)}</dd></div>" for name, fact in facts.items())
    links = "".join(f'<a href="#part-{n}">{escape(panel.title)}</a>' for n, panel in enumerate(panels))
    parts = "\n".join(_section(n, panel) for n, panel in enumerate(panels))
    body = f"""<header class="top"><div class="column">
<p class="eyebrow">{escape(about)}</p>
<h1 dir="auto">{escape(heading)}</h1>
<dl class="facts">{listed}</dl>
</div></header>
<nav aria-label="parts of this page"><div class="column">{links}</div></nav>
<main class="column">
{parts}
</main>
<footer><div class="column">Written by Dragoman. This page needs no network and sends nothing.</div></footer>
<script type="application/json" id="explanation">{embedded(data)}</script>"""
    return document(heading, body, style=_asset("page.css"), script="\n".join(map(_asset, _SCRIPTS)))


def embedded(values: Json) -> str:
    """Values as JSON that can stand inside a page's script element.

    >>> embedded({"text": "</script>", "p": 0.123456789})
    '{"text":"\\\\u003c/script>","p":0.1235}'
    """
    text = json.dumps(_short(finite(values)), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _section(number: int, panel: Panel) -> str:
    script = ""
    if panel.script:
        script = f' data-panel="{escape(panel.script)}" data-values="{escape(embedded(dict(panel.values)))}"'
    intro = f'<p class="intro">{escape(panel.intro)}</p>' if panel.intro else ""
    return f"""<section id="part-{number}" aria-labelledby="title-{number}">
<h2 id="title-{number}">{escape(panel.title)}</h2>
{intro}
<div class="panel"{script}>
{panel.still}
</div>
</section>"""


def _short(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    return round(value, _DIGITS) if isinstance(value, float) else value


@cache
def _asset(name: str) -> str:
    return resources.files("dragoman.explanation").joinpath("assets", name).read_text(encoding="utf-8")

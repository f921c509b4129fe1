"""A report as a self-contained page: it needs no other file and no network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_LONGEST_NUMBER = 60
"""The most characters of a cell with a number; a column with longer cells holds texts, which are broken into lines."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""The policy of every page: nothing is loaded, and only what stands in the page itself is shown and run."""
_STYLE = """
:root { color-scheme: light dark; --line: #d0d0d0; --soft: #f3f3f3; }
@media (prefers-color-scheme: dark) { :root { --line: #505050; --soft: #262626; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th.text, td.text { text-align: left; white-space: normal; min-width: 20rem; overflow-wrap: anywhere; }
th { cursor: pointer; }
tbody tr:hover { background: var(--soft); }
p, li { max-width: 60rem; overflow-wrap: break-word; }
figure { margin: 1rem 0; }
img { max-width: 100%; height: auto; background: white; }
"""
# Sorts a table by the numbers of a column, or by its texts; without JavaScript the table stays in its order.
_SCRIPT = """
document.querySelectorAll("table").forEach(table =>
  table.querySelectorAll("th").forEach((th, column) => th.addEventListener("click", () => {
    const body = table.tBodies[0], up = th.dataset.up !== "1";
    const key = row => { const text = row.cells[column].textContent.replace(/,/g, ""), n = parseFloat(text);
      return isNaN(n) ? text : n; };
    const order = (a, b) => { const x = key(a), y = key(b);
      return typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0) : typeof x === "number" ? -1 : 1; };
    const rows = [...body.rows].sort((a, b) => up ? order(a, b) : order(b, a));
    th.dataset.up = up ? "1" : "0";
    rows.forEach(row => body.appendChild(row));
  })));
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture on a page.

    Attributes:
        title: a description of the picture, for readers who cannot see it.
        png: bytes of a PNG file.
    """

    title: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a page, in this order: title, paragraphs, table, list, pictures.

    Attributes:
        title: heading of the section; empty for none.
        paragraphs: paragraphs of text.
        table: the cells of each column by the column's title; all columns have equally many.
        items: items of a list.
        pictures: pictures, one below the other.
    """

    title: str
    paragraphs: tuple[str, ...] = ()
    table: Mapping[str, Sequence[str]] | None = None
    items: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


def page(title: str, sections: Sequence[Section]) -> str:
    """The page as HTML, light or dark as its reader prefers; a click on a column's title sorts a table.

    >>> html = page("Scores", [Section("BLEU", table={"corpus": ["news"], "BLEU": ["32.5"]})])
    >>> "<h2>BLEU</h2>" in html
    True

    Args:
        title: title of the whole page.
        sections: parts of the page, in order. Everything in them is taken as text, not as HTML.
    """
    body = "\n".join(part for section in sections for part in _parts(section))
    return document(title, f"<h1>{escape(title)}</h1>\n{body}", style=_STYLE, script=_SCRIPT)


def document(title: str, body: str, *, style: str, script: str) -> str:
    """A whole page of HTML, which a browser forbids to load anything.

    Args:
        title: title of the page, as text.
        body: content of the page, as HTML.
        style: style sheet.
        script: JavaScript, which runs when the content is there.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
<script>{script}</script>
</body>
</html>
"""


def _parts(section: Section) -> list[str]:
    return [
        *([f"<h2>{escape(section.title)}</h2>"] if section.title else []),
        *(f"<p>{escape(text)}</p>" for text in section.paragraphs),
        *([table_html(section.table)] if section.table is not None else []),
        *([_list(section.items)] if section.items else []),
        *(_figure(picture) for picture in section.pictures),
    ]


def table_html(columns: Mapping[str, Sequence[str]]) -> str:
    """A table as HTML; a column of long texts may be broken into lines, and one of numbers may not.

    Args:
        columns: the cells of each column by the column's title, all as text; all columns have equally many.
    """
    kinds = [
        ' class="text"' if any(len(cell) > _LONGEST_NUMBER for cell in cells) else "" for cells in columns.values()
    ]
    titles = "".join(f"<th{kind}>{escape(title)}</th>" for kind, title in zip(kinds, columns, strict=True))
    rows = "\n".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in zip(*columns.values(), strict=True)
    )
    return f"""<div class="wide"><table>
<thead><tr>{titles}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>"""


def _list(items: Sequence[str]) -> str:
    listed = "\n".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<ul>\n{listed}\n</ul>"


def image_html(picture: Picture) -> str:
    """A picture as HTML that contains it."""
    data = base64.b64encode(picture.png).decode()
    return f'<img alt="{escape(picture.title)}" src="data:image/png;base64,{data}">'


def _figure(picture: Picture) -> str:
    return f"<figure>{image_html(picture)}</figure>"

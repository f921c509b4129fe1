"""A comparison as one page that needs nothing but itself."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from dragoman.comparison.report import Columns, Report, cost_columns, notes, quality_columns

_STYLE = """
:root { color-scheme: light dark; --line: #d0d0d0; --soft: #f3f3f3; }
@media (prefers-color-scheme: dark) { :root { --line: #505050; --soft: #262626; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th { cursor: pointer; }
tbody tr:hover { background: var(--soft); }
img { max-width: 100%; height: auto; background: white; }
.notes { font-size: .9em; }
"""
# Sorts by the number in a column, or by its text; the table reads well without it.
_SCRIPT = """
document.querySelectorAll("th").forEach((th, column) => th.addEventListener("click", () => {
  const body = document.querySelector("tbody"), up = th.dataset.up !== "1";
  const key = row => { const text = row.cells[column].textContent.replace(/,/g, ""), n = parseFloat(text);
    return isNaN(n) ? text : n; };
  const order = (a, b) => { const x = key(a), y = key(b);
    return typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0) : typeof x === "number" ? -1 : 1; };
  const rows = [...body.rows].sort((a, b) => up ? order(a, b) : order(b, a));
  th.dataset.up = up ? "1" : "0";
  rows.forEach(row => body.appendChild(row));
}));
"""


def page(report: Report, pictures: Sequence[Path]) -> str:
    """The page with its table, notes, architectures and pictures; every name is escaped.

    Args:
        report: what was found.
        pictures: PNG files, which become part of the page.
    """
    table = _table({**quality_columns(report), **cost_columns(report)})
    listed = "\n".join(f"<li>{escape(note)}</li>" for note in notes(report))
    kinds = "\n".join(f"<li><b>{escape(row.name)}</b>: {escape(row.architecture)}</li>" for row in report.rows)
    images = "\n".join(
        f'<p><img alt="{escape(picture.stem.replace("_", " "))}" src="data:image/png;base64,'
        f'{base64.b64encode(picture.read_bytes()).decode()}"></p>'
        for picture in pictures
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Comparison of {len(report.rows)} models</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Comparison of {len(report.rows)} models</h1>
{table}
<ul class="notes">
{listed}
</ul>
<h2>Architectures</h2>
<ul>
{kinds}
</ul>
<h2>Pictures</h2>
{images}
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _table(columns: Columns) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in columns)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in zip(*columns.values(), strict=True)
    )
    return f"""<div class="wide"><table>
<thead><tr>{titles}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>"""

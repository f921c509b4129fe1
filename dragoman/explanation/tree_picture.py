"""The picture of a beam: a tree from left to right, with the best hypothesis as the straight line at the top."""

from __future__ import annotations

from collections.abc import Collection

from dragoman.contracts import Fate
from dragoman.explanation.picture_fonts import families_for
from dragoman.explanation.tree import BeamTree
from dragoman.optional import plots
from dragoman.reports.figure import BLUE, GREEN, VERMILLION, new_figure
from dragoman.reports.text import signed

_STEP, _ROW = 1.0, 0.42
"""The width of a step and the height of a row, in inches."""
_MANY = 80
"""With more hypotheses than this, those that were pushed out at once are not drawn."""
_QUIET, _LINE = "#5a5f67", "#c9c7c0"
LOST = frozenset({Fate.PUSHED_OUT, Fate.HOPELESS})
"""The fates of hypotheses that the search gave up."""


def tree_picture(tree: BeamTree) -> plots.Figure:
    """The hypotheses of a search: tokens with scores, a cross where one was given up, a tick where one was complete."""
    children = _children(tree)
    if len(tree.nodes) > _MANY:
        kept = {n for n, node in enumerate(tree.nodes) if node.fate not in LOST or children[n] or node.on_best_path}
    else:
        kept = set(range(len(tree.nodes)))
    rows = lanes(tree, kept)
    steps = _steps(tree)
    families = families_for(node.token for node in tree.nodes)
    wide = max((steps[n] for n in rows), default=0) + 1
    high = max(rows.values(), default=0) + 1
    figure = new_figure((0.4 + _STEP * wide, 0.55 + _ROW * high))
    axes = figure.subplots()
    axes.set_xlim(-0.1, wide)
    axes.set_ylim(high - 0.4, -0.75)
    axes.set_axis_off()
    for step in range(wide):
        axes.text(step, -0.62, f"step {step + 1}", fontsize=7, color=_QUIET)
    for n, row in rows.items():
        parent = tree.nodes[n].parent
        if parent is not None:
            _edge(axes, (steps[parent], rows[parent]), (steps[n], row), best=tree.nodes[n].on_best_path)
    for n, row in rows.items():
        died = tree.nodes[n].fate in LOST or (
            tree.nodes[n].fate is Fate.CONTINUED and all(tree.nodes[child].fate in LOST for child in children[n])
        )
        _box(axes, tree, n, (steps[n], row), died, families)
    return figure


def lanes(tree: BeamTree, kept: Collection[int]) -> dict[int, int]:
    """The row of each node that is drawn.

    The best child, or the one that lasts longest, goes on in its parent's row, and others take the first row below that
    is free as long as they last.

    Args:
        tree: the tree.
        kept: indices of the nodes that are drawn, with their parents.
    """
    nodes, steps = tree.nodes, _steps(tree)
    last = list(steps)
    for n in reversed(range(len(nodes))):
        parent = nodes[n].parent
        if n in kept and parent is not None:
            last[parent] = max(last[parent], last[n])

    def rank(n: int) -> tuple[bool, int, float, int]:
        return not nodes[n].on_best_path, -last[n], -nodes[n].log_probability, n

    below = [sorted((child for child in of_node if child in kept), key=rank) for of_node in _children(tree)]
    roots = sorted((n for n, node in enumerate(nodes) if node.parent is None and n in kept), key=rank)
    rows: dict[int, int] = {}
    busy: list[list[tuple[int, int]]] = []
    # Breadth first, so that rows near the top go to those that branch off early.
    queue = [(root, True) for root in roots]
    for n, begins in queue:
        queue.extend((child, order > 0) for order, child in enumerate(below[n]))
        if not begins:
            continue
        line = [n]
        while below[line[-1]]:
            line.append(below[line[-1]][0])
        parent = nodes[n].parent
        row, span = 0 if parent is None else rows[parent], (steps[n], steps[line[-1]])
        while row < len(busy) and any(a <= span[1] and span[0] - 1 <= b for a, b in busy[row]):
            row += 1
        busy += [[] for _ in range(row + 1 - len(busy))]
        busy[row].append(span)
        rows.update(dict.fromkeys(line, row))
    return rows


def _children(tree: BeamTree) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in tree.nodes]
    for n, node in enumerate(tree.nodes):
        if node.parent is not None:
            found[node.parent].append(n)
    return found


def _steps(tree: BeamTree) -> list[int]:
    steps: list[int] = []
    for node in tree.nodes:
        steps.append(0 if node.parent is None else steps[node.parent] + 1)
    return steps


def _edge(axes: plots.Axes, begin: tuple[int, int], end: tuple[int, int], *, best: bool) -> None:
    (x1, y1), (x2, y2) = (begin[0] + 0.78, begin[1]), end
    half = (x1 + x2) / 2
    curve = plots.Path([(x1, y1), (half, y1), (half, y2), (x2, y2)], [plots.Path.MOVETO, *[plots.Path.CURVE4] * 3])
    axes.add_patch(
        plots.PathPatch(
            curve, facecolor="none", edgecolor=BLUE if best else _LINE, linewidth=2.2 if best else 1, zorder=1
        )
    )


def _box(axes: plots.Axes, tree: BeamTree, n: int, place: tuple[int, int], died: bool, families: list[str]) -> None:
    node = tree.nodes[n]
    complete = node.fate is Fate.COMPLETE
    colour = GREEN if complete else BLUE if node.on_best_path else _LINE
    x, y = place
    axes.add_patch(
        plots.FancyBboxPatch(
            (x, y - 0.36),
            0.78,
            0.72,
            boxstyle="round,pad=0,rounding_size=0.08",
            mutation_aspect=_STEP / _ROW,
            facecolor="#e3f3ee" if complete else "white",
            edgecolor=colour,
            linestyle=":" if died else "-",
            linewidth=1.6 if node.on_best_path or complete else 1,
            zorder=2,
        )
    )
    text = node.token.removeprefix("▁") or node.token
    shown = text if len(text) <= 9 else f"{text[:8]}…"
    ink = _QUIET if died else "black"
    axes.text(x + 0.06, y - 0.06, shown, fontsize=8.5, color=ink, family=families, parse_math=False, zorder=3)
    axes.text(x + 0.06, y + 0.27, signed(f"{node.score:.2f}"), fontsize=6.5, color=_QUIET, zorder=3)
    mark = "✕" if died else "✓" if complete else ""
    axes.text(x + 0.74, y - 0.06, mark, fontsize=8, ha="right", color=VERMILLION if died else GREEN, zorder=3)

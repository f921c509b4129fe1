"""The plane of quality and speed: BLEU on a test set against sentences per second on one core.

    python benchmarks/quality_speed.py RUN [RUN …] --source FILE --target FILE [--engine NAME …] [--peers FILE]

Each RUN is the folder of a run or of a model; each is measured with every engine that takes it, greedily and with beam
5; with a shortlist only if ``dragoman shortlist`` gave it one. All take turns, part by part of the test set, and speeds
are medians over the parts. FILE of ``--peers`` is a result of ``translation_speed.py``, of whose peers the points are
taken as they are: it must be of the same machine and threads. Writes ``results/quality-speed.json`` and ``.png``. Best
run by ``taskset -c 0``.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from command_line import command_line

from dragoman.comparison.machine import describe_machine
from dragoman.errors import InputError, UnsupportedError
from dragoman.evaluation.bleu import bleu
from dragoman.evaluation.chrf import chrf
from dragoman.model.weights import parameter_count
from dragoman.predict.translator import Translator
from dragoman.storage.folder import write_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RESULTS = Path(__file__).parent / "results"
PARTS = 5
WARM_UP = 64
SEARCHES = {"greedy": 1, "beam 5": 5}
ENGINES: dict[str, Callable[[Path], Translator]] = {
    "torch": lambda folder: Translator.load(folder, device="cpu", engine="torch"),
    "ctranslate2 float32": lambda folder: Translator.load(
        folder, device="cpu", engine="ctranslate2", compute="float32"
    ),
    "ctranslate2 int8": lambda folder: Translator.load(folder, device="cpu", engine="ctranslate2", compute="int8"),
    "ctranslate2 int8 shortlist": lambda folder: Translator.load(
        folder, device="cpu", engine="ctranslate2", compute="int8", shortlist=True
    ),
}
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
GREY = "#555555"
MARKERS = ("o", "s", "^", "D", "v", "P")


@dataclass
class Subject:
    """A model with an engine and a search."""

    model: str
    engine: str
    search: str
    translator: Translator
    rates: list[float] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Point:
    """Where something lies in the plane.

    Attributes:
        name: of the model, or of the peer.
        engine: what translated; empty for a peer.
        search: ``greedy`` or ``beam 5``.
        bleu: sacreBLEU of the whole test set.
        sentences_per_second: the median over parts.
        chrf: chrF2++; None for a peer.
        parameters: trainable numbers; None for a peer.
    """

    name: str
    engine: str
    search: str
    bleu: float
    sentences_per_second: float
    chrf: float | None = None
    parameters: int | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of runs or models")
    parser.add_argument("--source", type=Path, required=True, help="test set, one sentence a line")
    parser.add_argument("--target", type=Path, required=True, help="its references")
    parser.add_argument("--names", help="names of the runs in the picture, such as tiny,fast; else their folders'")
    parser.add_argument("--engine", choices=list(ENGINES), action="append", help="repeatable; by default all")
    parser.add_argument("--peers", type=Path, help="result with the other toolkits")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", default="quality-speed", help="name of the result")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    names = arguments.names.split(",") if arguments.names else [run.name for run in arguments.runs]
    if len(names) != len(arguments.runs) or len(set(names)) != len(names):
        parser.error(
            f"{len(arguments.runs)} runs are called {', '.join(names)}; give each a name of its own by --names"
        )
    peers = []
    if arguments.peers is not None:
        try:
            peers = peers_of(json.loads(arguments.peers.read_text(encoding="utf-8"))["rows"])
        except (OSError, ValueError, KeyError) as error:
            parser.error(f"--peers {arguments.peers} is no result of translation_speed.py: {error!r}")
    torch.set_num_threads(arguments.threads)
    sources, references = (
        path.read_text(encoding="utf-8").splitlines() for path in (arguments.source, arguments.target)
    )
    subjects = opened(dict(zip(names, arguments.runs, strict=True)), arguments.engine or list(ENGINES))
    if not subjects:
        parser.error("no engine takes any of these models, so there is nothing to measure")
    measure(subjects, sources)
    points = [*(point(subject, references) for subject in subjects), *peers]
    result = {
        "what": "BLEU and sentences per second, by model, engine and search",
        "command": command_line(),
        "machine": describe_machine(),
        "note": arguments.note,
        "threads": arguments.threads,
        "sentences": len(sources),
        "points": [asdict(found) for found in points],
    }
    write_file(RESULTS / f"{arguments.output}.json", (json.dumps(result, indent=2) + "\n").encode())
    draw(points, RESULTS / f"{arguments.output}.png", f"{len(sources):,} sentences, {arguments.threads} thread(s)")
    for found in points:
        print(f"{found.name:24} {found.engine:24} {found.search:8} {found.bleu:6.2f} {found.sentences_per_second:9.1f}")


def opened(runs: dict[str, Path], engines: Sequence[str]) -> list[Subject]:
    """Each model with each engine that takes it, and each search."""
    found = []
    for name, run in runs.items():
        folder = run if (run / "model.json").is_file() else run / "best"
        for engine in engines:
            try:
                translator = ENGINES[engine](folder)
            except (InputError, UnsupportedError) as error:
                print(f"{name}: {engine} is left out: {error.what}")
                continue
            found += [Subject(name, engine, search, translator) for search in SEARCHES]
    return found


def peers_of(rows: Sequence[dict[str, Any]]) -> list[Point]:
    """The points of the other toolkits, whose rows name a model of theirs."""
    return [
        Point(row["engine"], "", row["search"], row["bleu"], row["sentences_per_second"])
        for row in rows
        if "model" in row
    ]


def measure(subjects: Sequence[Subject], sources: list[str]) -> None:
    """Translate the test set in parts, all subjects in turn."""
    for subject in subjects:
        subject.translator.translate(sources[:WARM_UP], beam=SEARCHES[subject.search])
    size = -(-len(sources) // PARTS)
    for begin in range(0, len(sources), size):
        texts = sources[begin : begin + size]
        for subject in subjects:
            began = time.perf_counter()
            subject.outputs += subject.translator.translate(texts, beam=SEARCHES[subject.search])
            subject.rates.append(len(texts) / (time.perf_counter() - began))


def point(subject: Subject, references: list[str]) -> Point:
    """Where a subject lies."""
    language = subject.translator.recipe.data.target_language
    return Point(
        subject.model,
        subject.engine,
        subject.search,
        bleu(subject.outputs, references, language),
        statistics.median(subject.rates),
        chrf(subject.outputs, references),
        parameter_count(subject.translator.model),
    )


def draw(points: Sequence[Point], path: Path, title: str) -> None:
    """Colour tells the model, shape the engine; beam 5 is filled, and joined with greedy search by a line."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.5, 5.5), dpi=110, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    ours = [p for p in points if p.engine]
    models, engines = (list(dict.fromkeys(values)) for values in zip(*((p.name, p.engine) for p in ours), strict=True))
    colours = {model: COLOURS[place % len(COLOURS)] for place, model in enumerate(models)}
    markers = {engine: MARKERS[place % len(MARKERS)] for place, engine in enumerate(engines)}
    for model, engine in itertools.product(models, engines):
        pair = [p for p in ours if (p.name, p.engine) == (model, engine)]
        axes.plot(
            [p.sentences_per_second for p in pair], [p.bleu for p in pair], color=colours[model], lw=0.8, alpha=0.6
        )
    for p in points:
        draw_point(axes, p, colours.get(p.name, GREY) if p.engine else GREY, markers.get(p.engine, "X"))
        if not p.engine:
            place = (p.sentences_per_second, p.bleu)
            axes.annotate(p.name, place, (6, 4), textcoords="offset points", fontsize=9, color=GREY)
    draw_legend(axes, colours, markers)
    dress(axes)
    axes.set_title(f"Quality and speed: {title}", fontsize=12)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    write_file(path, picture.getvalue())


def draw_point(axes: Axes, point: Point, colour: str, marker: str) -> None:
    """Filled for beam search, hollow for greedy."""
    face = "white" if point.search == "greedy" else colour
    x, y = [point.sentences_per_second], [point.bleu]
    axes.plot(x, y, marker, color=colour, markerfacecolor=face, markersize=8)


def draw_legend(axes: Axes, colours: dict[str, str], markers: dict[str, str]) -> None:
    """Models, engines, searches."""
    from matplotlib.lines import Line2D

    plain = {"linestyle": "none", "color": "#222222", "markersize": 8}
    handles = [Line2D([], [], color=colour, linewidth=4, label=model) for model, colour in colours.items()]
    handles += [Line2D([], [], marker=marker, label=engine, **plain) for engine, marker in markers.items()]
    handles += [
        Line2D([], [], marker="o", label="beam 5", **plain),
        Line2D([], [], marker="o", label="greedy", markerfacecolor="white", **plain),
    ]
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=10)


def dress(axes: Axes) -> None:
    """Axes, labels and grid."""
    from matplotlib.ticker import NullFormatter, StrMethodFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    low, high = axes.get_xlim()
    axes.set_xticks([n * 10**e for e in range(6) for n in (1, 2, 5) if low <= n * 10**e <= high])
    axes.set_xlabel("sentences per second (logarithmic)", fontsize=11)
    axes.set_ylabel("BLEU", fontsize=11)
    axes.grid(True, alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()

"""How the cost of translating grows with the size of the model and the length of the sentences, ours and CTranslate2's.

    python benchmarks/native_scaling.py [--rounds 5] [--only width layers length] [--note TEXT]

The Transformer of the preset ``tiny`` but for what is varied, with random weights and 10,000 symbols; outputs have as
many symbols as their sources. Only sentences whose output does not loop are taken: a search of ours ends at a loop and
cuts it, which CTranslate2 does not, so that the symbols of its output would not tell how many were computed. Both
engines compute with int8, take turns in one process and are measured by the processor's time; CTranslate2 has the
better one of two batch sizes. Writes ``results/native_scaling.json`` after each setting, and ``native_scaling.png``.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from command_line import command_line
from native_rounds import Times, in_turn
from native_systems import (
    SEARCHES,
    CTranslate2,
    Outputs,
    Sentences,
    Setting,
    System,
    native_engine,
    of_engine,
    random_model,
    random_sentences,
)
from native_translation import restart_with_the_best_environment

from dragoman.comparison.machine import describe_machine
from dragoman.contracts.expect import expect
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.storage.folder import write_file

RESULTS = Path(__file__).parent / "results"
SYMBOLS = 10_000
TINY = {"layers": 4, "width": 128, "feed_forward": 256, "heads": 4}
LENGTH = 15
SYMBOLS_A_ROUND = {"greedy": 1500, "beam 5": 600}
"""Source symbols that are translated in a round; sentences are as many as have so many together."""
MOST_DRAWS = 100
BATCHES = {"greedy": (16, 32), "beam 5": (8, 16)}


@dataclass(frozen=True, slots=True)
class Point:
    """One setting that is measured.

    Attributes:
        value: the number that it is set to.
        changes: what is set otherwise in the encoder and the decoder of the preset.
        length: symbols of every sentence, the end symbol counted.
    """

    value: int
    changes: dict[str, Any] = field(default_factory=dict)
    length: int = LENGTH


def _width(width: int) -> Point:
    return Point(width, {"width": width, "feed_forward": 2 * width, "heads": width // 32})


POINTS = {
    "width": [_width(width) for width in (64, 128, 192, 256, 384)],
    "layers": [Point(layers, {"layers": layers}) for layers in (2, 4, 8)],
    "length": [Point(length, length=length) for length in (5, 10, 20, 50, 75, 100, 150, 200)],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=list(POINTS), default=list(POINTS), help="what is varied")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    restart_with_the_best_environment()
    torch.set_num_threads(1)
    path = RESULTS / "native_scaling.json"
    before = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    result: dict[str, Any] = {
        "what": "microseconds of processor for each symbol of an output, by the model's size and the sentences' length",
        "command": command_line(),
        "machine": describe_machine(),
        "rounds": arguments.rounds,
        "symbols": SYMBOLS,
        "note": arguments.note,
        "rows": [row for row in before if row["varied"] not in arguments.only],
    }
    for varied in arguments.only:
        for point in POINTS[varied]:
            for row in measured(point, arguments.rounds):
                result["rows"].append({"varied": varied, "value": point.value, **row})
                print(json.dumps(result["rows"][-1]), flush=True)
            write_file(path, (json.dumps(result, indent=2) + "\n").encode())
    draw(result["rows"], RESULTS / "native_scaling.png")


def measured(point: Point, rounds: int) -> list[dict[str, Any]]:
    """A row for each search."""
    stack = {**TINY, **point.changes}
    loaded = random_model({"encoder": stack, "decoder": stack}, SYMBOLS)
    parameters = sum(p.numel() for p in expect(loaded.model, EncoderDecoder).parameters())
    ours, theirs = of_engine(native_engine(loaded, "int8"), loaded.codecs[1].special.end), CTranslate2(loaded)
    rows = []
    for search, width in SEARCHES.items():
        count = -(-SYMBOLS_A_ROUND[search] // point.length)
        sentences = _without_loops(loaded, ours, width, count, point.length)
        systems = {"native": ours, **{str(Setting(batch)): theirs.system(batch) for batch in BATCHES[search]}}
        works = {name: partial(system, sentences, width) for name, system in systems.items()}
        in_turn(works, 1)
        times = in_turn(works, rounds)
        used = {name: _microseconds(one) for name, one in times.items()}
        best = min((name for name in used if name != "native"), key=lambda name: used[name])
        rows.append(
            {
                "search": search,
                "parameters": parameters,
                "sentences": count,
                "native": used["native"],
                "CTranslate2": used[best],
                "setting": best,
                "ratio": round(used[best] / used["native"], 3),
            }
        )
    return rows


def _without_loops(loaded: LoadedModel, ours: System, width: int, count: int, length: int) -> Sentences:
    """Drawn sentences of which our output has as many symbols as it was asked for."""
    found: list[list[int]] = []
    for seed in range(1, MOST_DRAWS + 1):
        drawn = random_sentences(loaded, count, length, seed)
        outputs = ours(drawn, width)
        found += [row for row, output in zip(drawn.rows, outputs, strict=True) if len(output) == length]
        if len(found) >= count:
            return replace(drawn, rows=found[:count])
    raise AssertionError(f"nearly all outputs of {length} symbols loop")


def _microseconds(times: Times[Outputs]) -> float:
    """For each symbol that was written."""
    written = sum(map(len, times.result or []))
    return round(1e6 * statistics.median(times.processor) / written, 2)


COLOURS = {"native": "#0072B2", "CTranslate2": "#D55E00"}
AXES = {
    "width": "width of the model (feed-forward: twice that)",
    "layers": "layers of encoder and of decoder",
    "length": "symbols of a sentence",
}


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """What is varied from left to right; greedy search hollow and dashed, beam search filled."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter, StrMethodFormatter

    varied = list(dict.fromkeys(row["varied"] for row in rows))
    figure = Figure(figsize=(4.4 * len(varied), 4.2), dpi=110, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    for axes, name in zip(figure.subplots(1, len(varied), squeeze=False)[0], varied, strict=True):
        for system, colour in COLOURS.items():
            for search in SEARCHES:
                found = [row for row in rows if (row["varied"], row["search"]) == (name, search)]
                beam = search != "greedy"
                axes.plot(
                    [row["value"] for row in found],
                    [row[system] for row in found],
                    marker="o",
                    linestyle="-" if beam else "--",
                    color=colour,
                    markerfacecolor=colour if beam else "white",
                    label=f"{system}, {search}",
                )
        axes.set(xscale="log", yscale="log", xlabel=AXES[name])
        values = sorted({row["value"] for row in rows if row["varied"] == name})
        axes.set_xticks(values, [str(value) for value in values])
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        low, high = axes.get_ylim()
        axes.set_yticks([n * 10**e for e in range(6) for n in (1, 2, 5) if low <= n * 10**e <= high])
        axes.grid(True, alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    first = figure.axes[0]
    first.set_ylabel("microseconds of processor for each symbol")
    handles, labels = first.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    write_file(path, picture.getvalue())


if __name__ == "__main__":
    main()

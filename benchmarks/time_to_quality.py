"""How long training takes to BLEU 30, 35, 37 and 39: ours and another toolkit, on one core each.

    python benchmarks/time_to_quality.py --data DIR [--folder FOLDER] [--systems dragoman eole] [--minutes 60]
        [--core 0] [--every 60] [--beam 5] [--translate-only] [--note TEXT]

``DIR`` holds Multi30k, as for ``training_throughput.py``; models, tokens, batches and threads (one) are the same too.
Both train with one schedule: a cosine over 3,800 updates after 500 of warm-up, and a moving average of the weights.
Each writes its model now and then; afterwards every model translates test 2016 by its own toolkit at beam 5, measured
by sacreBLEU (13a, cased). Time is that of training alone, without validating, writing and translating.

The systems are trained one after the other, or by two commands at the same time, each with one of ``--systems`` on a
``--core`` of its own: what a command finds is kept under FOLDER, and ``results/time-to-quality.json`` and ``.png`` are
written of all that is there, after every translation. A system that is there already is trained anew, unless
``--translate-only`` asks for no more than the translations of the models that it wrote.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from command_line import command_line
from peers.data import prepared, texts_of
from peers.eole import EOLE
from peers.hugging_face import HUGGING_FACE
from peers.joey_nmt import JOEY_NMT
from peers.ours import BATCH_TOKENS, OURS
from peers.peer import Peer, PeerError, end_drivers_on_sigterm

from dragoman.comparison.machine import describe_machine
from dragoman.data.dataset import Dataset
from dragoman.evaluation.bleu import bleu
from dragoman.recipe import merge

RESULTS = Path(__file__).parent / "results"
NAME = "time-to-quality"
ARCHITECTURE = "transformer"
GOALS = (30.0, 35.0, 37.0, 39.0)
VALIDATE_EVERY = 60
"""Updates between ours' validations, each of which keeps a model if it is the best so far."""
START_UP = 300.0

_TRAINING = {"validate_every": VALIDATE_EVERY, "early_stopping": {"patience": 1000}}


def _with(peer: Peer, changes: dict[str, Any]) -> Peer:
    setting = merge(peer.architectures[ARCHITECTURE], changes)
    return replace(peer, architectures={**peer.architectures, ARCHITECTURE: setting})


SYSTEMS = {
    peer.name: peer
    for peer in (
        _with(OURS, {"changes": {"training": _TRAINING}}),
        # The same moving average as ours; its keep_checkpoint -1 keeps all.
        _with(EOLE, {"training": {"average_decay": 0.002}}),
        JOEY_NMT,
        HUGGING_FACE,
    )
}


def main() -> None:
    arguments = _arguments()
    end_drivers_on_sigterm()
    data = prepared(arguments.data, arguments.folder / "data")
    for name in arguments.systems:
        try:
            found = {} if arguments.translate_only else _trained(SYSTEMS[name], data, arguments)
            _translate(SYSTEMS[name], data, found, arguments)
        except PeerError as error:
            print(f"failed: {error}", file=sys.stderr)
            _keep(name, {"error": str(error)}, arguments)
    print(json.dumps(_write(arguments), indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--folder", type=Path, default=Path("runs/peers"), help="environments, data and runs")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=["dragoman", "eole"])
    parser.add_argument("--minutes", type=float, default=60.0, help="of training, at most")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--every", type=float, default=60.0, help="seconds between the models of the others")
    parser.add_argument("--beam", type=int, default=5, help="1 is greedy")
    parser.add_argument("--translate-only", action="store_true", help="with the models of an earlier training")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    return parser.parse_args()


def _trained(peer: Peer, data: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train, and note when each model was written."""
    output = _output(peer, arguments)
    shutil.rmtree(output, ignore_errors=True)
    seconds = 60 * arguments.minutes
    answer = peer.train(
        arguments.folder,
        ARCHITECTURE,
        **_common(data, arguments),
        output=str(output),
        seconds=seconds,
        snapshot_every=arguments.every,
        batch_tokens=BATCH_TOKENS,
        limit_seconds=3 * seconds + START_UP,
    )
    marks = answer.pop("marks")
    found: dict[str, Any] = {**answer, "updates": len(marks), "target_tokens": marks[-1][2]}
    found["seconds"] = {"clock": marks[-1][0], "processor": marks[-1][1]}
    begun = [next(m for m in marks if m[0] >= float(folder.name) - 0.1) for folder in _snapshots(output)]
    found["curve"] = [
        {"minutes": round(m[0] / 60, 3), "processor_minutes": round(m[1] / 60, 3), "target_tokens": m[2]} for m in begun
    ]
    _keep(peer.name, found, arguments)
    return found


def _translate(peer: Peer, data: Path, found: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Translate by every model that was written, and measure."""
    found = found or json.loads((arguments.folder / NAME / f"{peer.name}.json").read_text("utf-8"))
    output = _output(peer, arguments)
    test = Dataset.open(data / "dataset").test
    assert test is not None
    for point, folder in zip(found["curve"], _snapshots(output), strict=True):
        translated = peer.translate(
            arguments.folder,
            ARCHITECTURE,
            **_common(data, arguments),
            model=str(folder),
            output=str(output / "translated"),
            beam=arguments.beam,
            limit_seconds=START_UP + 900,
        )
        texts = translated.get("texts") or texts_of(translated["tokens"], data)
        point["bleu"] = round(bleu(texts, test.target_texts(), "de"), 2)
        point["sentences_per_second"] = round(len(texts) / translated["seconds"], 1)
        print(peer.name, json.dumps(point), flush=True)
        _keep(peer.name, found, arguments)


def _output(peer: Peer, arguments: argparse.Namespace) -> Path:
    return Path(arguments.folder / NAME / peer.name).absolute()


def _common(data: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    return {"data": str(data), "threads": 1, "cores": [arguments.core]}


def _snapshots(output: Path) -> list[Path]:
    """The models that were written, by the seconds after which they were."""
    return sorted((output / "snapshots").iterdir(), key=lambda path: float(path.name))


def minutes_to(goal: float, curve: list[dict[str, Any]], clock: str = "minutes") -> float | None:
    """When the first model was as good as ``goal``, linearly between it and the one before; None if none was."""
    before: dict[str, Any] = {clock: 0.0, "bleu": 0.0}
    for point in (point for point in curve if "bleu" in point):
        if point["bleu"] >= goal:
            share = (goal - before["bleu"]) / (point["bleu"] - before["bleu"])
            return float(round(before[clock] + share * (point[clock] - before[clock]), 2))
        before = point
    return None


def _keep(name: str, found: dict[str, Any], arguments: argparse.Namespace) -> None:
    (arguments.folder / NAME).mkdir(parents=True, exist_ok=True)
    (arguments.folder / NAME / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
    _write(arguments)


def _write(arguments: argparse.Namespace) -> dict[str, Any]:
    """All that was found so far, as results."""
    systems = {path.stem: json.loads(path.read_text("utf-8")) for path in (arguments.folder / NAME).glob("*.json")}
    goals = {}
    for goal in GOALS:
        reached = {
            name: {clock: minutes_to(goal, found.get("curve", []), clock) for clock in ("minutes", "processor_minutes")}
            for name, found in systems.items()
        }
        ours = reached.get(OURS.name, {}).get("minutes")
        others = [r["minutes"] for name, r in reached.items() if name != OURS.name and r["minutes"] is not None]
        goals[f"{goal:g}"] = {**reached, "times_faster": round(min(others) / ours, 2) if ours and others else None}
    result = {
        "what": "minutes of training on one core until sacreBLEU (13a, cased) on test 2016",
        "command": command_line(),
        "machine": describe_machine(),
        "note": arguments.note,
        "beam": arguments.beam,
        "minutes_to_bleu": goals,
        "systems": systems,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{NAME}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    _draw(systems)
    return goals


def _draw(systems: dict[str, Any]) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    for name, found in sorted(systems.items()):
        curve = [point for point in found.get("curve", []) if "bleu" in point]
        axes.plot([p["minutes"] for p in curve], [p["bleu"] for p in curve], marker=".", label=name)
    for goal in GOALS:
        axes.axhline(goal, color="0.8", linewidth=0.8, zorder=0)
    axes.set(xlabel="minutes of training on one core", ylabel="BLEU, test 2016", ylim=(0, None), xlim=(0, None))
    axes.legend()
    figure.savefig(RESULTS / f"{NAME}.png", dpi=120)
    pyplot.close(figure)


if __name__ == "__main__":
    main()

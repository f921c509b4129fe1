"""Tables of what diagnosis finds, and of what faults leave behind; ``tables.py`` puts them on pages."""

from __future__ import annotations

import statistics
from typing import Any

from tables_source import heading, machine, picture, results


def diagnosis_tables() -> list[str]:
    """All that have been measured."""
    tables = {
        "fit.json": _fit,
        "data-forecast.json": _forecast,
        "stability.json": _stability,
        "stability-overhead.json": _overhead,
    }
    return [line for name, table in tables.items() for result in results(name) for line in table(result)]


def vanishing_tables() -> list[str]:
    """How far back each kind of model can learn."""
    return [line for result in results("vanishing-gradient.json") for line in _vanishing(result)]


def _fit(result: dict[str, Any]) -> list[str]:
    kinds = [kind for kind, said in result["confusion"].items() if sum(said.values())]
    said = [kind for kind in result["confusion"] if any(result["confusion"][true][kind] for true in kinds)]
    rows = [
        f"| {true} | {' | '.join(str(result['confusion'][true][kind]) for kind in said)} "
        f"| {100 * result['recall'][true]:.0f} % |"
        for true in kinds
    ]
    wrong, healthy = result["false_alarms"]
    helped, advised = result["advice_helps"]
    told = result["as_far_as_can_be_told"]
    return [
        *heading("Has it learnt?", "python benchmarks/fit.py; python benchmarks/fit_scores.py"),
        f"{result['planted_runs']} planted runs of GRU, LSTM and Transformer on noisy reversal and Multi30k, diagnosed "
        "with `--probe`. What each suffers from is what helps it most, by 2 % or more, measured with another seed. "
        "Thresholds that were set on one half of the runs score the other, and the other way round.",
        "",
        f"| what helps | {' | '.join(f'said: {kind}' for kind in said)} | recall |",
        f"|---|{'---|' * len(said)}---|",
        *rows,
        "",
        f"Balanced accuracy {100 * result['balanced_accuracy']:.0f} %; false alarms on {wrong} of {healthy} healthy "
        f"runs; the first advice lowered the validation loss in {helped} of {advised} runs. Where what was said cannot "
        "be told from what helps most (2 standard errors on 500 validation examples), it may be right too: counted so, "
        f"balanced accuracy is {100 * told['balanced_accuracy']:.0f} %, the least recall "
        f"{100 * min(told['recall'].values()):.0f} %, and false alarms are {told['false_alarms'][0]}. "
        f"{machine(result)}.",
        "",
    ]


def _forecast(result: dict[str, Any]) -> list[str]:
    rows = [
        f"| {row['model']} | {row['forecast']:.3f} ({row['low']:.3f} to {row['high']:.3f}) | {row['measured']:.3f} "
        f"| {100 * (row['forecast'] / row['measured'] - 1):+.1f} % |"
        for row in result["runs"]
    ]
    return [
        *heading("What more data would bring", "python benchmarks/data_forecast.py --data DIR"),
        "Cross-entropy of Multi30k's "
        "validation set after learning from all pairs, forecast from a quarter of them, its half and its quarter.",
        "",
        "| model | forecast (95 %) | measured | off by |",
        "|---|---|---|---|",
        *rows,
        "",
        f"{machine(result)}.",
        "",
    ]


def _stability(result: dict[str, Any]) -> list[str]:
    plants: dict[str, list[dict[str, Any]]] = {}
    for row in result["plants"]:
        plants.setdefault(row["plant"], []).append(row)
    rows = [_plant(name, found) for name, found in plants.items()]
    healthy = result["healthy"]
    return [
        *heading("Is it stable?", "python benchmarks/stability.py"),
        "Faults planted in tiny real runs of Transformer, GRU, "
        "LSTM and an MLP over rows. Caught: an update with a number that is not finite was not made, or a loss that "
        "blew up was noticed within 50 updates. The ratio is that of the last validation loss to a healthy run's.",
        "",
        "| plant | runs | caught | delay in updates, largest | right module | recovered | loss ratio, mean |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Healthy runs of {healthy['kinds']} kinds: {healthy['alarms']} false alarms in {healthy['runs']}. "
        f"{_gains(result)} {machine(result)}.",
        "",
    ]


def _gains(result: dict[str, Any]) -> str:
    """On recurrent weights that begin too small or too large, and on what is known exactly."""
    planted = [row for row in result["recurrent gain"] if row["plant"] != "recurrent gain 1"]
    named = sum(round(row["named by its gain"] * row["runs"]) for row in planted)
    orthogonal = [row for row in result["recurrent gain"] if row not in planted]
    wrongly = sum(round(row["named by its gain"] * row["runs"]) for row in orthogonal)
    off = max(abs(row["difference"]) for row in result["exact"]["growth of a linear network"])
    dead = result["exact"]["dead units with ReLU bias −10"]
    return (
        "Recurrent weights that begin half or twice as large, of RNN, GRU and LSTM: the cell was named by update 50 in "
        f"{named} of {sum(row['runs'] for row in planted)} runs, and in {wrongly} of "
        f"{sum(row['runs'] for row in orthogonal)} that begin orthogonal. Of a linear network with W = ρ · orthogonal, "
        f"ln ρ is measured to {off:.0e}; of a layer with ReLU bias −10 in {100 * dead['planted']:.2f} % of its units, "
        f"{100 * dead['measured']:.2f} % are found dead."
    )


def _plant(name: str, rows: list[dict[str, Any]]) -> str:
    runs = sum(row["runs"] for row in rows)

    def mean(key: str) -> str:
        known = [(row[key], row["runs"]) for row in rows if row[key] is not None]
        return f"{100 * sum(v * n for v, n in known) / sum(n for _, n in known):.0f} %" if known else "–"

    delays = [row["delay, largest"] for row in rows if row["delay, largest"] is not None]
    ratios = [row["loss ratio, mean"] for row in rows if row["loss ratio, mean"] is not None]
    ratio = f"{statistics.mean(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})" if ratios else "–"
    return (
        f"| {name} | {runs} | {mean('caught')} | {max(delays, default='–')} | {mean('named')} | {mean('recovered')} "
        f"| {ratio} |"
    )


def _overhead(result: dict[str, Any]) -> list[str]:
    parts = []
    for preset, found in result["recipes"].items():
        clock, processor = found["by the clock"], found["by the processor's time"]
        parts.append(
            f"`{preset}` with mini-batches of {found['tokens']:,} tokens "
            f"(its own are {found['tokens of the preset']:,}): "
            f"{100 * clock['median']:.2f} % by the clock (95 %: {100 * clock['low']:.2f} to "
            f"{100 * clock['high']:.2f}), {100 * processor['median']:.2f} % by the processor's time, in "
            f"{found['pairs']} pairs, weights the same to the bit in {found['identical weights']}"
        )
    return [
        *heading("What watching costs", "python benchmarks/stability_overhead.py"),
        f"The time of training with the monitor on and off, in alternation: {'; '.join(parts)}.",
        "",
    ]


def _vanishing(result: dict[str, Any]) -> list[str]:
    del result  # the picture says it all
    return [
        *heading("How far back a model can learn", "python benchmarks/vanishing_gradient.py"),
        "Three symbols have to be said "
        "after so many blanks. Left, the gradient of the last symbol's loss at each step back in time, before "
        "(dashed) and after training; right, the share of symbols that are right in unseen rows.",
        "",
        picture(
            "Gradient over time steps and accuracy over distance, of RNN, GRU, LSTM and Transformer",
            "docs/pictures/vanishing-gradient.png",
        ),
        "",
    ]


def faults() -> list[str]:
    names = {
        "kill": "killed (SIGKILL), also at random moments",
        "io": "one write fails (EIO)",
        "full": "the disk is full (ENOSPC)",
        "read-only": "the disk is read-only (EROFS)",
        "gone": "the folder is gone",
    }
    rows = [
        f"| {names[fault]} | {found['tried']:,} | {found['tried'] - len(found['wrong']):,} |"
        for result in results("kill.json")
        for fault, found in result["faults"].items()
    ]
    if not rows:
        return []
    return [
        *heading("Nothing lost", "python benchmarks/kill.py"),
        "A toy run is struck at the moments at which it writes, also "
        "half-way through a write; then it goes on, and what it ends with is compared with an undisturbed run.",
        "",
        "| what strikes | times | identical bits in the end |",
        "|---|---|---|",
        *rows,
        "",
    ]

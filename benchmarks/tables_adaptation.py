"""The tables of adapting a model to new examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tables_source import heading, machine, picture, results

_ABOUT = (
    "The preset `tiny`, trained on Multi30k (English → German), goes on with strings of the user interface of Home "
    "Assistant (`dragoman adapt`, half of each pass old pairs), beside going on without replay and beside the same "
    "architecture trained from nothing on the same pairs for as long. *New*: {new:,} strings of Home Assistant, none "
    "of whose sources is trained on; *old*: the {old:,} test sentences of Multi30k, 2016. Beam 5; 95 % intervals in "
    "brackets."
)
_MINUTES = (
    "Minutes of one processor thread for the trials of the learning rate and for training, validation left out, at one "
    "pace for all runs ({pace:.2f} minutes for a million target tokens), since other work slowed some of them down. "
    "Each run may take {minutes:g} minutes, and ends earlier when four validations in a row were not the best."
)


def adaptation() -> list[str]:
    lines: list[str] = []
    for result in results("adaptation.json"):
        counts = result["pairs"]
        lines += [*heading("Going on with new pairs", "python benchmarks/adaptation.py")]
        lines += [_ABOUT.format(new=counts["new test"], old=counts["old test"]), ""]
        lines += [
            "| new pairs | | minutes | BLEU, new | chrF2++, new | placeholders, new | BLEU, old | chrF2++, old |",
            "|---:|---|---:|---:|---:|---:|---:|---:|",
            _row("–", "the model before", "–", result["parent"]),
        ]
        lines += [_row(f"{run['size']:,}", run["way"], f"{run['minutes']:.1f}", run["final"]) for run in result["runs"]]
        lines += ["", "What adapting has more than the others, and what it forgets:", ""]
        lines += [
            "| new pairs | BLEU more than from nothing, new | BLEU more than without replay, new | BLEU forgotten, old "
            "| without replay | share |",
            "|---:|---:|---:|---:|---:|---:|",
        ]
        lines += [_claim(size, claims) for size, claims in result["claims"].items()]
        pace = result["minutes per million tokens"]
        lines += ["", _MINUTES.format(pace=pace, minutes=result["minutes"]), ""]
        lines += [picture("Quality over minutes of training", "benchmarks/results/adaptation.png"), ""]
        lines += [f"Machine: {machine(result)}, {result['threads']} thread.", ""]
    return lines


def _row(size: str, way: str, minutes: str, final: dict[str, Any]) -> str:
    measures = [(domain, name) for domain in ("new", "old") for name in ("BLEU", "chrF2++", "Placeholders, %")]
    found = [_estimate(final[domain][name]) for domain, name in measures if name in final[domain]]
    return f"| {' | '.join([size, way, minutes, *found])} |"


def _estimate(found: Sequence[float]) -> str:
    value, low, high = found
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def _claim(size: str, claims: dict[str, Any]) -> str:
    forgotten = claims["forgotten, BLEU on the old"]
    cells = [
        f"{int(size):,}",
        _difference(claims["adapted less from nothing, new"]["BLEU"]),
        _difference(claims["adapted less without replay, new"]["BLEU"]),
        f"{forgotten['adapted']:.1f}",
        f"{forgotten['without replay']:.1f}",
        f"{100 * claims['forgotten with replay as a share of without']:.0f} %",
    ]
    return f"| {' | '.join(cells)} |"


def _difference(found: Sequence[float]) -> str:
    value, low, high, p_value = found
    return f"{value:+.1f} ({low:.1f} to {high:.1f}), p = {p_value:.3f}".replace("-", "−")

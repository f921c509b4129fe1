"""The table of what each switch of a training recipe gives."""

from __future__ import annotations

from typing import Any

from tables_source import closing, heading, results

_ABOUT = (
    "The preset `tiny` on Multi30k (English → German) with mini-batches of 2,048 tokens, dropout 0.1, a warm-up of a "
    "tenth of the run and an average over its last 13 %. *None* is AdamW with the preset's learning rate and a cosine. "
    "*Alone* adds one switch to it, *together* has them all, *without* takes one away, *together with* adds one more. "
    "Each run has a schedule of its own that ends with it. BLEU on test 2016 (13a, cased), the mean over seeds and, in "
    "brackets, the lowest and the highest; loss in nats a token, on the validation set and on training examples."
)
_MINUTES = (
    "Minutes: training alone by the clock, and of the processor for the whole command with preparing, validating and "
    "evaluating. Other work ran on the machine meanwhile, so that updates compare better than minutes."
)


def switches() -> list[str]:
    lines: list[str] = []
    for result in results("training-recipe.json"):
        lines += [*heading("What each switch gives", "python benchmarks/training_recipe.py --data DIR"), _ABOUT, ""]
        lines += [
            "| | updates | seeds | BLEU | validation loss | training loss | minutes | of processor |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
            *map(_row, result["table"]),
            "",
            _MINUTES,
            "",
        ]
        sources = "; ".join(f"{name}: {source}" for name, source in result["sources"].items() if source != "–")
        lines += [f"Sources. {sources}.", "", closing(result), ""]
    return lines


def _row(row: dict[str, Any]) -> str:
    low, high = row["bleu_range"]
    spread = f" ({low:.1f} to {high:.1f})" if row["seeds"] > 1 else ""
    cells = [
        row["row"],
        f"{row['updates']:,}",
        str(row["seeds"]),
        f"{row['bleu']:.1f}{spread}",
        f"{row['validation_loss']:.3f}",
        f"{row['training_loss']:.3f}",
        f"{row['minutes']:.1f}",
        f"{row['processor_minutes']:.1f}",
    ]
    return f"| {' | '.join(cells)} |"

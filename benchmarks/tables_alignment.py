"""The table of word alignment."""

from __future__ import annotations

from typing import Any

from tables_source import heading, machine, results

_ABOUT = (
    "Phrases of two to four parts in other orders, whose links are known by construction: 6,000 pairs to learn "
    "from, 500 to align, English → German. *Error rate*: the alignment error rate of Och and Ney 2003, lower is "
    "better. Models align the reference translation by their attention: by the guided head, or else by the mean "
    "of all heads of the last layer. They are small and learn for 900 updates; BLEU and the validation loss say "
    "whether guiding costs anything. IBM Model 1 and eflomal count the words of all 6,500 pairs."
)


def alignment() -> list[str]:
    lines: list[str] = []
    for result in results("alignment.json"):
        lines += [*heading("Word alignment", "python benchmarks/alignment.py"), _ABOUT, ""]
        lines += ["| | error rate | precision | recall | BLEU | validation loss |", "|---|---:|---:|---:|---:|---:|"]
        for name, model in result["models"].items():
            lines.append(_row(name, model["aligned"], f"{model['bleu']:.1f}", f"{model['validation_loss']:.3f}"))
        lines += [_row(name, found) for name, found in {**result["counted"], **result["peers"]}.items()]
        lines += ["", "The error rate by each layer that attends to the source:", ""]
        lines += ["| | first head | mean of heads |", "|---|---:|---:|"]
        for name, model in result["models"].items():
            lines += _layers(name, model["by_layer"])
        lines += ["", f"Machine: {machine(result)}, 1 thread.", ""]
    return lines


def _row(name: str, found: dict[str, float], *quality: str) -> str:
    measures = (f"{100 * found[key]:.1f} %" for key in ("alignment_error_rate", "precision", "recall"))
    return f"| {' | '.join([name, *measures, *(quality or ('–', '–'))])} |"


def _layers(model: str, found: dict[str, float]) -> list[str]:
    layers: dict[str, dict[str, float]] = {}
    for name, rate in found.items():
        layer, _, heads = name.rpartition(", ")
        layers.setdefault(layer, {})[heads] = rate
    return [
        f"| {model}: {layer} | {' | '.join(_rate(rates.get(heads)) for heads in ('first head', 'mean of heads'))} |"
        for layer, rates in layers.items()
    ]


def _rate(rate: Any) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"

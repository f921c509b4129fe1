"""How sharp the attention of trained recurrent decoders is: why a plain dot product suits some units and not others.

    python benchmarks/attention_sharpness.py RUN [RUN ...]

For the first 500 validation pairs of each run, over all target tokens and the source tokens that they may see: the
standard deviation of a token's scores, the entropy of its weights in nats, and the mean magnitude of the numbers in
queries and memory. Writes ``results/attention-sharpness.json``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dragoman.contracts import Batch, Layout
from dragoman.data.dataset import Dataset
from dragoman.decoders.attentional_parts import AttentionalParts
from dragoman.layers.attention.additive import AdditiveAttention, additive_score_equations
from dragoman.layers.attention.dot_product import DotProductAttention
from dragoman.layers.attention.key_values import KeyValues
from dragoman.model.folder import load_model

RESULTS = Path(__file__).parent / "results"
PAIRS, AT_ONCE = 500, 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    found = {run.name: _measure(run) for run in parser.parse_args().runs}
    text = json.dumps({"pairs": PAIRS, "runs": found}, indent=2)
    (RESULTS / "attention-sharpness.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def _measure(run: Path) -> dict[str, float]:
    model = load_model(run / "best").model
    decoder = model.decoder
    assert isinstance(decoder, AttentionalParts)
    seen: dict[str, list[Tensor]] = {"score deviation": [], "entropy": [], "query": [], "memory": []}

    def look(attention: Any, inputs: tuple[Tensor, Layout, KeyValues], _: Tensor) -> None:
        queries, layout, memory = inputs
        scores = layout.unpad(_scores(attention, layout.pad(queries), memory.keys[:, 0]))
        visible = torch.ones_like(scores, dtype=torch.bool)
        if memory.mask is not None:
            visible = memory.mask[:, 0, 0][layout.rows]
        weights = torch.softmax(scores.masked_fill(~visible, float("-inf")), -1)
        count = visible.sum(1)
        mean = (scores * visible).sum(1) / count
        deviation = ((scores - mean[:, None]).square() * visible).sum(1).div(count).sqrt()
        seen["score deviation"].append(deviation)
        seen["entropy"].append(torch.special.entr(weights).sum(1))
        seen["query"].append(queries.abs().mean(1))
        seen["memory"].append(memory.values[:, 0][memory.values[:, 0].abs().sum(2) > 0].abs().mean(1))

    decoder.attention.register_forward_hook(look)
    validation = Dataset.open(run / "dataset").validation
    with torch.no_grad():
        for begin in range(0, PAIRS, AT_ONCE):
            batch: Batch = validation.batch(np.arange(begin, begin + AT_ONCE))
            model(batch)
    return {name: round(float(torch.cat(values).mean()), 3) for name, values in seen.items()}


def _scores(attention: Any, queries: Tensor, keys: Tensor) -> Tensor:
    if isinstance(attention, AdditiveAttention):
        return additive_score_equations(F.linear(queries, attention.weight_query), keys, attention.vector)
    assert isinstance(attention, DotProductAttention)
    return queries @ keys.transpose(1, 2) * attention.scale


if __name__ == "__main__":
    main()

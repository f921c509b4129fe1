"""Where the time of a recurrent model with attention goes: one training step and one step of a search.

    python benchmarks/recurrent_profile.py [--threads N]

Sentences of 14 tokens, as many as make 2,048 target tokens; an LSTM of width 256 with additive attention, once with and
once without input feeding. Writes ``results/recurrent-profile.json``: for each operator its calls and milliseconds.
What is done once per sentence must not have as many calls as there are steps.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import Batch, Packed, TextSize
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.recipe.architecture import ModelRecipe

RESULTS = Path(__file__).parent / "results"
LENGTH, ROWS, VOCABULARY, SHOWN = 14, 146, 10_000, 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    threads = parser.parse_args().threads
    torch.set_num_threads(threads)
    found: dict[str, Any] = {"machine": describe_machine(), "threads": threads, "steps": LENGTH}
    for name, feeding in (("lstm-additive", False), ("lstm-additive-feeding", True)):
        model, batch = _model(feeding), _batch()
        model.train()

        def train(model: EncoderDecoder = model, batch: Batch = batch) -> None:
            loss, _ = model.loss(batch)
            loss.backward()

        found[name] = {"training step, bfloat16": _operators(train), "search step, float32": _search_step(feeding)}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "recurrent-profile.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


def _model(feeding: bool) -> EncoderDecoder:
    size = {"kind": "lstm", "width": 256, "embedding_width": 128}
    recipe = ModelRecipe.model_validate({"encoder": size, "decoder": {**size, "input_feeding": feeding}})
    model = build(recipe, TextSize(VOCABULARY), TextSize(VOCABULARY), seed=1)
    assert isinstance(model, EncoderDecoder)
    return model.to(torch.bfloat16)


def _batch() -> Batch:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(4, VOCABULARY, (ROWS, LENGTH), generator=generator).tolist()
    return Batch(Packed.of(rows), Packed.of(rows), torch.arange(ROWS))


def _search_step(feeding: bool) -> dict[str, Any]:
    """Of 500 hypotheses for 100 sentences."""
    model = _model(feeding).float().eval()
    with torch.inference_mode():
        source = Packed.of([[5] * LENGTH for _ in range(100)])
        state: Any = model.start(model.encode(source)).select(torch.arange(100).repeat_interleave(5))
        tokens = torch.full((500,), 7)
        return _operators(lambda: model.step(tokens, state))


def _operators(run: Callable[[], Any]) -> dict[str, Any]:
    for _ in range(3):
        run()
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        run()
    events = sorted(profiler.key_averages(), key=lambda event: -event.self_cpu_time_total)
    return {
        "milliseconds": round(sum(event.self_cpu_time_total for event in events) / 1e3, 2),
        "operators": {
            event.key: {"calls": event.count, "milliseconds": round(event.self_cpu_time_total / 1e3, 2)}
            for event in events[:SHOWN]
        },
    }


if __name__ == "__main__":
    main()

"""Where the time of translating goes in PyTorch, and how much of the processor's float32 products it uses.

    python benchmarks/decode_profile.py MODEL TEXT [--beam N] [--lines N] [--threads N]

Translates the first lines of TEXT three times: to count the floating-point operations of matrix products, to time the
whole without a profiler, and under Python's profiler with the processor's time as its clock, since that sees PyTorch's
operators and the native kernels alike and is not disturbed by other processes' turns. Writes
``results/decode-profile-beamN.json``.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch.utils.flop_counter import FlopCounterMode

from dragoman.comparison.machine import describe_machine
from dragoman.native import decoding
from dragoman.predict.translator import Translator

RESULTS = Path(__file__).parent / "results"
SHOWN, SQUARE = 25, 768


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    translator = Translator.load(arguments.model, device="cpu")
    lines = arguments.text.read_text(encoding="utf-8").splitlines()[: arguments.lines]

    def translate() -> None:
        translator.translate(lines, beam=arguments.beam)

    # PyTorch's counter sees PyTorch's products, so all is computed by these where operations are counted.
    with patch.object(decoding, "kernels", lambda: None), FlopCounterMode(display=False) as counter:
        translate()
    seconds = _processor_seconds(translate)
    peak = _peak()
    rate = counter.get_total_flops() / seconds
    found: dict[str, Any] = {
        "machine": describe_machine(),
        "beam": arguments.beam,
        "lines": len(lines),
        "threads": arguments.threads,
        "lines per second of processor": round(len(lines) / seconds, 1),
        "gigaflop of products": round(counter.get_total_flops() / 1e9, 1),
        "gigaflop per second": round(rate / 1e9, 1),
        "peak of products": round(peak / 1e9, 1),
        "share of the peak": round(rate / peak, 3),
        "functions": _functions(translate),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"decode-profile-beam{arguments.beam}.json"
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


def _processor_seconds(work: Callable[[], None]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _peak() -> float:
    """The most operations a second that a product of square matrices reaches."""
    x = torch.randn(SQUARE, SQUARE)
    return 2 * SQUARE**3 / min(_processor_seconds(lambda: _multiply(x)) for _ in range(20))


def _multiply(x: torch.Tensor) -> None:
    torch.mm(x, x)


def _functions(work: Callable[[], None]) -> list[dict[str, Any]]:
    """Calls, milliseconds and share of what takes longest, without what it calls."""
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(work)
    rows = pstats.Stats(profiler).stats  # type: ignore[attr-defined]  # it has no public accessor of all entries
    total = sum(row[2] for row in rows.values())
    longest = sorted(rows.items(), key=lambda item: -item[1][2])[:SHOWN]
    return [
        {
            "function": name if file == "~" else f"{Path(file).parent.name}/{Path(file).name}:{name}",
            "calls": row[1],
            "milliseconds": round(1000 * row[2], 1),
            "share": round(row[2] / total, 3),
        }
        for (file, _, name), row in longest
    ]


if __name__ == "__main__":
    main()

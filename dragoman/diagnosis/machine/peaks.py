"""The speed of matrix products: the limit that training and translation are compared with."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import torch

SIZE = 512
"""Rows and columns of each matrix: the size in small models, and short enough to fit between two interruptions."""
_SECONDS = 0.4


def matrix_product_peaks(seconds: float = _SECONDS) -> dict[str, float]:
    """The speed of square matrix products in billions of operations per second (multiplications plus additions), by
    number format.

    Args:
        seconds: time to spend on measuring each.

    >>> speeds = matrix_product_peaks(seconds=0.001)
    >>> all(speed > 0 for speed in speeds.values())
    True
    """
    generator = torch.Generator().manual_seed(1)
    left, right = (torch.rand((SIZE, SIZE), generator=generator) for _ in range(2))
    halves = left.bfloat16(), right.bfloat16()
    bytes_ = (100 * left).to(torch.int8), (100 * right).to(torch.int8)
    operations = 2 * SIZE**3
    products: dict[str, Callable[[], object]] = {
        "float32": lambda: left @ right,
        "bfloat16": lambda: halves[0] @ halves[1],
        "int8": lambda: torch._int_mm(*bytes_),
    }
    peaks = {name: operations / shortest(product, seconds) / 1e9 for name, product in products.items()}
    with _through_onednn():
        peaks["float32 through oneDNN"] = operations / shortest(products["float32"], seconds) / 1e9
    return {name: round(peak, 1) for name, peak in peaks.items()}


def shortest(task: Callable[[], object], seconds: float) -> float:
    """Seconds of the fastest of all runs within ``seconds``, at least three after a warm-up: the machine's speed when
    other processes leave it alone."""
    task()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        began = time.perf_counter()
        task()
        times.append(time.perf_counter() - began)
    return min(times)


@contextlib.contextmanager
def _through_onednn() -> Iterator[None]:
    """Let PyTorch give float32 products to oneDNN where it may compute them in bfloat16; without AMX, oneDNN does
    not."""
    settings = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]  # made when the module is imported
    before = settings.fp32_precision
    settings.fp32_precision = "bf16"
    try:
        yield
    finally:
        settings.fp32_precision = before

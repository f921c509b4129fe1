"""The device, the precision and the number of threads that training uses."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from dragoman.errors import UnsupportedError
from dragoman.model.device import choose_device

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, slots=True)
class Hardware:
    """Where a model computes, and in which precision.

    Attributes:
        device: the device that the model lies on.
        dtype: precision of the forward and backward pass.
        threads: number of processor threads.
    """

    device: torch.device
    dtype: torch.dtype
    threads: int

    def __str__(self) -> str:
        threads = "1 processor thread" if self.threads == 1 else f"{self.threads} processor threads"
        place = threads if self.device.type == "cpu" else str(self.device)
        return f"{place}, {str(self.dtype).removeprefix('torch.')}"


def choose_hardware(device: str, precision: str, threads: int) -> Hardware:
    """Resolve ``auto``: bfloat16 where the hardware multiplies it fast, float16 on older CUDA devices, else float32.

    >>> print(choose_hardware("cpu", "float32", threads=2))
    2 processor threads, float32

    Raises:
        UnsupportedError: if the device is absent, or float16 is asked for without CUDA.
    """
    chosen = choose_device(device)
    if precision == "float16" and chosen.type != "cuda":
        raise UnsupportedError(
            f"float16 training needs a CUDA device, and this run is on `{chosen.type}`",
            remedy='use `precision = "auto"`, "bfloat16" or "float32".',
        )
    dtype = _fastest_dtype(chosen) if precision == "auto" else _DTYPES[precision]
    return Hardware(chosen, dtype, threads or torch.get_num_threads())


def _fastest_dtype(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device.type == "cpu" and torch.cpu.get_capabilities().get("avx512_bf16", False):
        return torch.bfloat16
    return torch.float32


def build_scaler(hardware: Hardware) -> torch.amp.GradScaler:
    """Dynamic loss scaling (Micikevicius et al. 2018, section 3.2) for float16; otherwise it does nothing."""
    return torch.amp.GradScaler(hardware.device.type, enabled=hardware.dtype == torch.float16)

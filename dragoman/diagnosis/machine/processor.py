"""The processor, its memory, and the load of other processes."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import torch

FEATURES = {
    "AVX2": "avx2",
    "AVX-512": "avx512_f",
    "AVX-512 bf16": "avx512_bf16",
    "AVX-512 VNNI": "avx512_vnni",
    "AMX bf16": "amx_bf16",
    "AMX int8": "amx_int8",
}
"""Instruction sets that determine which kernels are fast, with PyTorch's names for them."""

_GIB = 2**30


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor and its memory.

    Attributes:
        name: name of the model.
        architecture: instruction set architecture, such as ``x86_64``.
        features: whether the processor has each of :data:`FEATURES`.
        cores: number of the machine's logical cores.
        usable_cores: number of cores that this process may run on.
        threads: number of threads that PyTorch computes with.
        memory_gib: memory of the machine in GiB.
        available_gib: memory in GiB that is available without swapping; None where the system does not say.
        load: mean number of processes that wanted a core in the last minute; None where the system does not say.
    """

    name: str
    architecture: str
    features: dict[str, bool]
    cores: int
    usable_cores: int
    threads: int
    memory_gib: float
    available_gib: float | None
    load: float | None


def examine_processor() -> Processor:
    """Examine the processor that this process runs on.

    >>> examine_processor().memory_gib > 0
    True
    """
    capabilities = torch.cpu.get_capabilities()
    cores = os.cpu_count() or 1
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    return Processor(
        name=str(capabilities.get("cpu_name") or platform.processor() or "unknown"),
        architecture=platform.machine(),
        features={name: bool(capabilities.get(key, False)) for name, key in FEATURES.items()},
        cores=cores,
        usable_cores=len(affinity(0)) if affinity is not None else cores,
        threads=torch.get_num_threads(),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB, 1),
        available_gib=_available_gib(),
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    )


def _available_gib() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kibibytes = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return None if kibibytes is None else round(int(kibibytes) * 1024 / _GIB, 1)

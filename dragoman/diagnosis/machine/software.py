"""The versions that compute, and how memory is given out."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from dragoman.optional.extra import EXTRAS

PACKAGES = ("dragoman", "torch", "ctranslate2", "tokenizers", "numpy")
ALLOCATORS = ("tcmalloc", "jemalloc", "mimalloc")
"""Replacements of the C library's ``malloc`` that are known by the names of their files."""
SETTINGS = ("LD_PRELOAD", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_")
"""Environment variables that change how memory is given out."""


@dataclass(frozen=True, slots=True)
class Software:
    """What runs here.

    Attributes:
        python: its version.
        versions: of :data:`PACKAGES`; None for one that is not installed.
        extras: the modules that are missing of each extra; none of one that is installed.
        torch_wanted: the versions of PyTorch that dragoman is tested with, as its metadata write them, such as
            ``>=2.9,<2.15``; empty if they do not say.
        allocator: what gives out memory.
        allocator_settings: those of :data:`SETTINGS` that are set.
    """

    python: str
    versions: dict[str, str | None]
    extras: dict[str, tuple[str, ...]]
    torch_wanted: str
    allocator: str
    allocator_settings: dict[str, str]

    @property
    def torch_fits(self) -> bool:
        """Whether PyTorch is one of the versions that are wanted; builds for other devices (``+cpu``) are the same."""
        found = self.versions["torch"]
        return not self.torch_wanted or (found is not None and within(found.partition("+")[0], self.torch_wanted))


def within(version: str, limits: str) -> bool:
    """Whether a version fulfils all of the limits, such as ``>=2.9,<2.15``.

    >>> within("2.14.1", ">=2.9,<2.15"), within("2.15.0", ">=2.9,<2.15")
    (True, False)
    """
    found = _numbers(version)
    return all(
        found == limit if sign == "==" else found >= limit if sign == ">=" else found < limit
        for sign, limit in ((sign, _numbers(text)) for sign, text in re.findall(r"(==|>=|<)\s*([\d.]+)", limits))
    )


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    return tuple(numbers + [0] * (3 - len(numbers)))[:3]


def examine_software() -> Software:
    """What is installed and loaded in this process."""
    return Software(
        python=platform.python_version(),
        versions={name: _version(name) for name in PACKAGES},
        extras={extra.name: extra.missing() for extra in EXTRAS},
        torch_wanted=_torch_wanted(),
        allocator=_allocator(),
        allocator_settings={name: os.environ[name] for name in SETTINGS if name in os.environ},
    )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _torch_wanted() -> str:
    for requirement in metadata.requires("dragoman") or []:
        found = re.fullmatch(r"torch((?:==|>=|<).+)", requirement)
        if found:
            return found[1]
    return ""


def _allocator() -> str:
    try:
        loaded = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "the system's"
    found = next((name for name in ALLOCATORS if f"lib{name}" in loaded), None)
    return found or " ".join(part for part in platform.libc_ver() if part) or "the system's"

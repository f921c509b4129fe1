"""Versions of the installed software, and the memory allocator."""

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
"""Replacements of the C library's ``malloc`` that are recognised by the names of their files."""
SETTINGS = ("LD_PRELOAD", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_")
"""Environment variables that change how memory is allocated."""


@dataclass(frozen=True, slots=True)
class Software:
    """What is installed and loaded.

    Attributes:
        python: version of Python.
        versions: versions of :data:`PACKAGES`; None for a package that is not installed.
        extras: for each extra, the modules that are missing; empty if it is installed.
        torch_wanted: versions of PyTorch that Dragoman is tested with, as in its metadata, such as ``>=2.9,<2.15``;
            empty if unknown.
        allocator: name of the memory allocator.
        allocator_settings: environment variables among :data:`SETTINGS` that are set, with their values.
    """

    python: str
    versions: dict[str, str | None]
    extras: dict[str, tuple[str, ...]]
    torch_wanted: str
    allocator: str
    allocator_settings: dict[str, str]

    @property
    def torch_fits(self) -> bool:
        """Whether PyTorch is one of the tested versions; builds for other devices (``+cpu``) count as the same
        version."""
        found = self.versions["torch"]
        return not self.torch_wanted or (found is not None and within(found.partition("+")[0], self.torch_wanted))


def within(version: str, limits: str) -> bool:
    """Whether a version is within all of the limits, such as ``>=2.9,<2.15``.

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
    """Examine what is installed and loaded in this process.

    >>> examine_software().versions["torch"] is not None
    True
    """
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

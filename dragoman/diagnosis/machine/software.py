"""The versions that compute, and how memory is given out."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

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
        torch_wanted: the version of PyTorch that dragoman is tested with; None if its metadata do not say.
        allocator: what gives out memory.
        allocator_settings: those of :data:`SETTINGS` that are set.
    """

    python: str
    versions: dict[str, str | None]
    torch_wanted: str | None
    allocator: str
    allocator_settings: dict[str, str]

    @property
    def torch_fits(self) -> bool:
        """Whether PyTorch is the version that is wanted; builds for other devices (``+cpu``) count as the same."""
        found = self.versions["torch"]
        return self.torch_wanted is None or (found is not None and found.partition("+")[0] == self.torch_wanted)


def examine_software() -> Software:
    """What is installed and loaded in this process."""
    return Software(
        python=platform.python_version(),
        versions={name: _version(name) for name in PACKAGES},
        torch_wanted=_torch_wanted(),
        allocator=_allocator(),
        allocator_settings={name: os.environ[name] for name in SETTINGS if name in os.environ},
    )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _torch_wanted() -> str | None:
    for requirement in metadata.requires("dragoman") or []:
        name, separator, version = requirement.partition("==")
        if name == "torch" and separator:
            return version
    return None


def _allocator() -> str:
    try:
        loaded = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "the system's"
    found = next((name for name in ALLOCATORS if f"lib{name}" in loaded), None)
    return found or " ".join(part for part in platform.libc_ver() if part) or "the system's"

"""The least memory that a model needs and the memory of the machine, compared before any of it is allocated.

Only what is certainly needed is counted, so nothing is refused that might fit; what is accepted may still be too much.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic_core import PydanticUndefined

from dragoman.contracts import SourceSize, TargetSize, TextSize
from dragoman.errors import InputError
from dragoman.recipe.architecture import ModelRecipe

_GIB = 2**30
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_MACHINE = Path("/proc/meminfo")
_PROCESS = Path("/proc/self")
_SIZES = (
    "layers",
    "width",
    "embedding_width",
    "feed_forward",
    "hidden",
    "channels",
    "context",
    "taps",
    "max_positions",
)
_MENTIONED = 4
"""The most settings that an error names."""


@dataclass(frozen=True, slots=True)
class Need:
    """One use of memory.

    Attributes:
        size: size in bytes.
        what: a phrase that says what the memory is for.
        settings: the settings on which the size depends, as ``key = value``.
    """

    size: int
    what: str
    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """The memory that is available.

    Attributes:
        size: size in bytes.
        what: a phrase that says what limits it.
    """

    size: int
    what: str


def room_of(device: torch.device) -> Room:
    """The most memory that this process can have: a CUDA device's own; else the least of the machine's memory, the
    limit of its container and the limit on address space (``ulimit -v``)."""
    if device.type == "cuda":
        return Room(torch.cuda.get_device_properties(device).total_memory, f"the memory of {device}")
    rooms = [Room(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "this machine's memory")]
    for path in _CGROUPS:
        with contextlib.suppress(OSError, ValueError):
            rooms.append(Room(int(Path(path).read_text()), "what this container may take"))
    with contextlib.suppress(ImportError, OSError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            rooms.append(Room(limit, "the limit on this process's address space (ulimit -v)"))
    return min((room for room in rooms if room.size > 0), key=lambda room: room.size)


def free_room() -> Room:
    """The most memory that this process can have besides what it and others have now: the least of what the machine has
    left, what the limit of its container leaves, and what the limit on address space leaves."""
    rooms = [room_of(torch.device("cpu"))]
    with contextlib.suppress(OSError, ValueError):
        rooms.append(Room(_entry(_MACHINE, "MemAvailable:") * 1024, "what this machine has left"))
    for folder in _control_groups():
        with contextlib.suppress(OSError, ValueError):
            # What files were read and may be forgotten counts as taken, and is not.
            taken = int((folder / "memory.current").read_text()) - _entry(folder / "memory.stat", "inactive_file")
            left = int((folder / "memory.max").read_text()) - taken
            rooms.append(Room(max(left, 0), "what this container may still take"))
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            left = limit - _entry(_PROCESS / "status", "VmSize:") * 1024
            rooms.append(Room(max(left, 0), "what the limit on this process's address space (ulimit -v) leaves"))
    return min(rooms, key=lambda room: room.size)


def _control_groups() -> Iterator[Path]:
    """The folders of the control groups, version 2, that this process is in, from the inside out."""
    with contextlib.suppress(OSError):
        for line in (_PROCESS / "cgroup").read_text().splitlines():
            if line.startswith("0::/"):
                inner = _CONTROL_GROUPS / line.removeprefix("0::/")
                yield from (folder for folder in (inner, *inner.parents) if folder.is_relative_to(_CONTROL_GROUPS))


def _entry(file: Path, name: str) -> int:
    """The number behind a name, at the beginning of a line.

    Raises:
        ValueError: if there is none.
    """
    for line in file.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise ValueError(f"{file} has no {name}")


def refuse_what_cannot_fit(needs: Sequence[Need], room: Room) -> None:
    """Check that there is enough memory for what is certainly needed.

    Raises:
        InputError: if there is not; it names the settings of the largest need.
    """
    needed = sum(need.size for need in needs)
    if needed <= room.size:
        return
    largest = max(needs, key=lambda need: need.size)
    parts = "; ".join(f"{need.what}: {shown(need.size)}" for need in needs)
    raise InputError(
        f"{', '.join(largest.settings)}: this needs {shown(needed)} of memory at the least ({parts}), and there are "
        f"{shown(room.size)} ({room.what})",
        remedy=f"lower {' or '.join(setting.split(' = ')[0] for setting in largest.settings)}, or take a machine with "
        "more memory.",
    )


def shown(size: int) -> str:
    """A size in bytes as text.

    >>> shown(3 * 2**30), shown(50 * 2**20)
    ('3 GiB', '50 MiB')
    """
    if size < _GIB:
        return f"{size / 2**20:,.3g} MiB"
    return f"{size / _GIB:,.3g} GiB" if size < 1000 * _GIB else f"{size / _GIB:,.0f} GiB"


def sizes_of(recipe: ModelRecipe, source: SourceSize, target: TargetSize) -> tuple[str, ...]:
    """The settings that decide how many parameters a model has, those furthest above their defaults first.

    Args:
        recipe: the architecture.
        source: size of the inputs, as given to :func:`~dragoman.model.build.build`.
        target: size of the outputs, as given to :func:`~dragoman.model.build.build`.
    """
    found: list[tuple[float, str]] = []
    for side in ("encoder", "decoder"):
        section = getattr(recipe, side)
        for name in (name for name in _SIZES if name in type(section).model_fields):
            value, default = getattr(section, name), type(section).model_fields[name].default
            if isinstance(value, (int, tuple)) and default not in (None, PydanticUndefined, 0):
                found.append((_largest(value) / _largest(default), f"model.{side}.{name} = {_written(value)}"))
    symbols = max((size.symbols for size in (source, target) if isinstance(size, TextSize)), default=0)
    if symbols:
        found.append((symbols / 10_000, f"tokenizer.vocabulary_size = {symbols}"))
    found.sort(key=lambda entry: -entry[0])
    return tuple(text for ratio, text in found[:_MENTIONED] if ratio >= min(2.0, found[0][0]))


def most_parameters(recipe: ModelRecipe, source: SourceSize, target: TargetSize) -> int:
    """An upper bound of a model's parameters, quickly found from the widest of its layers; it is far too high."""
    sides = [getattr(recipe, side) for side in ("encoder", "decoder")]
    sizes = [getattr(side, name) for side in sides for name in _SIZES if hasattr(side, name)]
    widest = max([_largest(size) for size in sizes if size], default=1)
    layers = sum(_count(getattr(side, "layers", 1)) + getattr(side, "context", 0) for side in sides) + 4
    taps = max(getattr(side, "taps", 1) for side in sides)
    outputs = target if isinstance(target, int) else target.values
    return layers * widest * widest * max(40, 3 * taps) + 2 * widest * (source.values + outputs)


def _count(layers: int | tuple[int, ...]) -> int:
    return len(layers) if isinstance(layers, tuple) else layers


def _largest(value: int | tuple[int, ...]) -> int:
    return max(value) if isinstance(value, tuple) else value


def _written(value: int | tuple[int, ...]) -> str:
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, tuple) else str(value)

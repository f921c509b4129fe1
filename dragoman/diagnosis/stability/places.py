"""Names of layers and modules as places in a network: in which order, in which stack, in which block of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

_BEFORE_THE_STACK = ("embedding", "embeddings", "positions", "bridge", "stem", "stem_norm")
"""What stands in front of the blocks, whatever its side, in this order; numbered convolutions do so too."""
_SIDES = ("encoder", "decoder")


def side_of(name: str) -> str:
    """``encoder`` or ``decoder``; a name that has neither is its own side."""
    return name.split(".")[0]


def stack_of(name: str) -> str | None:
    """What comes before the first number, such as ``encoder.blocks``; None of what stands in no stack."""
    parts = name.split(".")
    numbers = [place for place, part in enumerate(parts) if part.isdigit()]
    return ".".join(parts[: numbers[0]]) if numbers else None


def block_of(name: str) -> str:
    """The block that it is part of, such as ``encoder.blocks.3``; the name itself of what stands in no stack."""
    stack = stack_of(name)
    return name if stack is None else ".".join(name.split(".")[: stack.count(".") + 2])


def in_network_order(names: Iterable[str]) -> list[str]:
    """The names in the order in which numbers pass through them: encoder before decoder, embeddings before blocks,
    blocks by their number, output last; else as they came."""
    listed = list(dict.fromkeys(names))
    stacks = list(dict.fromkeys(stack_of(name) for name in listed))

    def key(name: str) -> tuple[int, int, int, int]:
        side, stack = side_of(name), stack_of(name)
        rank = _SIDES.index(side) if side in _SIDES else len(_SIDES)
        if stack is None:
            before = _place_before_the_stack(name)
            return (rank, 2, 0, 0) if before is None else (rank, 0, before, 0)
        return rank, 1, stacks.index(stack), int(block_of(name).rsplit(".", 1)[1])

    return sorted(listed, key=key)


def short_label(name: str) -> str:
    """The name without words that only repeat the one before, such as ``encoder.layers.0``."""
    parts = name.split(".")
    return ".".join(part for place, part in enumerate(parts) if place == 0 or part != parts[place - 1])


def gradient_by_block(norms: Mapping[str, float]) -> dict[str, float]:
    """Norms of the gradients of whole blocks, in network order, from those of their layers."""
    squares: dict[str, float] = {}
    for name in in_network_order(norms):
        squares[block_of(name)] = squares.get(block_of(name), 0.0) + norms[name] ** 2
    return {block: math.sqrt(square) for block, square in squares.items()}


def activation_by_block(sizes: Mapping[str, float]) -> dict[str, float]:
    """Root mean square of what comes out of each block, in network order; where the block itself was not measured, the
    largest within it. Whole sides are left out."""
    found: dict[str, float] = {}
    for name in in_network_order(name for name in sizes if name not in _SIDES):
        block = block_of(name)
        found[block] = sizes[block] if block in sizes else max(found.get(block, 0.0), sizes[name])
    return found


def stacks(blocks: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """The blocks of each stack that has two or more, in order."""
    found: dict[str, dict[str, float]] = {}
    for block, value in blocks.items():
        stack = stack_of(block)
        if stack is not None:
            found.setdefault(stack, {})[block] = value
    return {stack: members for stack, members in found.items() if len(members) > 1}


def _place_before_the_stack(name: str) -> int | None:
    """None of what comes after it."""
    _, _, inner = name.partition(".")
    first, _, number = inner.split(".")[0].partition("_")
    if first == "convolution" and number.isdigit():
        return int(number)
    part = inner.split(".")[0]
    return _BEFORE_THE_STACK.index(part) if part in _BEFORE_THE_STACK else None

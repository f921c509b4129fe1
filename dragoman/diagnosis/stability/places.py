"""The positions of layers and modules in a network, from their names: order, stack, and block."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

_BEFORE_THE_STACK = ("embedding", "embeddings", "positions", "bridge", "stem", "stem_norm")
"""Modules in front of the blocks on either side, in this order; numbered convolutions come there too."""
_SIDES = ("encoder", "decoder")


def side_of(name: str) -> str:
    """``encoder`` or ``decoder``; the name's first part if it has neither.

    >>> side_of("encoder.blocks.3.attention")
    'encoder'
    """
    return name.split(".")[0]


def stack_of(name: str) -> str | None:
    """The part before the first number, such as ``encoder.blocks``; None for a layer in no stack.

    >>> stack_of("encoder.blocks.3.attention")
    'encoder.blocks'
    """
    parts = name.split(".")
    numbers = [place for place, part in enumerate(parts) if part.isdigit()]
    return ".".join(parts[: numbers[0]]) if numbers else None


def block_of(name: str) -> str:
    """The block that a layer belongs to, such as ``encoder.blocks.3``; the name itself for a layer in no stack.

    >>> block_of("encoder.blocks.3.attention")
    'encoder.blocks.3'
    """
    stack = stack_of(name)
    return name if stack is None else ".".join(name.split(".")[: stack.count(".") + 2])


def in_network_order(names: Iterable[str]) -> list[str]:
    """The names in the order of computation: encoder before decoder, embeddings before blocks, blocks by number, output
    last, and otherwise in the order given.

    >>> in_network_order(["decoder.blocks.0", "encoder.blocks.1", "encoder.blocks.0", "encoder.embedding"])
    ['encoder.embedding', 'encoder.blocks.0', 'encoder.blocks.1', 'decoder.blocks.0']
    """
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
    """The gradient norms of whole blocks, in the order of computation, from those of their layers.

    >>> gradient_by_block({"encoder.blocks.0.first": 3.0, "encoder.blocks.0.second": 4.0})
    {'encoder.blocks.0': 5.0}
    """
    squares: dict[str, float] = {}
    for name in in_network_order(norms):
        squares[block_of(name)] = squares.get(block_of(name), 0.0) + norms[name] ** 2
    return {block: math.sqrt(square) for block, square in squares.items()}


def activation_by_block(sizes: Mapping[str, float]) -> dict[str, float]:
    """The root mean square of each block's output, in the order of computation; where the block itself was not
    measured, the largest within it. Whole encoders and decoders are left out."""
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
    """The position among the modules in front of the blocks; None for a module that comes later."""
    _, _, inner = name.partition(".")
    first, _, number = inner.split(".")[0].partition("_")
    if first == "convolution" and number.isdigit():
        return int(number)
    part = inner.split(".")[0]
    return _BEFORE_THE_STACK.index(part) if part in _BEFORE_THE_STACK else None

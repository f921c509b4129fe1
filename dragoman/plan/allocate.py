"""Registers and operands that several values share, one after the other, so that a step touches little memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dragoman.plan.program import Instruction, Kind, Routine

Values = dict[tuple[Kind, int], int]
"""For registers and operands by number: a number."""


def allocated(
    instructions: Sequence[Instruction], widths: Values, kept: Collection[tuple[Kind, int]]
) -> tuple[Routine, Values]:
    """The same instructions with few registers and operands, and the new number of each.

    A value lives from the first instruction that names it to the last; behind it, the next value of the same width
    takes its place.

    Args:
        instructions: instructions with a register or operand of its own for each value.
        widths: width of each.
        kept: those that are read after the last instruction.
    """
    last = {(kind, n): at for at, i in enumerate(instructions) for _, kind, n in i.references}
    last.update(dict.fromkeys(kept, len(instructions)))
    numbers: Values = {}
    free: dict[tuple[Kind, int], list[int]] = {}
    made: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    changed = []
    for at, instruction in enumerate(instructions):
        named = {(kind, n) for _, kind, n in instruction.references}
        for value in sorted(named - numbers.keys(), key=lambda value: (value[0].value, value[1])):
            kind, width = value[0], widths[value]
            if there := free.get((kind, width)):
                numbers[value] = there.pop()
            else:
                numbers[value] = len(made[kind])
                made[kind].append(width)
        changed.append(instruction.renumbered(numbers))
        for kind, n in named:
            if last[kind, n] == at:
                free.setdefault((kind, widths[kind, n]), []).append(numbers[kind, n])
    return Routine(tuple(changed), tuple(made[Kind.register]), tuple(made[Kind.operand])), numbers

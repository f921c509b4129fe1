"""How many operations one core multiplies a second at most, and how many a translation needs."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dragoman.plan.program import Cell, Instruction, Op, Program, Routine

SOURCE = Path(__file__).with_suffix(".cpp")
_TRIES = 3
_GRU_BEFORE_PARTS = 2
"""Matrices of the cell that resets before its product."""


def measured_limit() -> dict[str, float]:
    """Operations a second of one core by type of number, 0 where the processor has no instruction for it: the best of
    several runs of ``native_limit.cpp``, which is compiled for it."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "limit"
        subprocess.run([os.environ.get("CXX", "c++"), "-O2", "-o", str(program), str(SOURCE)], check=True)
        tries = [json.loads(subprocess.check_output([str(program)])) for _ in range(_TRIES)]
    return {number: max(found[number] for found in tries) for number in tries[0]}


@dataclass(frozen=True, slots=True)
class Operations:
    """Operations of a model's products; a multiplication and an addition are two. Attention is not counted.

    Attributes:
        encode: of each symbol of the source.
        step: of each symbol that a hypothesis reads, without the output layer.
        symbol: of the score of one symbol.
    """

    encode: float
    step: float
    symbol: float

    def of(self, positions: int, rows: int, symbols: float) -> float:
        """All operations of a translation.

        Args:
            positions: symbols of the source.
            rows: symbols that hypotheses read, of all hypotheses together.
            symbols: how many symbols are scored each time.
        """
        return self.encode * positions + rows * (self.step + self.symbol * symbols)


def operations_of(program: Program) -> Operations:
    """The operations of a program's products."""
    output = 0.0 if program.output < 0 else 2.0 * program.matrices[program.output].weight.shape[1]
    return Operations(_of_routine(program, program.encode), _of_routine(program, program.step), output)


def _of_routine(program: Program, routine: Routine) -> float:
    return sum(2.0 * program.matrices[n].weight.size for one in routine.instructions for n in _matrices(one))


def _matrices(one: Instruction) -> range:
    if one.op is Op.product:
        return range(one.matrix, one.matrix + 1)
    if one.op in (Op.cell, Op.sweep):
        return range(one.matrix, one.matrix + (_GRU_BEFORE_PARTS if one.count == Cell.gru_before else 1))
    return range(0)

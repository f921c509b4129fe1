"""How many operations a model's products take: a multiplication and an addition are two."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.plan.program import Cell, Instruction, Op, Program, Routine

_GRU_BEFORE_PARTS = 2
"""Matrices of the cell that resets before its product."""


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of a model's products. What attention computes is not counted, nor what is done once for each
    input.

    >>> Operations(encode=10.0, step=5.0, symbol=2.0).of(positions=3, rows=4, symbols=100)
    850.0

    Attributes:
        encode: operations of each symbol of the source.
        step: operations of each symbol that a hypothesis reads, without the output layer; with a preview of that, exact
            scores of its candidates are among them.
        symbol: operations of the score of one symbol, or of its preview score.
    """

    encode: float
    step: float
    symbol: float

    def of(self, positions: int, rows: int, symbols: float) -> float:
        """All operations of some translations.

        Args:
            positions: symbols of the sources.
            rows: symbols that hypotheses read, of all hypotheses together.
            symbols: how many symbols are scored each time.
        """
        return self.encode * positions + rows * (self.step + self.symbol * symbols)


def operations_of(program: Program) -> Operations:
    """The operations of a program's products."""
    encode, step = _of_routine(program, program.encode), _of_routine(program, program.step)
    symbol = 0.0 if program.output < 0 else 2.0 * program.matrices[program.output].weight.shape[1]
    if program.preview < 0:
        return Operations(encode, step, symbol)
    preview = 2.0 * program.matrices[program.preview].weight.shape[1]
    return Operations(encode, step + program.candidates * symbol, preview)


def _of_routine(program: Program, routine: Routine) -> float:
    return sum(2.0 * program.matrices[n].weight.size for one in routine.instructions for n in _matrices(one))


def _matrices(one: Instruction) -> range:
    if one.op is Op.product:
        return range(one.matrix, one.matrix + 1)
    if one.op in (Op.cell, Op.sweep):
        return range(one.matrix, one.matrix + (_GRU_BEFORE_PARTS if one.count == Cell.gru_before else 1))
    return range(0)

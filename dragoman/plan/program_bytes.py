"""A program as the bytes that the engine reads."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float

from dragoman.plan.program import WIDTH_UNIT, Instruction, Program, Routine

MAGIC = b"DRAGOMAN"
VERSION = 2
_ALIGNMENT = 64


def program_bytes(program: Program) -> bytes:
    """The bytes of a program: a header, lists of numbers, instructions of 16 words, then float32 arrays, each of which
    begins at a multiple of 64 bytes.

    All is little-endian, and depends on nothing but the program.
    """
    # Both routines are said to have as many operands as the one that has more.
    operands = max(len(program.encode.operands), len(program.step.operands))
    words = [*_header(program, operands), *program.never_written]
    words += [*program.encode.registers, *program.step.registers]
    words += [*_filled(program.encode, operands), *_filled(program.step, operands), *program.states]
    for shape in (*program.pasts, *program.memories):
        words += [shape.heads, shape.key_width, shape.value_width, int(shape.additive)]
    for matrix in program.matrices:
        outputs, inputs = matrix.weight.shape
        words += [inputs, outputs, int(matrix.bias is not None), int(matrix.keep_rows)]
    for table in program.tables:
        words += table.shape
    words += [len(vector) for vector in program.vectors]
    parts = [MAGIC, struct.pack(f"<{len(words)}i", *words)]
    parts += [_instruction(i) for routine in (program.encode, program.step) for i in routine.instructions]
    size = sum(map(len, parts))
    for array in _arrays(program):
        data = np.ascontiguousarray(array, "<f4").tobytes()
        gap = -size % _ALIGNMENT
        parts += [bytes(gap), data]
        size += gap + len(data)
    return b"".join(parts)


def _header(program: Program, operands: int) -> Iterable[int]:
    encode, step = program.encode, program.step
    return (
        VERSION,
        *(len(encode.instructions), len(step.instructions)),
        *(len(encode.registers), len(step.registers)),
        operands,
        *(len(program.matrices), len(program.tables), len(program.vectors)),
        *(len(program.states), len(program.pasts), len(program.memories)),
        *(program.output, program.output_operand),
        *(program.preview, program.preview_operand, program.candidates),
        program.result,
        *(program.start, program.end, program.symbols, program.source_symbols, len(program.never_written)),
        *(program.longest_source, program.longest_target),
        *(program.channels, program.height, program.given),
    )


def _filled(routine: Routine, operands: int) -> Iterable[int]:
    return routine.operands + (WIDTH_UNIT,) * (operands - len(routine.operands))


def _instruction(i: Instruction) -> bytes:
    s = i.shape
    return struct.pack(
        "<9if6i",
        *(i.op, i.out, i.in_, i.other, i.matrix, i.slot, i.column, i.count, i.extra),
        i.number,
        *(s.height, s.width, s.vertical_stride, s.horizontal_stride, s.vertical_padding, s.horizontal_padding),
    )


def _arrays(program: Program) -> Iterator[Float[np.ndarray, ...]]:
    for matrix in program.matrices:
        yield matrix.weight
        if matrix.bias is not None:
            yield matrix.bias
    yield from program.tables
    yield from program.vectors

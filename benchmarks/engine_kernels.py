"""What each product, operand and ranking of the native engine takes on one core, and its share of the most that the
core's products reach, which is measured beside it.

    python benchmarks/engine_kernels.py [--number int8] [--json benchmarks/results/engine_kernels.json]

Compiles ``engine_kernels.cpp`` against the engine that is built here. Processor time, the best of many short runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from dragoman.comparison.machine import describe_machine
from dragoman.native.engine_kernels import Number
from dragoman.native.library import load, present

SOURCE = Path(__file__).with_suffix(".cpp")
COLUMNS = ("kernels", "what", "rows", "inputs", "outputs", "nanoseconds", "operations", "share")


def measured(numbers: list[Number]) -> list[dict[str, str | float]]:
    """One entry for each measurement: its shape, nanoseconds, G operations a second, and the share of the limit."""
    library = Path(present(load("engine"))._name)
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "engine_kernels"
        compiler = os.environ.get("CXX", "c++")
        flags = ["-O2", "-std=c++17", "-Wno-psabi", f"-Wl,-rpath,{library.parent}"]
        subprocess.run([compiler, *flags, "-o", str(program), str(SOURCE), str(library)], check=True)
        lines = subprocess.check_output(
            [str(program), *(str(int(number)) for number in numbers)], text=True
        ).splitlines()
    found: list[dict[str, str | float]] = []
    for line in lines[1:]:
        values = line.split("\t")
        found.append(dict(zip(COLUMNS, [*values[:2], *map(float, values[2:])], strict=True)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", choices=[number.name.lower() for number in Number], action="append")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    names = arguments.number or ["int8", "bfloat16", "float32"]
    rows = measured([Number[name.upper()] for name in names])
    for row in rows:
        shape = f"{row['rows']:.0f} x {row['inputs']:.0f} x {row['outputs']:.0f}"
        print(f"{row['kernels']:32s} {row['what']:18s} {shape:18s} {row['nanoseconds']:12.1f} ns {row['share']:7.1%}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": describe_machine(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""``dragoman doctor``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dragoman.diagnosis.machine.diagnosis import Diagnosis


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Measure speeds, which takes some seconds.")
    ] = True,
) -> None:
    """Say what this machine can do, which kernels run, how fast they are, and what is amiss."""
    from dragoman.diagnosis.machine.diagnosis import diagnose

    diagnosis = diagnose(measure=measure)
    if as_json:
        print(json.dumps(diagnosis.as_json(), indent=2))
        return
    for label, text in _rows(diagnosis):
        print(f"{label:<18}{text}")
    for complaint in diagnosis.complaints:
        print(f"\nWarning: {complaint.what}\nRemedy: {complaint.remedy}")


def _rows(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    processor, software = diagnosis.processor, diagnosis.software
    yield "processor", f"{processor.name}, {processor.architecture}"
    yield "has", ", ".join(name for name, there in processor.features.items() if there) or "none that matter"
    yield "lacks", ", ".join(name for name, there in processor.features.items() if not there) or "nothing that matters"
    yield "cores", f"{processor.cores}, of them usable {processor.usable_cores}; threads {processor.threads}"
    available = "" if processor.available_gib is None else f", available {processor.available_gib} GiB"
    yield "memory", f"{processor.memory_gib} GiB{available}"
    yield "allocator", software.allocator
    for name, value in software.allocator_settings.items():
        yield "", f"{name}={value}"
    yield "python", software.python
    for name, version in software.versions.items():
        yield name, version or "not installed"
    for name, missing in software.extras.items():
        remedy = f"not installed ({', '.join(missing)}): run `pip install 'dragoman[{name}]'`"
        yield f"extra {name}", remedy if missing else "installed"
    yield "auto means", f"{diagnosis.device}, {diagnosis.precision}"
    for name, state in diagnosis.libraries.items():
        yield f"{name} kernels", f"native, {state.runs_in}" if state.loaded else f"not used: {state.reason}"
        for kernels in state.sets:
            yield "", kernels
    for name, peak in diagnosis.peaks.items():
        yield "matrix product", f"{peak:8,.1f} G operations/s  {name}"
    for name, speed in diagnosis.kernels.items():
        ratio = speed.torch / speed.native
        yield "kernel", f"{speed.native:8,.1f} µs, PyTorch {speed.torch:8,.1f} µs, {ratio:4.1f} times  {name}"

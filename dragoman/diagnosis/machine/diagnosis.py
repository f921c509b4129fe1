"""What determines how fast Dragoman is on a machine, and what is wrong there."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch

from dragoman.diagnosis.machine.kernels import KernelSpeed, LibraryState, kernel_speeds, library_states
from dragoman.diagnosis.machine.peaks import matrix_product_peaks
from dragoman.diagnosis.machine.processor import Processor, examine_processor
from dragoman.diagnosis.machine.software import Software, examine_software
from dragoman.reports.shown import Shown, Summary
from dragoman.training.precision import choose_hardware

_LITTLE_MEMORY_GIB = 1.0
_BUSY = 0.5
"""Load of other processes, in cores, from which measurements are disturbed."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A fault of the machine or of its installation.

    Attributes:
        what: the fault as a sentence.
        remedy: what to do about it.
    """

    what: str
    remedy: str


@dataclass(frozen=True, slots=True, repr=False)
class Diagnosis(Shown):
    """What a machine is, and what runs on it.

    Attributes:
        processor: the processor and its memory.
        software: versions of what is installed.
        libraries: state of each library of native kernels, by name.
        device: device that ``auto`` means here.
        precision: training precision that ``auto`` means here.
        peaks: speed of matrix products in billions of operations per second, by number format; empty if not measured.
        kernels: speed of native kernels beside PyTorch's; empty if there are none or they were not measured.
    """

    processor: Processor
    software: Software
    libraries: dict[str, LibraryState]
    device: str
    precision: str
    peaks: dict[str, float]
    kernels: dict[str, KernelSpeed]

    @property
    def complaints(self) -> list[Complaint]:
        """The faults, the gravest first."""
        found = [*_software_complaints(self.software)]
        for name, state in self.libraries.items():
            if not state.loaded:
                what = f"the native {name} kernels are not used, so that PyTorch or Python does their work"
                found.append(Complaint(what, f"{state.reason}."))
        return found + _processor_complaints(self.processor)

    def summary(self) -> Summary:
        """A short summary of the diagnosis."""
        complaints = {f"complaint {number}": it.what for number, it in enumerate(self.complaints, start=1)}
        return Summary(f"trains on {self.device} with {self.precision}", complaints)

    def as_json(self) -> dict[str, object]:
        """The diagnosis as a dictionary that JSON can represent."""
        return {**asdict(self), "complaints": [asdict(warning) for warning in self.complaints]}


def diagnose(*, measure: bool = True) -> Diagnosis:
    """Examine this machine.

    Args:
        measure: whether to measure speeds, which takes some seconds.

    >>> found = diagnose(measure=False)
    >>> found.processor.usable_cores >= 1, found.peaks
    (True, {})
    """
    processor = examine_processor()  # before any measurement loads the cores
    hardware = choose_hardware("auto", "auto", 0)
    kernels = kernel_speeds(hardware.dtype if hardware.device.type == "cpu" else torch.float32) if measure else {}
    return Diagnosis(
        processor=processor,
        software=examine_software(),
        libraries=library_states(),
        device=str(hardware.device),
        precision=str(hardware.dtype).removeprefix("torch."),
        peaks=matrix_product_peaks() if measure else {},
        kernels=kernels,
    )


def _software_complaints(software: Software) -> list[Complaint]:
    if software.torch_fits:
        return []
    found, wanted = software.versions["torch"], software.torch_wanted
    return [
        Complaint(f"PyTorch is {found}, and dragoman is tested with {wanted}", f"run `pip install 'torch{wanted}'`.")
    ]


def _processor_complaints(processor: Processor) -> list[Complaint]:
    found = []
    if processor.threads > processor.usable_cores:
        what = f"PyTorch computes with {processor.threads} threads on {processor.usable_cores} cores"
        found.append(
            Complaint(what, f"set OMP_NUM_THREADS={processor.usable_cores}, or training.threads in the recipe.")
        )
    if processor.load is not None and processor.load > processor.cores - processor.threads + _BUSY:
        what = f"other processes are busy: on average {processor.load} wanted one of the {processor.cores} cores"
        remedy = "stop them, or leave them a core (training.threads): all threads wait for one that has none."
        found.append(Complaint(what, remedy))
    if processor.available_gib is not None and processor.available_gib < _LITTLE_MEMORY_GIB:
        what = f"{processor.available_gib} GiB of memory are available"
        found.append(Complaint(what, "close other programs, or lower training.batch.tokens."))
    return found

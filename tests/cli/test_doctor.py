from __future__ import annotations

import json

import pytest
import torch

from dragoman.diagnosis.machine import diagnosis as diagnosis_module
from dragoman.diagnosis.machine.diagnosis import diagnose
from dragoman.diagnosis.machine.kernels import LibraryState, kernel_speeds
from dragoman.diagnosis.machine.peaks import matrix_product_peaks
from dragoman.diagnosis.machine.software import PACKAGES, within
from dragoman.native.engine_kernels import kernels_here
from dragoman.native.library import INTERFACES


def test_it_says_what_runs_here(run) -> None:
    status, output, _ = run("doctor", "--no-measure")
    assert status == 0
    for name in INTERFACES:
        assert f"{name} kernels" in output
    assert all(kernels in output for kernels in kernels_here())
    assert "extra plots       installed" in output
    assert f"threads {torch.get_num_threads()}" in output
    assert torch.__version__ in output
    assert "matrix product" not in output


def test_as_json(run) -> None:
    status, output, _ = run("doctor", "--no-measure", "--json")
    found = json.loads(output)
    assert status == 0
    assert found["processor"]["threads"] == torch.get_num_threads()
    assert set(found["software"]["versions"]) == set(PACKAGES)
    assert set(found["libraries"]) == set(INTERFACES)
    assert found["precision"] in ("float32", "bfloat16", "float16")
    assert found["peaks"] == found["kernels"] == {}


def test_what_is_amiss_is_said_with_its_remedy(run, monkeypatch: pytest.MonkeyPatch) -> None:
    off = LibraryState(False, "not built: install a C++ compiler, then install dragoman again")
    monkeypatch.setattr(diagnosis_module, "library_states", lambda: {"training": off})
    monkeypatch.setattr("os.getloadavg", lambda: (99.0, 99.0, 99.0))
    monkeypatch.setattr("dragoman.diagnosis.machine.software._version", lambda package: "1.0.0+cpu")
    _, output, _ = run("doctor", "--no-measure")
    assert "training kernels  not used: not built" in output
    assert "Remedy: not built: install a C++ compiler" in output
    assert "on average 99.0 wanted one of the" in output
    assert "Warning: PyTorch is 1.0.0+cpu, and dragoman is tested with" in output
    assert "Remedy: run `pip install 'torch" in output


def test_threads_and_memory_that_do_not_fit_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.get_num_threads", lambda: 10_000)
    monkeypatch.setattr("dragoman.diagnosis.machine.processor._available_gib", lambda: 0.2)
    said = " ".join(complaint.what for complaint in diagnose(measure=False).complaints)
    assert "computes with 10000 threads on" in said
    assert "0.2 GiB of memory are available" in said


def test_a_build_for_another_device_is_the_same_version() -> None:
    software = diagnose(measure=False).software
    assert software.torch_fits == within(torch.__version__.partition("+")[0], software.torch_wanted)


def test_speeds_are_measured() -> None:
    before = torch.backends.mkldnn.matmul.fp32_precision
    peaks = matrix_product_peaks(seconds=0.0)
    assert set(peaks) == {"float32", "bfloat16", "int8", "float32 through oneDNN"}
    assert all(peak > 0 for peak in peaks.values())
    assert torch.backends.mkldnn.matmul.fp32_precision == before
    for speed in kernel_speeds(torch.float32, seconds=0.0).values():
        assert speed.native > 0
        assert speed.torch > 0

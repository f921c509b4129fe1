"""The device on which a model computes."""

from __future__ import annotations

import torch

from dragoman.errors import UnsupportedError


def choose_device(name: str) -> torch.device:
    """The device of this name; ``auto`` prefers CUDA, then MPS, then the CPU.

    >>> choose_device("cpu")
    device(type='cpu')

    Raises:
        UnsupportedError: if this machine or build of PyTorch has no such device.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, present in available.items() if present))
    if not available.get(name):
        raise UnsupportedError(f"this machine has no device `{name}`", remedy='use `device = "auto"`.')
    return torch.device(name)

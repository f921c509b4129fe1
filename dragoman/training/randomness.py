"""The seeds of the forward pass: functions of the mini-batch that is computed, not of what was drawn before."""

from __future__ import annotations

import numpy as np
import torch


def seed_mini_batch(seed: int, update: int, place: int) -> None:
    """Seed PyTorch's global generators for one mini-batch: the same draws whichever process computes it, and whether
    or not the run was resumed in between.

    Args:
        seed: the seed that the recipe gives.
        update: number of the update, from 1.
        place: number of the mini-batch among those of the update, from 0.
    """
    seed_generators(int(np.random.SeedSequence([seed, update, place]).generate_state(1, np.uint64)[0]))


def seed_generators(seed: int) -> None:
    """Seed the generators of all devices that are in use, as ``torch.manual_seed`` does.

    For each kind of device that was never used, ``torch.manual_seed`` keeps a call with its stack trace for later,
    which takes longer than the update of a small model, and memory without end.
    """
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]  # it has no types
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)

"""Randomness of the forward pass as a function of what is computed, not of what was drawn before."""

from __future__ import annotations

import numpy as np
import torch


def seed_mini_batch(seed: int, update: int, place: int) -> None:
    """Seed PyTorch's global generators for one mini-batch: the same draws whichever process computes it, and whether
    or not the run was resumed in between.

    Args:
        seed: the recipe's.
        update: from 1.
        place: of the mini-batch among those of the update, from 0.
    """
    torch.manual_seed(int(np.random.SeedSequence([seed, update, place]).generate_state(1, np.uint64)[0]))

"""Runs as evidence, healthy unless something is planted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dragoman.diagnosis.stability.read import StabilityEvidence
from dragoman.recipe import Recipe, recipe_from
from dragoman.training.observer import RewindRecord, SkipRecord, StabilityRecord

TRANSFORMER: dict[str, Any] = {"layers": 4, "width": 32, "heads": 2}
LAYERS = [f"{side}.blocks.{block}.feed_forward" for side in ("encoder", "decoder") for block in range(4)]
CELLS = ("encoder.layers.layers.0.cell", "decoder.layers.layers.0.cell")


def recipe(encoder: dict[str, Any] | None = None, decoder: dict[str, Any] | None = None, **training: Any) -> Recipe:
    """Transformers, unless other parts are given."""
    parts = {"encoder": encoder or TRANSFORMER, "decoder": decoder or TRANSFORMER}
    settings = {"updates": 1000, "schedule": {"warmup": 50}, **training}
    return recipe_from({"model": parts, "training": settings})


def recurrent(kind: str, attention: str = "additive", **training: Any) -> Recipe:
    """An encoder and a decoder of one kind of cell."""
    return recipe({"kind": kind, "width": 16}, {"kind": kind, "width": 16, "attention": attention}, **training)


def losses(updates: int = 1000, seed: int = 0, noise: float = 0.1) -> np.ndarray:
    """From 6 down to 2, with noise."""
    random = np.random.default_rng(seed)
    falling = 2 + 4 * np.exp(-np.arange(updates) / (updates / 5))
    return falling * (1 + noise * random.standard_normal(updates))


def history(loss: np.ndarray, norm: np.ndarray | float = 0.8, seed: int = 0) -> pd.DataFrame:
    """The rows of updates."""
    spread = np.exp(0.3 * np.random.default_rng(seed).standard_normal(len(loss)))
    return pd.DataFrame(
        {
            "update": np.arange(1, len(loss) + 1),
            "loss": loss,
            "gradient_norm": norm * spread,
            "learning_rate": np.full(len(loss), 1e-3),
        }
    )


def look(update: int, **changes: Any) -> StabilityRecord:
    """What a healthy Transformer shows."""
    healthy = StabilityRecord(
        update=update,
        gradient_norm=dict.fromkeys(LAYERS, 0.3),
        largest_gradient_norm=dict.fromkeys(LAYERS, 0.6),
        update_ratio=dict.fromkeys(LAYERS, 2e-3),
        activation={**dict.fromkeys(LAYERS, 1.0), "encoder": 1.0, "decoder": 1.0},
        dead=dict.fromkeys(LAYERS, 0.02),
        saturated={},
        attention_logit={"encoder.blocks.0.attention": 8.0, "decoder.blocks.3.cross_attention": 9.0},
        through_time={},
        growth={},
    )
    return replace(healthy, **changes)


def looks(count: int = 9, **changes: Any) -> tuple[StabilityRecord, ...]:
    """At update 1 and every hundred, all with the same changes."""
    return tuple(look(max(1, 100 * number), **changes) for number in range(count))


def through_time(growth: float, steps: int = 40, cells: tuple[str, ...] = CELLS) -> dict[str, Any]:
    """The fields of a look at cells whose gradient changes by a factor e^growth per step back."""
    norms = tuple(float(np.exp(growth * step)) for step in range(steps + 1))
    return {"through_time": dict.fromkeys(cells, norms), "growth": dict.fromkeys(cells, growth)}


def skip(update: int, stage: str | None = "output", module: str | None = "decoder.norm", **changes: Any) -> SkipRecord:
    """An update that was not made."""
    lines = ("train.de:17",)
    return replace(SkipRecord(update, float("nan"), float("nan"), stage, module, lines, None), **changes)


def rewind(update: int, back_to: int) -> RewindRecord:
    """With half the learning rate."""
    return RewindRecord(update, back_to, "3 updates of 100 were skipped", 0.5)


def evidence(**changes: Any) -> StabilityEvidence:
    """A healthy Transformer's."""
    healthy = StabilityEvidence("run", recipe(), history(losses()), looks(), (), (), ())
    return replace(healthy, **changes)

"""Whether training is stable: how strongly units respond, and what reaches them backwards, now and then."""

from __future__ import annotations

from dragoman.training.stability.monitor import StabilityMonitor

__all__ = ["StabilityMonitor"]

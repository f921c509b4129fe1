"""The stability monitor: how strongly units respond, and how gradients reach them, measured at some updates."""

from __future__ import annotations

from dragoman.training.stability.monitor import StabilityMonitor

__all__ = ["StabilityMonitor"]

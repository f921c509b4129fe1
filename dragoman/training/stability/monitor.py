"""The stability monitor: measurements inside the model at some updates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import AnyBatch
from dragoman.model.build import Model
from dragoman.training.observer import StabilityRecord
from dragoman.training.parameters import FlatParameters
from dragoman.training.stability.activity import Watched, watch
from dragoman.training.stability.layers import Layers
from dragoman.training.stability.recurrent_gain import Gains
from dragoman.training.stability.through_time import Traces, trace


@dataclass(frozen=True, slots=True)
class _Look:
    """What was measured before an update.

    Attributes:
        update: number of the update.
        activity: activity of the units.
        traces: gradients through time.
        gains: gains of the recurrent weights.
        weights: the weights before the update.
    """

    update: int
    activity: Watched
    traces: Traces
    gains: Float[Tensor, " C"]
    weights: Float[Tensor, " P"]


class StabilityMonitor:
    """A monitor of training that measures whether it is stable, without changing a bit of weights, gradients,
    statistics or random state.

    It measures at update 1 and then at every ``every``-th. Units and gradients through time are measured before the
    update, on batches that stay the same.

    Args:
        model: the model that is trained.
        parameters: the weights of the model.
        batches: a few small batches of the training set, of some hundred target tokens in all.
        every: number of updates from one measurement to the next.
    """

    def __init__(self, model: Model, parameters: FlatParameters, batches: Sequence[AnyBatch], every: int) -> None:
        self._model = model
        self._parameters = parameters
        self._batches: list[AnyBatch] = [batch.to(model.device) for batch in batches]
        self._every = every
        self._layers = Layers(parameters.map)
        self._gains = Gains(model)
        self._look: _Look | None = None
        self._sum, self._largest, self._count = self._nothing()

    def before_update(self, update: int) -> None:
        """Measure units and gradients, if update number ``update`` (from 1) is due."""
        self._look = None
        if update == 1 or update % self._every == 0:
            activity, traces = watch(self._model, self._batches), trace(self._model, self._batches)
            self._look = _Look(update, activity, traces, self._gains.now(), self._parameters.master.clone())

    def after_update(self, update: int, gradient_norms: Sequence[float]) -> StabilityRecord | None:
        """Take in an update, and return the record if one was due.

        Args:
            update: number of the update.
            gradient_norms: norms of the parameters' gradients before clipping, in the order of the map's places. If
                they are not finite, the update was skipped and they are left out.
        """
        norms = self._layers.join(gradient_norms)
        if np.isfinite(norms).all():
            self._sum += norms
            self._largest = np.maximum(self._largest, norms)
            self._count += 1
        look, self._look = self._look, None
        if look is None or look.update != update:
            return None
        activity, traces = look.activity.read(), look.traces.read()
        count = max(self._count, 1)
        record = StabilityRecord(
            update=update,
            gradient_norm=self._by_name(self._sum / count),
            largest_gradient_norm=self._by_name(self._largest),
            update_ratio=self._by_name(self._ratios(look.weights)),
            activation=activity.activation,
            dead=activity.dead,
            saturated=activity.saturated,
            attention_logit=activity.attention_logit,
            through_time=traces.through_time,
            growth=traces.growth,
            recurrent_gain=self._gains.read(look.gains),
        )
        self._sum, self._largest, self._count = self._nothing()
        return record

    def _nothing(self) -> tuple[Float[np.ndarray, " L"], Float[np.ndarray, " L"], int]:
        """The sum, the maximum and the number of no norms."""
        layers = len(self._layers.names)
        return np.zeros(layers), np.zeros(layers), 0

    def _ratios(self, before: Float[Tensor, " P"]) -> Float[np.ndarray, " L"]:
        """The ratio ‖Δw‖ / ‖w‖ of each layer; if its weights were all 0, ‖w‖ is taken after the update."""
        after = self._parameters.master
        of_before = self._layers.norms(before)
        of_after = self._layers.norms(after)
        of_change = self._layers.norms(before.sub_(after))
        old, new, change = (self._layers.join(row) for row in torch.stack([of_before, of_after, of_change]).tolist())
        old = np.where(old > 0, old, new)
        return np.divide(change, old, out=np.zeros_like(change), where=old > 0)

    def _by_name(self, values: Float[np.ndarray, " L"]) -> dict[str, float]:
        return dict(zip(self._layers.names, values.tolist(), strict=True))

"""Parts of a model's flat weights that an optimizer treats alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from dragoman.model.hidden_matrices import HiddenMatrix
from dragoman.training.muon import MatrixPlace
from dragoman.training.parameters import FlatParameters, ParameterPlace

Group = dict[str, Any]
"""What an optimizer of PyTorch knows of some parameters, by name."""


def decay_groups(parameters: FlatParameters, strength: float) -> list[Group]:
    """The two groups of an AdamW optimizer (Loshchilov & Hutter 2019, algorithm 2): matrices decay, vectors do not."""
    decayed = parameters.map.decayed
    return [_group(parameters, 0, decayed, strength), _group(parameters, decayed, parameters.map.size, 0.0)]


def muon_groups(
    parameters: FlatParameters, hidden: Sequence[HiddenMatrix], strength: float
) -> tuple[list[Group], list[Group]]:
    """The groups of :class:`~dragoman.training.muon.Muon`, and those of its AdamW: each a stretch of the flat weights.
    All matrices decay.

    Args:
        parameters: the flat weights.
        hidden: the matrices that Muon is for.
        strength: strength λ of weight decay.
    """
    parts = {matrix.name: matrix.parts for matrix in hidden}
    of_muon: list[Group] = []
    of_adam: list[Group] = []
    for stretch in _stretches(parameters, parts):
        begin, end = stretch[0].begin, stretch[-1].end
        if stretch[0].name in parts:
            places = [place for one in stretch for place in _matrices(one, parts[one.name], begin)]
            of_muon.append({**_group(parameters, begin, end, strength), "places": places})
        else:
            of_adam.append(_group(parameters, begin, end, strength if begin < parameters.map.decayed else 0.0))
    return of_muon, of_adam


def _group(parameters: FlatParameters, begin: int, end: int, decay: float) -> Group:
    weights = torch.nn.Parameter(parameters.master[begin:end])
    weights.grad = parameters.gradient[begin:end]
    return {"params": [weights], "weight_decay": decay}


def _stretches(parameters: FlatParameters, hidden: dict[str, int]) -> list[list[ParameterPlace]]:
    """Neighbouring parameters that one group can hold."""
    stretches: list[list[ParameterPlace]] = []
    kind = None
    for place in parameters.map.places:
        its = (place.name in hidden, place.begin < parameters.map.decayed)
        if its == kind:
            stretches[-1].append(place)
        else:
            stretches.append([place])
        kind = its
    return stretches


def _matrices(place: ParameterPlace, parts: int, begin: int) -> list[MatrixPlace]:
    """The matrices of one parameter, placed from the beginning of its group on."""
    numbers = (place.end - place.begin) // parts
    rows = place.shape[0] // parts
    return [MatrixPlace(place.begin - begin + part * numbers, rows, numbers // rows) for part in range(parts)]

"""All weights of a model in one flat tensor: one optimizer call, one norm, one copy, whatever the number of layers."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)

# Every parameter begins at a multiple of this many numbers, so that kernels find it aligned in every precision.
_ALIGNMENT = 32


@dataclass(frozen=True, slots=True)
class ParameterPlace:
    """Where one parameter lies in the flat tensor.

    Attributes:
        name: name of the parameter, as ``named_parameters`` gives it.
        shape: shape of the parameter.
        begin: index of its first number in the flat tensor.
    """

    name: str
    shape: tuple[int, ...]
    begin: int

    @property
    def end(self) -> int:
        """The index after the parameter's last number."""
        return self.begin + torch.Size(self.shape).numel()


@dataclass(frozen=True, slots=True)
class ParameterMap:
    """The places of all parameters: matrices first, then vectors, so that all that decays is one slice.

    Attributes:
        places: the place of each parameter, in the order of the flat tensor.
        decayed: number of numbers in the slice of matrices, which weight decay applies to.
        size: number of all numbers, gaps for alignment included.
    """

    places: tuple[ParameterPlace, ...]
    decayed: int
    size: int

    @classmethod
    def of(cls, model: nn.Module) -> ParameterMap:
        """The map of a model's parameters; one that several modules share has one place."""
        named = list(model.named_parameters())
        matrices = [(name, p) for name, p in named if p.ndim >= 2]
        vectors = [(name, p) for name, p in named if p.ndim < 2]
        places, begin, decayed = [], 0, 0
        for group in (matrices, vectors):
            for name, parameter in group:
                places.append(ParameterPlace(name, tuple(parameter.shape), begin))
                begin += -(-parameter.numel() // _ALIGNMENT) * _ALIGNMENT
            decayed = decayed or begin
        return cls(tuple(places), decayed, begin)

    def attach(self, model: nn.Module, flat: Float[Tensor, " P"]) -> None:
        """Make every parameter of ``model`` a view of ``flat``."""
        parameters = dict(model.named_parameters())
        for place in self.places:
            parameters[place.name].data = flat[place.begin : place.end].view(place.shape)

    def attach_gradients(self, model: nn.Module, flat: Float[Tensor, " P"]) -> None:
        """Make the gradient of every parameter of ``model`` a view of ``flat``."""
        parameters = dict(model.named_parameters())
        for place in self.places:
            parameters[place.name].grad = flat[place.begin : place.end].view(place.shape)


class FlatParameters:
    """A model's weights as one float32 tensor, and the copy that the model computes with.

    >>> model = nn.Linear(4, 3)
    >>> parameters = FlatParameters(model, torch.float32, torch.device("cpu"))
    >>> [(place.name, place.shape, place.begin) for place in parameters.map.places]
    [('weight', (3, 4), 0), ('bias', (3,), 32)]
    >>> parameters.zero_gradient()
    >>> model(torch.ones(1, 4)).sum().backward()
    >>> parameters.collect_gradient()
    >>> parameters.gradient.sum()  # ∂(Σy)/∂W = 1 for 12 weights, ∂(Σy)/∂b = 1 for 3
    tensor(15.)

    Args:
        model: the model, whose parameters become views of flat tensors; it computes in ``dtype`` from now on.
        dtype: precision of the forward and backward pass.
        device: the device that the flat tensors lie on.

    Attributes:
        master: the float32 weights, which the optimizer changes.
        gradient: the float32 gradient of the loss with respect to ``master``.
    """

    def __init__(self, model: nn.Module, dtype: torch.dtype, device: torch.device) -> None:
        self.map = ParameterMap.of(model)
        self.master = torch.zeros(self.map.size, device=device)
        for place, parameter in zip(self.map.places, _in_order(model, self.map), strict=True):
            self.master[place.begin : place.end] = parameter.detach().reshape(-1).to(device)
        self.gradient = torch.zeros_like(self.master)
        self._same = dtype == torch.float32
        self._compute = self.master if self._same else self.master.to(dtype)
        self._raw_gradient = self.gradient if self._same else torch.zeros_like(self._compute)
        self._gradients = [self.gradient[place.begin : place.end] for place in self.map.places]
        begins = [place.begin for place in self.map.places]
        self._bounds = torch.tensor([*begins, self.map.size]) // _ALIGNMENT
        self.map.attach(model, self._compute)
        self.map.attach_gradients(model, self._raw_gradient)

    def zero_gradient(self) -> None:
        """Set the gradient to 0, before the first backward pass of an update."""
        self.gradient.zero_()

    def collect_gradient(self) -> None:
        """Add the model's gradient to ``gradient`` in float32, after each backward pass."""
        if not self._same:
            self.gradient += self._raw_gradient
            self._raw_gradient.zero_()

    def gradient_norms(self) -> Float[Tensor, " places"]:
        """The Euclidean norm of each parameter's gradient, in the order of the map, in float64 on a processor."""
        if self.gradient.device.type != "cpu":
            return torch.stack(torch._foreach_norm(self._gradients))
        # Two calls whatever the number of places, and the same bits whatever the number of threads.
        squares = torch.linalg.vector_norm(self.gradient.view(-1, _ALIGNMENT), dim=1).double().square_()
        return torch.segment_reduce(squares, "sum", offsets=self._bounds, initial=0.0).sqrt_()

    def publish(self) -> None:
        """Let the model compute with ``master`` after that has changed."""
        if not self._same:
            self._compute.copy_(self.master)

    def twin(self, model: Model, flat: Float[Tensor, " P"]) -> Model:
        """A second model of the same architecture whose weights are views of ``flat``, in evaluation mode. Both
        share the buffers, such as the running statistics of batch normalisation."""
        shared = {id(buffer): buffer for buffer in model.buffers()}
        other = copy.deepcopy(model, shared)
        for parameter in other.parameters():
            parameter.grad = None
            parameter.requires_grad_(False)
        self.map.attach(other, flat)
        return other.eval()


def _in_order(model: nn.Module, places: ParameterMap) -> list[Tensor]:
    parameters = dict(model.named_parameters())
    return [parameters[place.name] for place in places.places]

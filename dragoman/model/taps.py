"""Looking inside a model while it computes: which module is called with what, and what it returns.

Describing a model, measuring how its units respond, following gradients back through time, and finding the first number
that is not finite all look at the same thing, the calls of its modules. They differ in what they note, so each is a
:class:`Tap`, and :func:`tapped` connects it to a model for a while.

Where a fast path computes several steps in one kernel, the steps between cannot be seen. :func:`unrolled` makes
recurrent cells compute step by step, and :func:`~dragoman.native.library.without_kernels` keeps native code out.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from dragoman.contracts import Memory
from dragoman.layers.recurrent.cell import CellState, RecurrentCell
from dragoman.layers.recurrent.steps import run_steps


@dataclass(eq=False, slots=True)
class Call:
    """A method of a module that was called.

    Attributes:
        module: The name of the module, as ``named_modules`` gives it; empty for the model itself.
        method: The name of the method, such as ``forward`` or ``step``.
        arguments: The positional arguments. A tap may replace them before the method runs.
        named: The keyword arguments. A tap may replace them too.
        caller: The call that made this one; None if it came from outside the model.
    """

    module: str
    method: str
    arguments: tuple[object, ...]
    named: dict[str, object]
    caller: Call | None


class Tap:
    """Observes the calls of a model's modules. Every method does nothing; override those that are needed."""

    def before(self, call: Call) -> None:
        """Called before a method runs."""

    def after(self, call: Call, result: object) -> object:
        """Called after a method has returned.

        Returns:
            The value that its caller gets: ``result``, or a replacement.
        """
        return result

    def computed(
        self,
        call: Call,
        function: Callable[..., object],
        arguments: tuple[object, ...],
        named: Mapping[str, object],
        result: object,
    ) -> None:
        """Called after a function of PyTorch was used.

        Args:
            call: The innermost call that was running.
            function: The function, one of those that :func:`tapped` was given.
            arguments: The positional arguments of the function.
            named: The keyword arguments of the function.
            result: The result of the function.
        """


@contextmanager
def tapped(
    model: nn.Module,
    tap: Tap,
    *,
    methods: Collection[str] | None = ("forward",),
    functions: Collection[Callable[..., object]] = (),
) -> Iterator[None]:
    """Connect a tap to a model during the block; the model computes the same unless the tap changes something.

    Args:
        model: The model, whose modules are observed, itself included.
        tap: The tap, whose methods are called.
        methods: The methods whose calls are observed, where a module has them; None for ``forward`` and every public
            method that a module's own classes define, since some compute by these, such as a decoder's ``loss``.
        functions: The functions of PyTorch that are observed where they are used within such a call.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> class Shapes(Tap):
        ...     def after(self, call, result):
        ...         print(call.module or "model", tuple(result.shape))
        ...         return result
        >>> model = nn.Sequential(nn.Linear(3, 5), nn.ReLU())
        >>> with tapped(model, Shapes()):
        ...     _ = model(torch.zeros(2, 3))
        0 (2, 5)
        1 (2, 5)
        model (2, 5)
    """
    running: list[Call] = []
    with ExitStack() as stack:
        for name, module in model.named_modules():
            for method in _methods_of(module, methods):
                stack.enter_context(replaced(module, method, _told(tap, running, name, module, method)))
        if functions:
            stack.enter_context(_Functions(tap, running, functions))
        yield


def recurrent_cells(model: nn.Module) -> dict[str, RecurrentCell]:
    """The recurrent cells of a model, by name."""
    return {name: module for name, module in model.named_modules() if isinstance(module, RecurrentCell)}


@contextmanager
def unrolled(cells: Iterable[RecurrentCell]) -> Iterator[None]:
    """During the block, these recurrent cells compute by their ``step``, without a fused kernel."""
    with ExitStack() as stack:
        for cell in cells:
            stack.enter_context(replaced(cell, "forward", functools.partial(_by_steps, cell)))
        yield


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """During the block, every module is in evaluation mode; afterwards each has its own mode again."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def replaced(module: object, name: str, method: Callable[..., object]) -> Iterator[None]:
    """During the block, this module alone has another ``method`` of that name; others of its class keep theirs."""
    before = vars(module).get(name)
    vars(module)[name] = method
    try:
        yield
    finally:
        if before is None:
            del vars(module)[name]
        else:
            vars(module)[name] = before


def states_of(output: object) -> Tensor | None:
    """The first result of a module: the states of a memory, the first of several results, or the result itself; None if
    that is no tensor."""
    states = output.states if isinstance(output, Memory) else output
    first = states[0] if isinstance(states, tuple) else states
    return first if isinstance(first, Tensor) else None


def with_tensors(value: object, change: Callable[[Tensor], Tensor]) -> object:
    """A value in which every tensor of real numbers is changed, also inside lists, tuples, dicts and dataclasses.

    Args:
        value: An argument or a result of a module.
        change: The function from a tensor to its replacement; it returns the tensor itself where nothing changes.

    Returns:
        The same object if no tensor in it changed and it is no list, tuple or dict.
    """
    if isinstance(value, Tensor):
        return change(value) if value.is_floating_point() else value
    if isinstance(value, dict):
        return {key: with_tensors(part, change) for key, part in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(with_tensors(part, change) for part in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
        changed = {name: with_tensors(part, change) for name, part in parts.items()}
        if any(changed[name] is not part for name, part in parts.items()):
            return dataclasses.replace(value, **changed)
    return value


def with_gradient_hook(values: Tensor, hook: Callable[[Tensor | None], None]) -> Tensor:
    """A view of a tensor, of whose gradient ``hook`` gets the part that comes from the users of the view; the tensor
    itself if it has no gradient, or is a leaf."""
    if not values.requires_grad or values.is_leaf:
        return values
    view = values.view_as(values)
    view.register_hook(hook)  # type: ignore[no-untyped-call]
    return view


def public_methods(kind: type) -> set[str]:
    """The public methods that a module's own classes define, without those of PyTorch's classes."""
    own = kind.__mro__[: kind.__mro__.index(nn.Module)]
    return {
        name
        for base in own
        if base.__module__.split(".")[0] != "torch"
        for name, member in vars(base).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


def _methods_of(module: nn.Module, methods: Collection[str] | None) -> Iterable[str]:
    if methods is None:
        return {"forward", *public_methods(type(module))}
    return [method for method in methods if callable(getattr(module, method, None))]


def _told(tap: Tap, running: list[Call], name: str, module: nn.Module, method: str) -> Callable[..., object]:
    """The method of a module, with calls of the tap around it."""
    plain = getattr(module, method)

    def told(*arguments: object, **named: object) -> object:
        call = Call(name, method, arguments, named, running[-1] if running else None)
        tap.before(call)
        running.append(call)
        try:
            result = plain(*call.arguments, **call.named)
        finally:
            running.pop()
        return tap.after(call, result)

    return told


class _Functions(TorchFunctionMode):
    """Calls a tap for functions of PyTorch."""

    def __init__(self, tap: Tap, running: list[Call], functions: Collection[Callable[..., object]]) -> None:
        super().__init__()
        self._tap = tap
        self._running = running
        self._functions = frozenset(functions)

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        result = func(*args, **(kwargs or {}))
        if self._running and func in self._functions:
            self._tap.computed(self._running[-1], func, args, kwargs or {}, result)
        return result


def _by_steps(
    cell: RecurrentCell, x: Float[Tensor, "N E"], sizes: Int[Tensor, " L"], state: CellState
) -> tuple[Float[Tensor, "N D"], CellState]:
    return run_steps(cell, cell.project(x), sizes, state)

"""Several processes train one model, as ``torchrun`` starts them: each computes some mini-batches of every update, and
their gradients are summed.

The recipe alone decides the mathematics: an update has ``training.batch.accumulation`` mini-batches (where the batch
grows, as many as :mod:`dragoman.recipe.growth` says) however many processes there are, and mini-batch k belongs to
process k mod n. So n processes do what one does, up to the order in which gradients are summed. Batch normalisation
looks at one mini-batch by itself in either case; what it has counted is averaged over the processes after every update.
Only the first process writes, validates and decides when training ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor

from dragoman.errors import RecipeError, TrainingError, UnsupportedError
from dragoman.recipe import Recipe
from dragoman.recipe.transformer import TransformerRecipe

WITHIN_AN_UPDATE = timedelta(minutes=10)
"""Longest wait for the other processes' part of an update."""
FOR_THE_FIRST = timedelta(hours=4)
"""Longest wait for what the first process does alone: preparing data, validating, evaluating. A process that ends is
noticed at once, by its closed connection; these limits are for one that hangs."""


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes of a run, as one of them sees them. All processes have to call a method together.

    >>> ALONE.is_first, ALONE.sum([1, 2.5])
    (True, [1.0, 2.5])

    Attributes:
        index: number of this process, from 0.
        count: number of processes.
        patient: process group for long waits; None if there is only one process.
    """

    index: int = 0
    count: int = 1
    patient: dist.ProcessGroup | None = None

    @property
    def is_first(self) -> bool:
        """Whether this is the first process, which alone writes files."""
        return self.index == 0

    def sum_(self, values: Float[Tensor, " P"]) -> None:
        """Replace ``values`` by their sum over all processes, which is the same to the bit in each of them.

        Raises:
            TrainingError: if another process has ended or hangs; the methods below raise it in the same case.
        """
        if self.count > 1:
            _reached(lambda: dist.all_reduce(values))

    def sum(self, numbers: Sequence[int | float]) -> list[float]:
        """The sum over all processes of each number; exact for integers below 2⁵³."""
        values = torch.tensor(numbers, dtype=torch.float64)
        self.sum_(values)
        return values.tolist()

    def mean_(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its mean over all processes, in one exchange."""
        if self.count > 1 and tensors:
            flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
            self.sum_(flat)
            for tensor, mean in zip(tensors, torch.split(flat / self.count, [t.numel() for t in tensors]), strict=True):
                tensor.copy_(mean.view(tensor.shape))

    def signal(self, received: signal.Signals | None) -> signal.Signals | None:
        """The signal that any of the processes received; None if none did."""
        if self.count == 1:
            return received
        number = torch.tensor(received or 0)
        _reached(lambda: dist.all_reduce(number, dist.ReduceOp.MAX))
        return signal.Signals(int(number)) if number else None

    def from_first(self, text: str | None) -> str | None:
        """The text that the first process gives; the texts of the others are ignored."""
        return text if self.count == 1 else self._said_by(0, text)

    def from_any(self, text: str | None) -> str | None:
        """The text of the first process that gives one; None if no process does."""
        if self.count == 1:
            return text
        speaker = torch.tensor(self.count if text is None else self.index)
        _reached(lambda: dist.all_reduce(speaker, dist.ReduceOp.MIN, group=self.patient))
        return None if speaker == self.count else self._said_by(int(speaker), text)

    def _said_by(self, speaker: int, text: str | None) -> str | None:
        said = b"" if text is None else text.encode()
        length = torch.tensor(-1 if text is None else len(said))
        _reached(lambda: dist.broadcast(length, speaker, group=self.patient))
        if length < 0:
            return None
        data = torch.tensor(list(said) if self.index == speaker else [0] * int(length), dtype=torch.uint8)
        _reached(lambda: dist.broadcast(data, speaker, group=self.patient))
        return bytes(data.tolist()).decode()

    def wait(self) -> None:
        """Wait until all processes have called this."""
        if self.count > 1:
            _reached(lambda: dist.barrier(group=self.patient))

    @contextlib.contextmanager
    def first_before_others(self) -> Iterator[None]:
        """Let the first process run the block, and the others afterwards."""
        if not self.is_first:
            self.wait()
        yield
        if self.is_first:
            self.wait()

    def check(self, recipe: Recipe, device: torch.device) -> None:
        """Refuse a recipe that these processes cannot train together. A process may call this alone.

        Raises:
            RecipeError: if the mini-batches of an update cannot be distributed evenly, or depend on each other.
            UnsupportedError: if there are fewer CUDA devices than processes on this machine.
        """
        batch, count = recipe.training.batch, self.count
        numbers = {"accumulation": batch.accumulation, "first_accumulation": batch.first_accumulation}
        # Between both, the number grows by their greatest common divisor, so what divides both divides all.
        problems = [
            f"training.batch.{name} = {number} mini-batches of an update cannot be dealt out evenly to {count} "
            f"processes; make it a multiple of {count}, such as {-(-number // count) * count}, and "
            "training.batch.tokens smaller if an update shall have as many tokens as before"
            for name, number in numbers.items()
            if number is not None and number % count
        ]
        carried = not isinstance(recipe.model.decoder, TransformerRecipe)
        if count > 1 and recipe.training.batch.partition == "sequential" and carried:
            problems.append(
                'training.batch.partition = "sequential" hands the recurrent state of each window to the next, so that '
                f'{count} processes cannot compute them at one time; use "random" or "lines", or one process'
            )
        if problems:
            raise RecipeError(problems)
        if count > 1 and device.type == "cuda" and _local_index() >= torch.cuda.device_count():
            raise UnsupportedError(
                f"process {_local_index() + 1} of this machine has no CUDA device of its own: there are "
                f"{torch.cuda.device_count()}",
                remedy="start as many processes as there are devices, or set `training.device` to cpu.",
            )


ALONE = Processes()
"""The one process of an ordinary run."""


def is_alone() -> bool:
    """Whether ``torchrun`` started no other process."""
    return int(os.environ.get("WORLD_SIZE", "1")) == 1


def is_first_process() -> bool:
    """Whether this is the process that writes files and output, also before :func:`joined_processes`."""
    return int(os.environ.get("RANK", "0")) == 0


@contextlib.contextmanager
def joined_processes(
    within_an_update: timedelta = WITHIN_AN_UPDATE, for_the_first: timedelta = FOR_THE_FIRST
) -> Iterator[Processes]:
    """The processes that ``torchrun`` started, connected during the block; :data:`ALONE` if it started no others.

    They talk through gloo, about tensors on CUDA devices through NCCL, and find each other by the environment that
    ``torchrun`` sets (``RANK``, ``WORLD_SIZE``, ``LOCAL_RANK``, ``MASTER_ADDR``, ``MASTER_PORT``).

    Raises:
        TrainingError: if the processes do not find each other.
    """
    if is_alone():
        yield ALONE
        return
    cuda = torch.cuda.is_available()
    if cuda and _local_index() < torch.cuda.device_count():
        torch.cuda.set_device(_local_index())
    backend = "cpu:gloo,cuda:nccl" if cuda else "gloo"
    _reached(lambda: dist.init_process_group(backend, timeout=within_an_update))
    try:
        yield Processes(dist.get_rank(), dist.get_world_size(), dist.new_group(backend="gloo", timeout=for_the_first))
    finally:
        dist.destroy_process_group()


def _local_index() -> int:
    return int(os.environ.get("LOCAL_RANK", "0"))


def _reached(exchange: Callable[[], object]) -> None:
    try:
        exchange()
    except (RuntimeError, ValueError) as error:
        raise TrainingError(
            f"the other processes of this run cannot be reached: {str(error).splitlines()[0]}",
            cause="one of them ended by an error, which it has told, was killed, or hangs.",
            remedy="mend what it told of, and go on by the same command with `dragoman train --resume RUN`.",
        ) from error

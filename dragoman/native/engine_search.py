"""Searches of the engine: a request and inputs in, hypotheses out; all steps in between are C++.

The searches find what :mod:`dragoman.search` finds. Each thread takes example after example, a few of which are at work
at a time; outputs do not depend on the number of threads, the order of the inputs or what stands beside them.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from dragoman.contracts import NEVER, Beam, Ending, Hypothesis, SearchFeature, SearchRequest, SearchResult
from dragoman.contracts.constraints import OutputAutomaton
from dragoman.contracts.search_errors import (
    nothing_satisfies,
    prefix_holds_end,
    refuse_unsatisfiable,
    scores_are_no_numbers,
)
from dragoman.errors import InputError, UnsupportedError
from dragoman.native.engine import EngineModel
from dragoman.native.engine_inputs import EngineInputs
from dragoman.native.library import load, present

ENGINE_FEATURES = frozenset(
    {
        SearchFeature.GREEDY,
        SearchFeature.BEAM,
        SearchFeature.PREFIXES,
        SearchFeature.MINIMUMS,
        SearchFeature.CONSTRAINTS,
    }
)
"""The features of the engine's searches."""

_MILLISECONDS = 50
"""How long C++ works before Python looks whether it was interrupted."""
_ROOM = 1024
_ENDINGS = (Ending.COMPLETE, Ending.LENGTH, Ending.REPETITION)
_AFTER = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int32, ctypes.c_int64, ctypes.c_int32, ctypes.c_void_p)
_LEAST = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int32, ctypes.c_int64, ctypes.c_void_p)


@runtime_checkable
class LoopRule(Protocol):
    """When the end of an output counts as a loop; :class:`~dragoman.search.repetition.RepetitionRule` is one."""

    @property
    def longest(self) -> int:
        """The largest n of the n-gram; 0 allows every repetition."""
        ...

    @property
    def times(self) -> int:
        """The fewest occurrences."""
        ...

    @property
    def span(self) -> int:
        """The fewest tokens that they fill."""
        ...


class _Asked(ctypes.Structure):
    """Everything that is asked of a search, as ``abi_search.cpp`` reads it."""

    _fields_ = (
        ("rows", ctypes.c_int64),
        ("inputs", ctypes.c_void_p),
        ("total", ctypes.c_int64),
        ("lengths", ctypes.c_void_p),
        ("method", ctypes.c_int32),
        ("width", ctypes.c_int64),
        ("n_best", ctypes.c_int64),
        ("length_penalty", ctypes.c_double),
        ("forbidden", ctypes.c_void_p),
        ("forbidden_count", ctypes.c_int64),
        ("longest_loop", ctypes.c_int32),
        ("loop_times", ctypes.c_int32),
        ("loop_span", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("limits", "minimums", "prefixes", "prefix_starts", "automata")),
        ("automaton_starts", ctypes.c_void_p),
        ("automata_count", ctypes.c_int64),
        ("after", _AFTER),
        ("least", _LEAST),
    )


class EngineSearcher:
    """A model that the engine searches. It may be used from many threads at a time.

    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.4, 0.3, 0.3], [0, 0.9, 0.05, 0.05]]).log()
    >>> searcher = EngineSearcher.of_table(table[None, None], start=0, end=1)
    >>> from dragoman.contracts import Packed
    >>> from dragoman.search.repetition import RepetitionRule
    >>> request = SearchRequest(Beam(width=2, length_penalty=0.0), limits=[5])
    >>> found = searcher.search(EngineInputs.of_texts(Packed.of([[0]])), request, RepetitionRule())
    >>> found.best[0].tokens, round(found.best[0].log_probability, 2), found.calls
    ([3], -1.02, 3)

    Args:
        handle: address of the searcher, which this object frees.
        owner: what has to stay while it is there, such as the model.

    Attributes:
        symbols: number of symbols that an output can have.
        end: symbol that completes a hypothesis.
    """

    def __init__(self, handle: int, owner: object = None) -> None:
        self._library = _functions()
        self._handle = handle
        self._owner = owner
        self._free = weakref.finalize(self, self._library.dragoman_engine_searcher_free, handle)
        numbers = (ctypes.c_int64 * 2)()
        self._library.dragoman_engine_searcher_symbols(handle, numbers)
        self.symbols, self.end = numbers

    @classmethod
    def of_model(cls, model: EngineModel, blank: int | None = None) -> EngineSearcher:
        """A searcher of a model that the engine has read.

        Args:
            model: the model.
            blank: symbol that stands for no symbol, if the model scores symbols at each position of its input.

        Raises:
            InputError: if the model writes no text.
        """
        return cls(_made("dragoman_engine_searcher", model.handle, -1 if blank is None else blank), owner=model)

    @classmethod
    def of_table(cls, scores: Float[Tensor, "c t V V"], *, start: int, end: int, places: int = 4) -> EngineSearcher:
        """A searcher whose model is a table, for tests: unnormalised scores by chain, number of symbols that were read,
        last symbol and next symbol.

        Args:
            scores: the table; behind its last step the last one is repeated. An input's first symbol is its chain.
            start: symbol that is read first.
            end: symbol that completes a hypothesis.
            places: number of examples that each thread has at work.
        """
        chains, steps, symbols, _ = scores.shape
        numbers = chains, steps, symbols, start, end, places
        flat = _floats(scores)
        return cls(_made("dragoman_engine_searcher_of_table", flat.ctypes.data, *numbers))

    @classmethod
    def of_positions(cls, scores: Float[Tensor, "n V"], *, start: int, end: int, blank: int) -> EngineSearcher:
        """A searcher by connectionist temporal classification, for tests: an input's symbols are the rows of ``scores``
        at its positions.

        Args:
            scores: unnormalised scores; −∞ for symbols that may stand at no position.
            start: symbol that is read first.
            end: symbol that completes a hypothesis.
            blank: symbol that stands for no symbol.
        """
        numbers = *scores.shape, start, end, blank
        flat = _floats(scores)
        return cls(_made("dragoman_engine_searcher_of_positions", flat.ctypes.data, *numbers))

    def states(self, inputs: EngineInputs) -> Int64[np.ndarray, " B"]:
        """The number of states that the model's encoder has for each input."""
        found = np.empty_like(inputs.lengths)
        pointers = inputs.lengths.ctypes.data, len(found), found.ctypes.data
        self._library.dragoman_engine_searcher_states(self._handle, *pointers)
        return found

    def search(
        self, inputs: EngineInputs, request: SearchRequest, repetition: LoopRule, *, threads: int = 1
    ) -> SearchResult:
        """The best outputs for each input. An interrupt by the keyboard ends it within a step.

        Args:
            inputs: the inputs.
            request: the search method, limits and number of outputs.
            repetition: the rule that says what is a loop.
            threads: number of threads, this one included.

        Raises:
            UnsupportedError: if the request needs what no search of the engine has, or the model's scores are not
                numbers.
            InputError: if an input, a prefix, a constraint or a number is none that the model can have.
        """
        with _Job(self, inputs, request, repetition) as job:
            job.run(threads)
            return SearchResult(job.outputs(), calls=job.calls)

    def stream(
        self, inputs: EngineInputs, request: SearchRequest, repetition: LoopRule, *, threads: int = 1
    ) -> Iterator[tuple[list[int], list[list[Hypothesis]]]]:
        """The indices and the best outputs of some inputs after the other, as soon as they are found; the search goes
        on meanwhile. Inputs are taken block by block in their order, and within a block from long to short. If the
        iterator is given up, the search ends within a step.

        Args:
            inputs: the inputs.
            request: the search method, limits and number of outputs.
            repetition: the rule that says what is a loop.
            threads: number of threads, beside this one.

        Raises:
            UnsupportedError: in the cases of :meth:`search`.
            InputError: in the cases of :meth:`search`.
        """
        job = _Job(self, inputs, request, repetition)
        job.start(threads)
        return _streamed(job)


def _streamed(job: _Job) -> Iterator[tuple[list[int], list[list[Hypothesis]]]]:
    with job:
        while (finished := job.finished()) is not None:
            if len(finished):
                yield finished.tolist(), job.outputs(finished)
        job.check()


class _Job:
    """One search, with everything that C++ reads while it runs."""

    def __init__(
        self, searcher: EngineSearcher, inputs: EngineInputs, request: SearchRequest, repetition: LoopRule
    ) -> None:
        self._searcher, self._library = searcher, searcher._library
        self._rows = rows = len(inputs.lengths)
        request.check(rows, ENGINE_FEATURES, "the native engine")
        limits = request.most_tokens(searcher.states(inputs).tolist() if request.limits is None else ())
        self._automata: _Automata | None = None
        if request.constraints is not None:
            refuse_unsatisfiable(request.constraints, request.prefixes, limits)
            self._automata = _Automata(request.constraints, searcher)
        self._kept: list[object] = [inputs]
        asked = self._asked(inputs, request, limits, repetition)
        self._handle = _made("dragoman_engine_job", searcher._handle, ctypes.addressof(asked))
        self._free = weakref.finalize(self, self._library.dragoman_engine_job_free, self._handle)

    def __enter__(self) -> _Job:
        return self

    def __exit__(self, *_: object) -> None:
        self._free()

    def _asked(
        self, inputs: EngineInputs, request: SearchRequest, limits: Sequence[int], repetition: LoopRule
    ) -> _Asked:
        asked = _Asked(rows=len(limits), n_best=request.n_best, width=request.method.width)
        asked.inputs, asked.total = inputs.values.ctypes.data, inputs.values.size
        asked.lengths = inputs.lengths.ctypes.data
        if isinstance(request.method, Beam):
            asked.method, asked.length_penalty = 1, request.method.length_penalty
        if request.forbidden:
            asked.forbidden, asked.forbidden_count = self._array("i", request.forbidden), len(request.forbidden)
        asked.longest_loop, asked.loop_times, asked.loop_span = repetition.longest, repetition.times, repetition.span
        asked.limits = self._array("q", limits)
        if request.minimums is not None:
            asked.minimums = self._array("q", request.minimums)
        if request.prefixes is not None:
            for row, prefix in enumerate(request.prefixes):
                if self._searcher.end in prefix:
                    raise prefix_holds_end(row, self._searcher.end)
            asked.prefixes = self._array("i", itertools.chain.from_iterable(request.prefixes))
            asked.prefix_starts = self._array("q", itertools.accumulate(map(len, request.prefixes), initial=0))
        if self._automata is not None:
            automata = self._automata
            asked.automata = self._array("i", automata.numbers)
            asked.automaton_starts = self._array("q", (one.start for one in automata.automata))
            asked.automata_count, asked.after, asked.least = len(automata.automata), automata.after, automata.least
        return asked

    def _array(self, kind: str, values: Iterable[int]) -> int:
        made = array(kind, values)
        self._kept.append(made)
        return _address(made)

    def run(self, threads: int) -> None:
        """Search until all is found."""
        while not self._library.dragoman_engine_job_run(self._handle, threads, _MILLISECONDS):
            pass
        self.check()

    def start(self, threads: int) -> None:
        """Let the search run in threads of its own."""
        error = ctypes.create_string_buffer(_ROOM)
        if self._library.dragoman_engine_job_start(self._handle, threads, error, _ROOM):
            raise UnsupportedError(_text(error), remedy="search in fewer threads.")

    def finished(self) -> Int64[np.ndarray, " n"] | None:
        """Rows that were finished since the last call, perhaps none; None when there will be no more."""
        rows = np.empty(64, dtype=np.int64)
        count = self._library.dragoman_engine_job_next(self._handle, _MILLISECONDS, rows.ctypes.data, len(rows))
        return None if count < 0 else rows[:count]

    @property
    def calls(self) -> int:
        """The number of hypotheses whose continuations the model scored."""
        return int(self._library.dragoman_engine_job_calls(self._handle))

    def check(self) -> None:
        """Raise what ended the search, if anything did.

        Raises:
            UnsupportedError: if the model's scores are not numbers, or exclude all that satisfies a constraint.
            RuntimeError: if the engine itself failed.
        """
        error = ctypes.create_string_buffer(_ROOM)
        match self._library.dragoman_engine_job_outcome(self._handle, error, _ROOM):
            case 0:
                return
            case 2:
                raise scores_are_no_numbers()
            case 3:
                raise nothing_satisfies()
            case 4:
                # Where Python could not even begin to answer, it was interrupted.
                failures = [] if self._automata is None else self._automata.failures
                raise failures[0] if failures else KeyboardInterrupt
            case _:
                raise RuntimeError(_text(error) or "the search was cancelled")

    def outputs(self, rows: Int64[np.ndarray, " n"] | None = None) -> list[list[Hypothesis]]:
        """The hypotheses of rows that are finished; by default of all."""
        pointer, count = (None, self._rows) if rows is None else (rows.ctypes.data, len(rows))
        sizes = (ctypes.c_int64 * 2)()
        self._library.dragoman_engine_job_sizes(self._handle, pointer, count, sizes)
        hypotheses, length = sizes
        whole, real = array("q", bytes(8 * (count + 2 * hypotheses))), array("d", bytes(16 * hypotheses))
        tokens = array("i", bytes(4 * length))
        pointers = _address(whole), _address(real), _address(tokens)
        self._library.dragoman_engine_job_take(self._handle, pointer, count, hypotheses, *pointers)
        numbers, reals, ids = whole.tolist(), real.tolist(), tokens.tolist()
        lengths, endings = numbers[count : count + hypotheses], numbers[count + hypotheses :]
        found: list[list[Hypothesis]] = []
        place = begin = 0
        for each in numbers[:count]:
            listed = []
            for one in range(place, place + each):
                end = begin + lengths[one]
                log_p, score = reals[one], reals[hypotheses + one]
                listed.append(Hypothesis(ids[begin:end], log_p, score, _ENDINGS[endings[one]]))
                begin = end
            place += each
            found.append(listed)
        return found


class _Automata:
    """The constraints of a request, each once, as functions that C++ calls."""

    def __init__(self, constraints: Sequence[OutputAutomaton | None], searcher: EngineSearcher) -> None:
        self.automata = list({id(one): one for one in constraints if one is not None}.values())
        places = {id(one): place for place, one in enumerate(self.automata)}
        self.numbers = [-1 if one is None else places[id(one)] for one in constraints]
        self.failures: list[BaseException] = []
        automata, failures, symbols, end = self.automata, self.failures, searcher.symbols, searcher.end

        def after(number: int, state: int, symbol: int, found: int) -> int:
            try:
                ctypes.c_int64.from_address(found).value = automata[number].after(state, symbol)
            except BaseException as error:
                failures.append(error)
                return 0
            return 1

        def least(number: int, state: int, found: int) -> int:
            try:
                numbers = np.ctypeslib.as_array((ctypes.c_int32 * symbols).from_address(found))
                numbers[:] = automata[number].least_after(state).numpy()
                numbers[end] = 0 if automata[number].least(state) == 0 else NEVER
            except BaseException as error:
                failures.append(error)
                return 0
            return 1

        self.after, self.least = _AFTER(after), _LEAST(least)


def _address(numbers: array[int] | array[float]) -> int:
    return numbers.buffer_info()[0]


def _floats(scores: Float[Tensor, ...]) -> Float32[np.ndarray, ...]:
    return np.ascontiguousarray(scores.to(torch.float32).numpy())


def _made(name: str, *arguments: int) -> int:
    """What a function of the library makes.

    Raises:
        InputError: if it makes nothing of these arguments.
    """
    error = ctypes.create_string_buffer(_ROOM)
    made: int | None = getattr(_functions(), name)(*arguments, error, _ROOM)
    if made is None:
        raise InputError(
            f"the engine cannot search so: {_text(error)}",
            remedy="give only what the model can read and write, or search with another engine.",
        )
    return made


def _text(error: ctypes.Array[ctypes.c_char]) -> str:
    return error.value.decode(errors="replace")


@functools.cache
def _functions() -> ctypes.CDLL:
    """The library, with the types of its functions."""
    library = present(load("engine"))
    pointer, number, whole = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
    text = ctypes.c_char_p
    for name, result, arguments in (
        ("searcher", pointer, (pointer, whole, text, number)),
        ("searcher_of_table", pointer, (pointer, number, number, number, whole, whole, number, text, number)),
        ("searcher_of_positions", pointer, (pointer, number, number, whole, whole, whole, text, number)),
        ("searcher_free", None, (pointer,)),
        ("searcher_symbols", None, (pointer, pointer)),
        ("searcher_states", None, (pointer, pointer, number, pointer)),
        ("job", pointer, (pointer, pointer, text, number)),
        ("job_free", None, (pointer,)),
        ("job_run", whole, (pointer, number, number)),
        ("job_start", whole, (pointer, number, text, number)),
        ("job_next", number, (pointer, number, pointer, number)),
        ("job_cancel", None, (pointer,)),
        ("job_outcome", whole, (pointer, text, number)),
        ("job_calls", number, (pointer,)),
        ("job_sizes", None, (pointer, pointer, number, pointer)),
        ("job_take", None, (pointer, pointer, number, number, pointer, pointer, pointer)),
    ):
        function = getattr(library, f"dragoman_engine_{name}")
        function.restype, function.argtypes = result, arguments
    return library

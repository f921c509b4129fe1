"""The few best continuations by a model's unnormalised scores."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import RankingStep, State, StepFunction
from dragoman.contracts.search_errors import scores_are_no_numbers
from dragoman.native import decoding as native
from dragoman.native.decoding import available

_BLOCK = 100


def log_normalizer(logits: Float[Tensor, "R V"]) -> Float[Tensor, " R"]:
    """log Σ_v exp(logit_v), in float32 or float64, which is subtracted from a logit to give a log-probability; 0 where
    every symbol is excluded by −∞, which each then keeps.

    >>> log_normalizer(torch.tensor([[0.0, 0.0]]))  # ln 2
    tensor([0.6931])

    Raises:
        UnsupportedError: if the model's scores are not numbers.
    """
    return _checked(torch.logsumexp(logits.to(torch.promote_types(logits.dtype, torch.float32)), 1))


def _checked(normalizer: Float[Tensor, " R"]) -> Float[Tensor, " R"]:
    """The normalizers; 0 for rows all of whose scores are −∞, since −∞ less −∞ would be no number."""
    finite = normalizer.isfinite()
    if bool(finite.all()):
        return normalizer
    if bool((normalizer.isnan() | normalizer.isposinf()).any()):
        raise scores_are_no_numbers()
    return normalizer.masked_fill(~finite, 0.0)


def unnormalized(scores: Float[Tensor, "R V"]) -> Float[Tensor, " R"]:
    """Zeros, for scores that are used as they are because they are sums of log-probabilities already.

    >>> unnormalized(torch.tensor([[-0.5, -2.0]]))
    tensor([0.])

    Raises:
        UnsupportedError: if the scores are not numbers.
    """
    log_normalizer(scores)
    return torch.zeros(len(scores), dtype=torch.promote_types(scores.dtype, torch.float32), device=scores.device)


Normalizer = Callable[[Float[Tensor, "R V"]], Float[Tensor, " R"]]
"""Gives the number that is subtracted from each row's scores to turn them into log-probabilities."""


Continuations = Callable[[Int[Tensor, " R"], State, int], tuple[Float[Tensor, "R k"], Int[Tensor, "R k"], State]]
"""Gives, for tokens, the state before them and a count, the log-probabilities and ids of that many best next symbols of
each row (or all, if there are fewer), and the state after the tokens."""


def continuations_of(step: StepFunction[State], normalizer: Normalizer) -> Continuations[State]:
    """A function that gives the best continuations by a step's scores; the step itself ranks them if it can.

    Which of several equally good symbols is taken is deterministic but not specified. Calls raise
    :class:`~dragoman.errors.UnsupportedError` if the model's scores are not numbers.

    >>> from dragoman.contracts import Nothing
    >>> def step(tokens, state):
    ...     return torch.tensor([[0.1, 0.2, 0.7]]).log(), state
    >>> log_p, symbols, state = continuations_of(step, log_normalizer)(torch.tensor([0]), Nothing(1), 2)
    >>> symbols, log_p.exp()
    (tensor([[2, 1]]), tensor([[0.7000, 0.2000]]))
    """
    if normalizer in (log_normalizer, unnormalized) and isinstance(step, RankingStep):
        ranking = step

        def ranked(tokens: Tensor, state: State, count: int) -> tuple[Tensor, Tensor, State]:
            values, ids, normalizers, state = ranking.best(tokens, state, count)
            return values - _checked(normalizers)[:, None], ids, state

        return ranked

    def from_scores(tokens: Tensor, state: State, count: int) -> tuple[Tensor, Tensor, State]:
        logits, state = step(tokens, state)
        return *best_symbols(logits, count, normalizer), state

    return from_scores


def best_symbols(
    logits: Float[Tensor, "R V"], count: int, normalizer: Normalizer
) -> tuple[Float[Tensor, "R k"], Int[Tensor, "R k"]]:
    """The log-probabilities and ids of the ``count`` best symbols of each row, by one native kernel where there is one.

    Which of several equally good symbols is taken is deterministic but not specified.

    >>> log_p, symbols = best_symbols(torch.tensor([[0.1, 0.2, 0.7]]).log(), 2, log_normalizer)
    >>> symbols, log_p.exp()
    (tensor([[2, 1]]), tensor([[0.7000, 0.2000]]))

    Raises:
        UnsupportedError: if the model's scores are not numbers.
    """
    if normalizer is log_normalizer and available(logits):
        values, ids, normalizers = native.top_symbols(logits.contiguous(), min(count, logits.shape[1]))
        return values - _checked(normalizers)[:, None], ids
    return top_symbols(logits, count, normalizer(logits))


def top_symbols(
    logits: Float[Tensor, "R V"], count: int, normalizer: Float[Tensor, " R"]
) -> tuple[Float[Tensor, "R k"], Int[Tensor, "R k"]]:
    """The log-probabilities and ids of the ``count`` best symbols of each row.

    The best ``count`` symbols lie in the ``count`` blocks with the largest maxima, so only these are sorted. Which of
    several equally good symbols is taken is deterministic but not specified.

    >>> top_symbols(torch.tensor([[0.0, 3.0, 1.0]]), 2, normalizer=torch.zeros(1))
    (tensor([[3., 1.]]), tensor([[1, 2]]))
    """
    rows, vocabulary = logits.shape
    blocks = vocabulary // _BLOCK
    count = min(count, vocabulary)
    if blocks <= 2 * count:
        values, ids = logits.topk(count, dim=1)
    else:
        body = logits[:, : blocks * _BLOCK].view(rows, blocks, _BLOCK)
        best_blocks = body.amax(2).topk(count, dim=1, sorted=False).indices
        inside = torch.arange(_BLOCK, device=logits.device)
        candidates = (best_blocks[:, :, None] * _BLOCK + inside).flatten(1)
        rest = torch.arange(blocks * _BLOCK, vocabulary, device=logits.device).expand(rows, -1)
        candidates = torch.cat([candidates, rest], 1)
        values, places = logits.gather(1, candidates).topk(count, dim=1)
        ids = candidates.gather(1, places)
    return values - normalizer[:, None], ids

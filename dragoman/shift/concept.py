"""Concept shift: the outputs of the same inputs are others than before; p(y | x) has changed.

Only with true outputs of new examples can it be seen, and then by the losses: if p(y | x) is as it was, the loss of an
example depends on its input and on nothing else that distinguishes old from new. So the losses of old and new examples
*with like inputs* are compared, since the inputs themselves may have shifted: within blocks of examples that are about
equally likely to be new, given their inputs (:mod:`propensity_blocks`), old and new ones are permuted. What a pooled
regression on the inputs explains is subtracted before: it is the same for old and new, takes noise away, and mends what
unequal propensities within a block leave (covariance adjustment before a permutation test; Rosenbaum 2002).

A mean loss does not see every concept shift: if two classes that the model holds equally probable change their names,
it stays as it is. Residuals, such as 1{y = k} − p(k | x) for each class k, show shifts of single classes that cancel
out in the loss; a change that leaves the mean of all of these alone goes unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float64, Int, Int64

from dragoman.shift.documents import numbered, one_of_each
from dragoman.shift.importance_weights import importance_weights
from dragoman.shift.permutations import PERMUTATIONS, SEED, p_value
from dragoman.shift.propensity_blocks import PropensityBlocks

FEWEST_PAIRS = 20
"""Fewest pairs of an old and a new example with like inputs."""
FEWEST_DOCUMENTS = 10
"""Fewest old, and fewest new, documents."""
_NORMAL = 1.96
"""Standard errors on either side that a 95 % interval has."""
_FURTHEST = 10.0
"""Standard deviations beyond which a feature counts as no further away, so that one wild value decides nothing."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What is known of n examples whose true outputs are known.

    Attributes:
        losses: loss of each example for a unit of its true output, such as nats a token.
        log_ratios: ln p_new(x) / p_old(x) of each example, estimated without it.
        features: features of the inputs, those that the ratios were estimated from, by which losses are predicted.
            Estimated ratios alone leave a part of the difference of the inputs between old and new examples.
        residuals: further numbers that depend on the input and the true output, such as 1{y = k} − p(k | x) for each
            class k, or prediction less truth; None for none.
        documents: document of each example, by any number; None if they are not known.
    """

    losses: Float[np.ndarray, " n"]
    log_ratios: Float[np.ndarray, " n"]
    features: Float[np.ndarray, "n d"]
    residuals: Float[np.ndarray, "n r"] | None = None
    documents: Int[np.ndarray, " n"] | None = None

    def __len__(self) -> int:
        return len(self.losses)


@dataclass(frozen=True, slots=True)
class ResidualShift:
    """How the mean of a residual differs between old and new examples with like inputs.

    Attributes:
        name: name of the residual.
        effect: mean among new examples less mean among old ones.
        p_value: two-sided p-value, corrected for the number of statistics (Westfall & Young 1993).
    """

    name: str
    effect: float
    p_value: float


@dataclass(frozen=True, slots=True)
class ConceptShift:
    """Whether the outputs of like inputs differ.

    Attributes:
        effect: mean loss of new examples less that of old ones with like inputs, in the unit of the losses, where both
            occur; positive if the model has become worse. None if it abstains.
        low: lower end of its 95 % interval; None if it abstains.
        high: upper end of its 95 % interval; None if it abstains.
        p_value: two-sided p-value of "nothing differs", for the losses and all residuals together; None if it abstains.
        loss_p: two-sided p-value of the losses alone; None if it abstains.
        residuals: each residual's difference.
        weighted: mean loss of new examples less the self-normalised mean of the old losses, weighted by capped ratios
            of densities. It is about all new examples, and rests on few old ones where the inputs have shifted much.
        effective_share: effective sample size of these weights, as a share of the old examples.
        pairs: number of pairs of an old and a new example with like inputs that the blocks are worth.
        old: number of old examples, or of their documents if these are known of both sides.
        new: number of new examples, or of their documents.
        by_document: whether documents are known of both sides, and stand for what is independent.
        reason: sentence that says why there is no p-value; empty if there is.
    """

    effect: float | None
    low: float | None
    high: float | None
    p_value: float | None
    loss_p: float | None
    residuals: tuple[ResidualShift, ...]
    weighted: float
    effective_share: float
    pairs: float
    old: int
    new: int
    by_document: bool
    reason: str


def concept_shift(
    old: Outcomes,
    new: Outcomes,
    *,
    residual_names: Sequence[str] = (),
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> ConceptShift:
    """Test whether the losses of new examples differ from those of old ones with like inputs.

    If the documents of both sides are known, examples of a document need not be independent of each other: in place of
    permutations, what each document contributes to the difference gets a random sign (Canay et al. 2017), which keeps
    the size where documents are many. If those of one side only are known, one example of each is drawn there.

    >>> draws = np.random.default_rng(1)
    >>> inputs = draws.normal([[0.0], [1.0]], 1, (2, 500))
    >>> losses = inputs**2 + draws.exponential(size=(2, 500)) + [[0.0], [0.5]]
    >>> old, new = (Outcomes(losses[row], inputs[row] - 0.5, inputs[row, :, None]) for row in (0, 1))
    >>> found = concept_shift(old, new)
    >>> found.p_value, found.low < 0.5 < found.high
    (0.001, True)

    Args:
        old: outcomes of examples from the training distribution that the model was not trained on.
        new: outcomes of new examples, with the same features and residuals.
        residual_names: name of each residual; numbers by default.
        permutations: number of permutations behind each p-value.
        seed: seed of all draws.

    Returns:
        the result; without p-values if fewer than :data:`FEWEST_PAIRS` pairs of an old and a new example have like
        inputs.

    Raises:
        ValueError: if one side has no example, or features or residuals that the other does not have.
    """
    if not len(old) or not len(new):
        raise ValueError(f"{len(old)} old and {len(new)} new examples cannot be compared")
    generator = np.random.default_rng([seed, 3])
    weights = importance_weights(old.log_ratios, lowest_share=0.0)
    weighted = float(new.losses.mean(dtype=np.float64)) - float(old.losses @ weights.values) / len(old)
    units = _units_of(old, new, generator)
    blocks = PropensityBlocks.of(units.log_ratios, units.is_new, generator)
    overlap = float(blocks.overlap.sum())
    found = ConceptShift(
        effect=None,
        low=None,
        high=None,
        p_value=None,
        loss_p=None,
        residuals=(),
        weighted=weighted,
        effective_share=weights.effective_share,
        pairs=2 * overlap,
        old=units.count(new=False),
        new=units.count(new=True),
        by_document=units.by_document,
        reason="",
    )
    if reason := _too_little(found):
        return replace(found, reason=reason)
    centred = blocks.centred(units.values)
    if units.by_document:
        influences = blocks.influences(centred, units.documents)
        signs = generator.choice([-1.0, 1.0], size=(permutations, len(influences)))
        sums = np.concatenate([centred[blocks.is_new].sum(axis=0)[None], signs @ influences])
    else:
        sums = blocks.permuted_sums(centred, permutations, generator)
    spread = sums.std(axis=0)
    # Divided by what chance does to each, statistics of different units can be compared.
    statistics = np.abs(sums) / np.where(spread > 0, spread, np.inf)
    largest = statistics.max(axis=1)
    effects = sums[0] / overlap
    margin = _NORMAL * _standard_error(blocks, centred[:, :1], float(effects[0]), units.documents)
    names = residual_names or [f"residual {number + 1}" for number in range(len(effects) - 1)]
    return replace(
        found,
        effect=float(effects[0]),
        low=float(effects[0]) - margin,
        high=float(effects[0]) + margin,
        p_value=p_value(largest),
        loss_p=p_value(statistics[:, 0]),
        residuals=tuple(
            ResidualShift(name, float(effect), p_value(np.concatenate([[statistic], largest[1:]])))
            for name, effect, statistic in zip(names, effects[1:], statistics[0, 1:], strict=True)
        ),
    )


def _too_little(found: ConceptShift) -> str:
    """Why the samples do not suffice; empty if they do."""
    if found.by_document and min(found.old, found.new) < FEWEST_DOCUMENTS:
        return (
            f"the examples are from {found.old} old and {found.new} new documents, and {FEWEST_DOCUMENTS} of each are "
            "needed, since examples of one document are not independent"
        )
    if found.pairs < FEWEST_PAIRS:
        return (
            f"only {found.pairs:.0f} pairs of an old and a new example have like inputs, and {FEWEST_PAIRS} are needed"
        )
    return ""


@dataclass(frozen=True, slots=True)
class _Units:
    """Pooled examples, the old ones first, with their adjusted losses and residuals, and the number of each one's
    document, or of its own."""

    values: Float64[np.ndarray, "N s"]
    log_ratios: Float64[np.ndarray, " N"]
    is_new: Bool[np.ndarray, " N"]
    documents: Int64[np.ndarray, " N"]
    by_document: bool

    def count(self, *, new: bool) -> int:
        """The number of documents of one side."""
        return len(np.unique(self.documents[self.is_new == new]))


def _units_of(old: Outcomes, new: Outcomes, generator: np.random.Generator) -> _Units:
    values = np.concatenate([_statistics(old), _statistics(new)])
    log_ratios = np.concatenate([old.log_ratios, new.log_ratios]).astype(np.float64)
    adjusted = values - _predicted(values, _predictors(old, new, log_ratios))
    is_new = np.arange(len(values)) >= len(old)
    if old.documents is not None and new.documents is not None:
        first = numbered(old.documents, len(old))
        documents = np.concatenate([first, numbered(new.documents, len(new)) + first.max() + 1])
        return _Units(adjusted, log_ratios, is_new, documents, by_document=True)
    rows = np.concatenate(
        [
            np.arange(len(old)) if old.documents is None else one_of_each(old.documents, generator),
            len(old) + (np.arange(len(new)) if new.documents is None else one_of_each(new.documents, generator)),
        ]
    )
    return _Units(adjusted[rows], log_ratios[rows], is_new[rows], np.arange(len(rows)), by_document=False)


def _statistics(outcomes: Outcomes) -> Float64[np.ndarray, "n s"]:
    losses = outcomes.losses[:, None].astype(np.float64)
    return losses if outcomes.residuals is None else np.concatenate([losses, outcomes.residuals], axis=1)


def _predictors(old: Outcomes, new: Outcomes, log_ratios: Float64[np.ndarray, " N"]) -> Float64[np.ndarray, "N p"]:
    """The log-ratio and the features, standardised, with their squares."""
    plain = np.column_stack([log_ratios, np.concatenate([old.features, new.features]).astype(np.float64)])
    deviation = plain.std(axis=0)
    varies = deviation > 1e-9 * np.abs(plain).max(axis=0)
    standard = (plain - plain.mean(axis=0)) / np.where(varies, deviation, 1.0)
    standard = np.clip(standard, -_FURTHEST, _FURTHEST) * varies
    squares = standard**2
    return np.concatenate([standard, squares - squares.mean(axis=0)], axis=1)


def _predicted(
    values: Float64[np.ndarray, "N s"], predictors: Float64[np.ndarray, "N p"]
) -> Float64[np.ndarray, "N s"]:
    """What a ridge regression on the predictors says of the values, old and new ones together."""
    mean = values.mean(axis=0)
    matrix = predictors.T @ predictors + np.eye(predictors.shape[1])
    return mean + predictors @ np.linalg.solve(matrix, predictors.T @ (values - mean))


def _standard_error(
    blocks: PropensityBlocks,
    centred: Float64[np.ndarray, "N 1"],
    effect: float,
    documents: Int64[np.ndarray, " N"],
) -> float:
    """The standard error of an effect, from what each document contributes once the effect is taken away."""
    share = (blocks.new / blocks.sizes)[blocks.block]
    errors = centred - effect * (blocks.is_new - share)[:, None]
    influences = blocks.influences(errors, documents)
    return float(np.sqrt((influences**2).sum()) / blocks.overlap.sum())

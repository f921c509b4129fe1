"""How much more frequent examples are among new data than among old ones: the ratio of their densities.

The odds that a classifier gives to "new" against "old" are the ratio of the densities times the ratio of the numbers of
examples (Bickel et al. 2009; Sugiyama et al. 2012, section 4.2). So the logit of a logistic regression, corrected by
ln(n_old / n_new), estimates h(x) = ln p_new(x) / p_old(x).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int, Int64

from dragoman.shift.logistic_regression import LogisticRegression, fit_logistic_regression

FOLDS = 5
RIDGES = (10.0, 1.0, 0.1, 0.01, 0.001, 0.0001)
"""The penalties that are tried, for each example, from the largest, under which all ratios are nearly 1."""
_FURTHEST = 10.0
"""Standard deviations beyond which a feature counts as no further away, so that one wild value decides nothing."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """The features that the classifier reads: standardised, and their squares where they help.

    A ratio of two normal densities with different variances has squares in its logarithm.

    Attributes:
        mean: mean of each feature over old and new examples.
        deviation: standard deviation of each feature; 1 for a feature that does not vary.
        squares: whether the squares are read too.
    """

    mean: Float64[np.ndarray, " d"]
    deviation: Float64[np.ndarray, " d"]
    squares: bool

    @classmethod
    def of(cls, values: Float[np.ndarray, "n d"], *, squares: bool) -> Expansion:
        """The expansion of examples with these features."""
        deviation = values.std(axis=0, dtype=np.float64)
        varies = deviation > 1e-9 * np.abs(values).max(axis=0, initial=0.0)
        return cls(values.mean(axis=0, dtype=np.float64), np.where(varies, deviation, 1.0), squares)

    def __call__(self, values: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, "n p"]:
        """The features of some examples, expanded."""
        plain = np.clip((values - self.mean) / self.deviation, -_FURTHEST, _FURTHEST)
        return np.concatenate([plain, (plain**2 - 1) / np.sqrt(2)], axis=1) if self.squares else plain


@dataclass(frozen=True, slots=True)
class DensityRatio:
    """An estimate of h(x) = ln p_new(x) / p_old(x).

    Attributes:
        old: h of the old examples, each from a classifier that was fitted without its fold.
        new: h of the new examples, each from a classifier that was fitted without its fold.
        ridge: penalty of the classifier for each example, which cross-validation chose.
        held_out_loss: mean log-loss of the classifier on held-out examples, in nats.
        constant_loss: mean log-loss of one constant probability. A held-out loss that is hardly smaller says that old
            and new examples are hardly told apart, so that all ratios are near 1.
        expansion: features that the classifier reads.
        classifier: classifier that was fitted on all examples.
        correction: addend that turns its logits into h, ln(n_old / n_new).
    """

    old: Float64[np.ndarray, " n"]
    new: Float64[np.ndarray, " m"]
    ridge: float
    held_out_loss: float
    constant_loss: float
    expansion: Expansion
    classifier: LogisticRegression
    correction: float

    def log_ratio(self, values: Float[np.ndarray, "k d"]) -> Float64[np.ndarray, " k"]:
        """h of examples that the classifier was not fitted on; those that it was fitted on have ``old`` and ``new``."""
        return self.classifier.logits(self.expansion(values)) + self.correction


def density_ratio(
    old: Float[np.ndarray, "n d"],
    new: Float[np.ndarray, "m d"],
    *,
    documents: Int[np.ndarray, " N"] | None = None,
    folds: int = FOLDS,
    seed: int = 1,
) -> DensityRatio:
    """Estimate ln p_new(x) / p_old(x) by logistic regression.

    The penalty, and whether squares of features are read, are those of the smallest log-loss on held-out folds.

    >>> generator = np.random.default_rng(1)
    >>> old, new = generator.normal(0, 1, (4000, 1)), generator.normal(1, 1, (4000, 1))
    >>> found = density_ratio(old, new)
    >>> found.log_ratio(np.array([[0.0], [0.5], [1.0]])).round(1)  # the truth is x − 1/2
    array([-0.5,  0. ,  0.5])

    Args:
        old: features of n old examples.
        new: features of m new examples.
        documents: number of each example's document, the N = n + m examples pooled, old ones first; the examples of a
            document lie in one fold, since they resemble each other. A side with one document alone is dealt out
            example by example.
        folds: number of folds, at least 2.
        seed: seed by which examples are dealt out to folds.

    Raises:
        ValueError: if old or new has fewer than two examples.
    """
    if min(len(old), len(new)) < 2:
        raise ValueError(f"{len(old)} old and {len(new)} new examples are too few to estimate a ratio")
    values = np.concatenate([old, new]).astype(np.float64)
    is_new = np.arange(len(values)) >= len(old)
    numbers = np.arange(len(values)) if documents is None else documents
    generator = np.random.default_rng(seed)
    fold = np.concatenate([_dealt(numbers[~is_new], folds, generator), _dealt(numbers[is_new], folds, generator)])
    best: tuple[float, bool, float] | None = None
    held_out = np.zeros(len(values))
    for squares in (False, True):
        found = _held_out_logits(values, is_new, fold, squares=squares)
        losses = np.logaddexp(0.0, np.where(is_new, -found, found)).mean(axis=1)
        lowest = int(losses.argmin())
        if best is None or losses[lowest] < best[0]:
            best, held_out = (float(losses[lowest]), squares, RIDGES[lowest]), found[lowest]
    assert best is not None
    loss, squares, ridge = best
    expansion = Expansion.of(values, squares=squares)
    classifier = fit_logistic_regression(expansion(values), is_new, ridge=ridge * len(values))
    correction = _correction(is_new)
    corrections = np.array([_correction(is_new[fold != number]) for number in range(folds)])
    log_ratios = held_out + corrections[fold]
    share = len(new) / len(values)
    return DensityRatio(
        old=log_ratios[~is_new],
        new=log_ratios[is_new],
        ridge=ridge,
        held_out_loss=loss,
        constant_loss=float(-share * np.log(share) - (1 - share) * np.log(1 - share)),
        expansion=expansion,
        classifier=classifier,
        correction=correction,
    )


def _held_out_logits(
    values: Float64[np.ndarray, "N d"], is_new: Bool[np.ndarray, " N"], fold: Int64[np.ndarray, " N"], *, squares: bool
) -> Float64[np.ndarray, "R N"]:
    """The logits of each penalty's classifiers, each example's by the one that was fitted without its fold."""
    logits = np.zeros((len(RIDGES), len(values)))
    for number in np.unique(fold).tolist():
        inside, outside = fold != number, fold == number
        expansion = Expansion.of(values[inside], squares=squares)
        fitted, held_out = expansion(values[inside]), expansion(values[outside])
        classifier = None
        for row, ridge in enumerate(RIDGES):
            classifier = fit_logistic_regression(fitted, is_new[inside], ridge=ridge * len(fitted), start=classifier)
            logits[row, outside] = classifier.logits(held_out)
    return logits


def _correction(is_new: Bool[np.ndarray, " N"]) -> float:
    new = int(is_new.sum())
    return float(np.log((len(is_new) - new) / new))


def _dealt(documents: Int[np.ndarray, " n"], folds: int, generator: np.random.Generator) -> Int64[np.ndarray, " n"]:
    """The fold of each example of one side: documents in random order, each to the fold with the fewest examples."""
    _, place, sizes = np.unique(documents, return_inverse=True, return_counts=True)
    if len(sizes) == 1:
        place, sizes = np.arange(len(documents)), np.ones(len(documents), dtype=np.int64)
    of_document = np.zeros(len(sizes), dtype=np.int64)
    filled = np.zeros(folds, dtype=np.int64)
    for document in generator.permutation(len(sizes)).tolist():
        emptiest = int(filled.argmin())
        of_document[document] = emptiest
        filled[emptiest] += sizes[document]
    return of_document[place]

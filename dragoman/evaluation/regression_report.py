"""The report on predicted numbers, as numbers and as text."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float

from dragoman.errors import InputError
from dragoman.evaluation.confidence import RESAMPLES, SEED, Estimate, estimates
from dragoman.evaluation.regression import regression_statistics
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.storage.json import JsonObject

QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
_WORST = 5


@dataclass(frozen=True, slots=True)
class ErrorQuantile:
    """A quantile of the absolute error.

    Attributes:
        share: share of the examples, 0 to 1.
        error: the absolute error that this share of the examples does not exceed, in the unit of the target.
    """

    share: float
    error: float


@dataclass(frozen=True, slots=True, repr=False)
class RegressionReport(Shown):
    """The report on how close predicted numbers are to the true ones.

    Attributes:
        examples: number of examples.
        rmse: root of the mean squared error, in the unit of the target.
        mae: mean absolute error, in the unit of the target.
        r2: explained share of the variance; 1 is best, 0 is no better than the mean of these examples.
        bias: mean of prediction less true number, in the unit of the target.
        baseline_rmse: RMSE of always predicting the mean of the training examples.
        baseline_mae: MAE of always predicting the mean of the training examples.
        quantiles: quantiles of the absolute error.
        worst: numbers, from 1, of the examples with the largest errors, the largest first.
    """

    examples: int
    rmse: Estimate
    mae: Estimate
    r2: Estimate
    bias: float
    baseline_rmse: float
    baseline_mae: float
    quantiles: tuple[ErrorQuantile, ...]
    worst: tuple[int, ...]

    def summary(self) -> Summary:
        """The report as a title and a few lines, which an interpreter and a notebook show."""
        facts = {e.metric: f"{e.value:.4g} ({e.low:.4g} to {e.high:.4g})" for e in (self.rmse, self.mae, self.r2)}
        facts["always the mean"] = f"{self.rmse.metric} {self.baseline_rmse:.4g}"
        return Summary(f"{self.rmse.metric} {self.rmse.value:.4g} on {self.examples:,} examples", facts)

    def to_dict(self) -> JsonObject:
        """The report as values for JSON."""
        return {**asdict(self), "quantiles": [asdict(part) for part in self.quantiles], "worst": list(self.worst)}

    def as_text(self) -> str:
        """The report as plain aligned tables, without markup."""
        baselines = (f"{self.baseline_rmse:.4g}", f"{self.baseline_mae:.4g}", "–")
        scores = [("metric", "value", "95 % interval", "always the mean")]
        scores += [
            (e.metric, f"{e.value:.4g}", f"{e.low:.4g} to {e.high:.4g}", baseline)
            for e, baseline in zip((self.rmse, self.mae, self.r2), baselines, strict=True)
        ]
        errors = [("share of examples", "error at most")]
        errors += [(f"{100 * part.share:.0f} %", f"{part.error:.4g}") for part in self.quantiles]
        ending = "s" if len(self.worst) != 1 else ""
        count = "1 example" if self.examples == 1 else f"{self.examples:,} examples"
        return "\n".join(
            [
                count,
                "",
                *aligned(scores),
                "",
                "RMSE and MAE: lower is better, in the unit of the target. R²: higher is better, 1 at most.",
                "Always the mean: of the training examples.",
                f"Intervals: {self.rmse.resamples:,} bootstrap resamples of the examples, seed {self.rmse.seed}.",
                f"Estimates less true numbers, on average: {self.bias:+.4g}.",
                f"Largest error{ending}: example{ending} {', '.join(map(str, self.worst))}.",
                "",
                *aligned(errors),
            ]
        )


def evaluate_numbers(
    predicted: Float[np.ndarray, " n"],
    true: Float[np.ndarray, " n"],
    *,
    training_mean: float,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> RegressionReport:
    """Measure predicted numbers against the true ones.

    >>> report = evaluate_numbers(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]), training_mean=2.0)
    >>> round(report.mae.value, 2), round(report.baseline_mae, 2), report.worst[0]
    (0.33, 0.67, 3)

    Args:
        predicted: prediction for each example, in the unit of the target.
        true: true number of each example.
        training_mean: mean of the training examples' numbers, which the baseline always predicts.
        resamples: number of bootstrap resamples.
        seed: seed of the bootstrap.

    Raises:
        InputError: if there is no example, or a prediction is not finite.
    """
    if not len(true):
        raise InputError("there is no example to evaluate", remedy="give at least one example and its number.")
    predicted, true = predicted.astype(np.float64), true.astype(np.float64)
    for row in np.flatnonzero(~np.isfinite(predicted))[:1].tolist():
        raise InputError(
            f"the estimate of example {row + 1:,} is {predicted[row]}",
            cause="weights that are not finite, after training that diverged",
            remedy="train again with a lower training.optimizer.learning_rate.",
        )
    rmse, mae, r2 = estimates(regression_statistics(predicted, true), resamples=resamples, seed=seed)
    errors = np.abs(predicted - true)
    baseline_rmse, baseline_mae, _ = (
        metric.corpus_score() for metric in regression_statistics(np.full(len(true), training_mean), true)
    )
    return RegressionReport(
        examples=len(true),
        rmse=rmse,
        mae=mae,
        r2=r2,
        bias=float((predicted - true).mean()),
        baseline_rmse=baseline_rmse,
        baseline_mae=baseline_mae,
        quantiles=tuple(ErrorQuantile(share, float(np.quantile(errors, share))) for share in QUANTILES),
        worst=tuple((np.argsort(-errors, kind="stable")[:_WORST] + 1).tolist()),
    )

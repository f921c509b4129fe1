"""What a validation can measure beside the loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Score:
    """One measure.

    Attributes:
        title: for people to read.
        higher_is_better: else lower is.
        percent: whether it is from 0 to 100; else it has the unit of what is measured.
    """

    title: str
    higher_is_better: bool
    percent: bool = True


SCORES: Mapping[str, Score] = MappingProxyType(
    {
        "bleu": Score("BLEU", True),
        "chrf": Score("chrF", True),
        "cer": Score("CER", False),
        "wer": Score("WER", False),
        "accuracy": Score("accuracy", True),
        "macro_f1": Score("macro-F1", True),
        "rmse": Score("RMSE", False, percent=False),
        "mae": Score("MAE", False, percent=False),
    }
)
"""By the name that recipes and histories use: BLEU and chrF2++ of translations; character and word error rate of texts
that were read; accuracy and macro-averaged F1 of labels; root mean square and mean absolute error of numbers."""

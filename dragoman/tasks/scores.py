"""The measures that a validation may compute beside the loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Score:
    """A measure.

    Attributes:
        title: name for people to read.
        higher_is_better: whether higher values are better; otherwise lower ones are.
        percent: whether values go from 0 to 100; otherwise they have the unit of the data.
        loss: unit of the loss that is measured beside it; None if it may be several, or nats per target token.
    """

    title: str
    higher_is_better: bool
    percent: bool = True
    loss: str | None = None


SCORES: Mapping[str, Score] = MappingProxyType(
    {
        "bleu": Score("BLEU", True),
        "chrf": Score("chrF", True),
        "cer": Score("CER", False),
        "wer": Score("WER", False),
        "accuracy": Score("accuracy", True),
        "macro_f1": Score("macro-F1", True, loss="nats per label"),
        "span_f1": Score("span F1", True, loss="nats per word"),
        "rmse": Score("RMSE", False, percent=False, loss="loss per example"),
        "mae": Score("MAE", False, percent=False),
    }
)
"""The measures by the names that recipes and histories use: BLEU and chrF2++ of translations; character and word error
rate of recognised text; accuracy and macro-averaged F1 of labels; accuracy of words and F1 of spans of tags; root mean
squared and mean absolute error of numbers."""

"""What was found of two samples, in plain numbers: what a report shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dragoman.diagnosis.shift.expectation import Expectation
from dragoman.diagnosis.shift.language import OtherLanguage


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the two samples.

    Attributes:
        origin: phrase that says which examples these are.
        examples: number of examples that are compared.
        documents: number of documents that they come in; None if each is taken by itself.
        copies: number of further examples that were left out, since they equal one that is compared.
        blank: number of further examples that were left out, since there is no text in them.
    """

    origin: str
    examples: int
    documents: int | None = None
    copies: int = 0
    blank: int = 0


@dataclass(frozen=True, slots=True)
class FeatureShift:
    """How much one feature differs.

    Attributes:
        name: name of the feature.
        old: mean of the feature over the old examples.
        new: mean of the feature over the new examples.
        distance: largest difference of its two distribution functions (Kolmogorov–Smirnov), from 0 to 1.
        p_value: p-value after Holm's correction over all features.
    """

    name: str
    old: float
    new: float
    distance: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Distributions:
    """The values of one feature in both samples, for a picture.

    Attributes:
        name: name of the feature.
        old: values of the n old examples.
        new: values of the m new examples.
    """

    name: str
    old: Float[np.ndarray, " n"]
    new: Float[np.ndarray, " m"]


@dataclass(frozen=True, slots=True)
class ForeignInput:
    """A new input that is unlike the old ones.

    Attributes:
        number: number of the input among those that were given, from 1.
        text: the input as text for people, cut.
        score: probability that it is a new one, by a classifier that was fitted without it, where old and new inputs
            are equally many.
    """

    number: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class InputShift:
    """How much the inputs differ.

    Attributes:
        p_value: p-value of "they are distributed alike", over all tests.
        tests: p-value of each test by its name.
        auc: probability that a classifier finds a new input newer than an old one; 0.5 by chance.
        power: probability that a difference of this size is found at this sample size; None if it was not estimated.
        power_of_half: the same of a difference half this size.
        detectable: AUC below which a difference is found with a probability of less than 80 %; None if it was not
            estimated.
        features: all features, those that differ most first.
        foreign: the new inputs that are the most unlike the old ones, the most foreign first.
    """

    p_value: float
    tests: dict[str, float]
    auc: float
    power: float | None
    power_of_half: float | None
    detectable: float | None
    features: tuple[FeatureShift, ...]
    foreign: tuple[ForeignInput, ...]


@dataclass(frozen=True, slots=True)
class ClassShare:
    """The share of one class.

    Attributes:
        name: name of the class.
        old: share of the old examples that are of it.
        new: estimated share of the new examples that are of it.
        low: lower end of the 95 % interval of the new share.
        high: upper end of it.
    """

    name: str
    old: float
    new: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ClassShift:
    """How the shares of classes differ.

    Attributes:
        kind: phrase for what the classes are of, such as ``labels``.
        shares: share of each class; empty where the new ones cannot be estimated.
        differ: whether they differ significantly.
        observed: p-value of "they are as before" by true labels of the new examples; None where these are not known,
            or the classes are no labels.
        distance: total variation distance of old and new shares: the share of examples that would have to change their
            class.
        within: p-value of "the inputs within the classes are distributed as before"; None if it was not asked.
        before: expected accuracy of the model on the new inputs as it is; None if it predicts no classes.
        after: expected accuracy with its probabilities re-weighted to the new shares.
        remark: sentence on why the new shares cannot be estimated, or on how; empty for none.
    """

    kind: str
    shares: tuple[ClassShare, ...]
    differ: bool
    distance: float
    observed: float | None = None
    within: float | None = None
    before: Expectation | None = None
    after: Expectation | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class OutputShift:
    """How much the outputs of like inputs differ, by the model's losses and residuals.

    Attributes:
        p_value: p-value of "they are as before".
        gap: mean loss on the new examples less that on old examples with like inputs.
        low: lower end of the 95 % interval of the gap.
        high: upper end of it.
        new: mean loss on all new examples.
        alike: phrase that says which old examples are compared with the new ones.
        pairs: number of pairs of an old and a new example that are worth as much.
        residual: name of the residual that differs most, if its p-value is the smaller one; otherwise empty.
        residual_effect: mean of this residual among new examples less that among old ones.
    """

    p_value: float
    gap: float
    low: float
    high: float
    new: float
    alike: str
    pairs: float
    residual: str = ""
    residual_effect: float = 0.0

    @property
    def error(self) -> float:
        """Standard error of the gap."""
        return (self.high - self.low) / (2 * 1.96)


@dataclass(frozen=True, slots=True)
class ExpectedResults:
    """What the model achieves on old examples, and is expected to achieve on the new ones.

    Attributes:
        unit: unit of the loss.
        measured: whether results on the new inputs are measured, since their true outputs are known; otherwise they are
            estimated by old examples that are weighted.
        old_loss: loss on the old examples; None if it is not known.
        new_loss: loss on the new inputs; None if it is not known.
        old_accuracy: share of right labels on the old examples; None if labels are not predicted, or not known.
        new_accuracy: share of right labels on the new inputs.
    """

    unit: str
    measured: bool
    old_loss: Expectation | None = None
    new_loss: Expectation | None = None
    old_accuracy: Expectation | None = None
    new_accuracy: Expectation | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found.

    Attributes:
        old: the reference.
        new: the new examples.
        inputs: how much the inputs differ.
        classes: how the shares of classes differ, for each kind of classes.
        outputs: how much the outputs of like inputs differ; None if it cannot be told.
        untold: sentence on why it cannot be told; empty if it can.
        expected: what the model is expected to achieve on the new inputs.
        language: the language of the new texts, if it is another one than the model's; otherwise None.
        distributions: features that differ most, for a picture.
        remarks: sentences on what to bear in mind.
    """

    old: Sample
    new: Sample
    inputs: InputShift
    classes: tuple[ClassShift, ...]
    outputs: OutputShift | None
    untold: str
    expected: ExpectedResults
    language: OtherLanguage | None
    distributions: tuple[Distributions, ...]
    remarks: tuple[str, ...]

    @property
    def explanation(self) -> ClassShift | None:
        """The classes whose changed shares explain best that the inputs differ; None if none are a candidate."""
        asked = [classes for classes in self.classes if classes.differ and classes.within is not None]
        return max(asked, key=lambda classes: classes.within or 0.0, default=None)

    @property
    def shifted_classes(self) -> ClassShift | None:
        """The classes of a label shift: those that explain best that the inputs differ, else the labels whose counted
        shares differ; None if there are neither."""
        counted = (classes for classes in self.classes if classes.differ and classes.observed is not None)
        return self.explanation or next(counted, None)

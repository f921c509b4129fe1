"""A copy of a model whose probabilities are re-weighted to new shares of the labels, which needs no training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from dragoman.contracts.expect import expect
from dragoman.diagnosis.shift.diagnose import NewExamples
from dragoman.diagnosis.shift.report import ShiftReport
from dragoman.diagnosis.shift.verdict import ShiftKind
from dragoman.errors import InputError, UnsupportedError
from dragoman.fields.label import LabelField
from dragoman.model.folder import LoadedModel, save_model
from dragoman.recipe.kinds import sentence_of
from dragoman.reference.measure import profile_of_inputs
from dragoman.reference.outputs.labels import LABELS
from dragoman.reference.profile import Profile
from dragoman.reports.text import percent_text
from dragoman.shift.label_shift import LabelShift, label_shift
from dragoman.storage.output import check_new_folder
from dragoman.training.start import Start

CARD = "card.md"
_SHOWN = 60


def reweighted(loaded: LoadedModel, shift: LabelShift) -> LoadedModel:
    """The model with p'(y | x) ∝ w(y) p(y | x), where w are the weights of the recommended estimate, and p is as
    calibrated as it was for that estimate (Saerens et al. 2002, equation 2.4).

    Raises:
        UnsupportedError: if the model predicts no labels.
        InputError: if there is no estimate.
    """
    field = check_predicts_labels(loaded)
    weights, calibration = _weights(shift), shift.calibration
    if weights is None or calibration is None or not calibration.slope > 0:
        raise InputError(
            f"the new shares of the labels cannot be estimated: {shift.reason or 'its probabilities say nothing'}",
            remedy="give more inputs, or a model that tells the labels apart better.",
        )
    # The estimate reads the calibrated probabilities p, and calibrates them once more: exp(a · ln p + b).
    calibrated = replace(field, temperature=field.temperature / calibration.slope, prior_weights=())
    return replace(loaded, target=calibrated.reweighted(weights * np.exp(calibration.biases)))


def write_reweighted(model: Path | str, shift: LabelShift, output: Path | str) -> Path:
    """Write a copy of a model whose probabilities are re-weighted, with a card that says so and names the model.

    What the model keeps of its training distribution is left out, since the copy is for another one.

    Args:
        model: folder of a model that predicts labels, or of a run.
        shift: shift of its labels.
        output: folder of the copy, which does not exist yet or is empty.

    Returns:
        The folder of the copy.

    Raises:
        UnsupportedError: if the model predicts no labels.
        InputError: if there is no model or no estimate.
        OutputError: if the folder cannot be written.
    """
    output = Path(output)
    check_new_folder(output)
    start = Start.open(model)
    found = replace(reweighted(start.loaded, shift), parent=start.parent)
    card = start.folder / CARD
    described = card.read_text(encoding="utf-8") if card.is_file() else f"# {output.name}\n"
    text = _card(described, start, output.name, shift)
    save_model(output, found, {CARD: text})
    return output


def write_reweighted_for(
    report: ShiftReport, loaded: LoadedModel, model: Path | str, new: NewExamples, old: Profile, output: Path | str
) -> Path:
    """Write a copy of a model that is re-weighted to new examples, if the diagnosis has found a label shift.

    Args:
        report: diagnosis of the new examples.
        loaded: the model.
        model: folder of the model.
        new: the new examples.
        old: reference that they were compared with.
        output: folder of the copy.

    Returns:
        The folder of the copy.

    Raises:
        UnsupportedError: if the model predicts no labels.
        InputError: if no label shift was found: where something else has changed, re-weighting does harm.
        OutputError: if the folder cannot be written.
    """
    check_predicts_labels(loaded)
    if ShiftKind.LABEL not in report.verdict.kinds:
        raise InputError(
            f"there is nothing to re-weight probabilities by: {report.verdict.kind.value} is the verdict",
            cause="re-weighting presumes that labels are more or less frequent and that inputs of each label are as "
            "before.",
            remedy="do what the report advises, and leave --write-model away.",
        )
    found = profile_of_inputs(loaded, new.inputs, table=new.table, texts=False)
    before, after = old.classes[LABELS], found.classes[LABELS]
    if before.true is None or before.probabilities is None or after.probabilities is None:
        raise InputError("the reference holds no labels", remedy="give examples with their labels as --reference.")
    shift = label_shift(before.probabilities, before.true, after.probabilities, names=before.names)
    return write_reweighted(model, shift, output)


def check_predicts_labels(loaded: LoadedModel) -> LabelField:
    """The field of a model that predicts labels.

    Raises:
        UnsupportedError: if it predicts none; the tags of a text belong together, so that shares of tags say nothing
            about single words.
    """
    try:
        return expect(loaded.target, LabelField)
    except InputError as error:
        raise UnsupportedError(
            f"{sentence_of(loaded.recipe.model)}, and only probabilities of labels can be re-weighted",
            remedy="train with weights instead: `dragoman diagnose shift MODEL --write-weights FILE`.",
        ) from error


def _weights(shift: LabelShift) -> Float64[np.ndarray, " K"] | None:
    """The weight of each class; one that no new input seems to be of counts as half an input."""
    estimate = shift.recommended
    if estimate is None:
        return None
    shares = np.maximum(estimate.shares, 0.5 / shift.new)
    return shares / shares.sum() / shift.old_shares


def _card(described: str, start: Start, name: str, shift: LabelShift) -> str:
    """The card of the model, with a section on what was changed behind its heading."""
    _, _, rest = described.partition("\n")
    names = expect(start.loaded.target, LabelField).names
    weights = _weights(shift)
    estimate = shift.recommended
    assert weights is not None
    assert estimate is not None
    rows = [
        f"| {label} | {percent_text(old)} | {percent_text(new)} | {weight:.3g} |"
        for label, old, new, weight in zip(names, shift.old_shares, estimate.shares, weights, strict=True)
    ]
    more = [f"\n{len(rows) - _SHOWN:,} more are not shown."] if len(rows) > _SHOWN else []
    return "\n".join(
        [
            f"# {name}",
            "",
            f"A copy of {start.parent} whose probabilities are re-weighted to other shares of the labels, without "
            "training: p'(y | x) ∝ w(y) p(y | x). The shares were estimated from "
            f"{shift.new:,} inputs whose labels were not known. It is for inputs where labels have these shares and "
            "the inputs of each label are as before; what is measured below is of the model before re-weighting.",
            "",
            "| label | share before | share now | w |",
            "|---|---:|---:|---:|",
            *rows[:_SHOWN],
            *more,
            rest,
        ]
    )

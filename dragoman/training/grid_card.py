"""The card of a model that reads pictures or rows, or says labels or numbers (Mitchell et al. 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from dragoman.fields.field import Field, TargetField
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.text.codec import Codec
from dragoman.training.card import CardFacts, bullets, data_facts, model_facts, plain, training_facts

_SHOWN = 60


@runtime_checkable
class _Report(Protocol):
    def as_text(self) -> str: ...


def grid_card(
    facts: CardFacts,
    source: Field,
    target: TargetField,
    report: _Report,
    coefficients: Sequence[tuple[str, ...]] = (),
) -> str:
    """The card as Markdown; names and phrases from ``facts`` are escaped.

    Args:
        facts: what every card says.
        source: what goes in.
        target: what comes out.
        report: the report on the quality.
        coefficients: the coefficients of a linear model, as cells, the headings first.
    """
    reads, says = _reads(source), _says(target)
    blocks = [
        f"# {plain(facts.name)}",
        f"Reads {reads[0]} and says {says[0]}. "
        f"Trained with Dragoman {plain(facts.dragoman_version)}; card written on {plain(facts.date)}.",
        "## How to use it",
        f"```\n{_command(facts.folder, source, target)}\n```",
        "## Intended use",
        f"On {reads[0]} of the kind that it was trained on, where a person looks at the results or a mistake does no "
        "harm.",
        "## When not to use it",
        bullets([*reads[1], *says[1]]),
        "## Data",
        bullets(data_facts(facts, "Examples")),
        *_fields(source, target),
        "## Model",
        bullets(model_facts(facts)),
        *_coefficients(coefficients),
        "## Training",
        bullets(training_facts(facts)),
        "## Quality",
        f"Measured on the {plain(facts.quality_split or 'test set')}:",
        f"```\n{report.as_text()}\n```",
    ]
    return "\n\n".join(blocks) + "\n"


def _reads(source: Field) -> tuple[str, list[str]]:
    """What goes in, and what to beware of."""
    if isinstance(source, PictureField):
        return "pictures", [
            "Pictures of another kind: other fonts, hands, cameras or scripts than in training are often read wrongly, "
            "and the model does not say so."
        ]
    if isinstance(source, RowField):
        return "rows of a table", [
            "Tables whose columns mean something else, or were measured in another way, than those in training.",
            "Rows far outside of what training held: nothing is known of what the model says there.",
        ]
    return "text", ["Text of another subject, style or language than in training."]


def _says(target: TargetField) -> tuple[str, list[str]]:
    """What comes out, and what to beware of."""
    if isinstance(target, LabelField):
        return "labels", [
            f"For anything but the {target.size:,} labels below: whatever goes in, one of them comes out.",
            "Where labels are much more or less frequent than they were in training: its probabilities then mislead.",
            "To decide about a person.",
        ]
    if isinstance(target, NumberField):
        return "numbers", ["Where a single large error does harm: look at the quantiles of the error below."]
    return "text", [
        "Where every character counts, such as numbers of accounts, unless a person compares them with the picture."
    ]


_GIVEN = {Codec: "--input texts.txt", PictureField: "--image picture.png", RowField: "--input table.csv"}
"""How a model that says labels or numbers is given what it reads."""


def _command(folder: str, source: Field, target: TargetField) -> str:
    if isinstance(target, (LabelField, NumberField)):
        given = _GIVEN[type(source)]
        return f"dragoman predict {folder} {given}"
    return f"dragoman read {folder} line.png\ndragoman translate TRANSLATOR --image line.png --reader {folder}"


def _coefficients(rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    heading, *cells = [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
    more = len(cells) - _SHOWN
    return [
        "Coefficients in the units of the data; `Predictor.coefficients()` gives them as a table:",
        "\n".join([heading, f"|---|---|{'---:|' * (len(rows[0]) - 2)}", *cells[:_SHOWN]]),
        *([f"{more:,} more are not shown."] if more > 0 else []),
    ]


def _fields(source: Field, target: TargetField) -> list[str]:
    found: list[Any] = []
    if isinstance(source, RowField):
        found += ["Columns that it reads:", bullets([plain(line) for line in source.describe()])]
    if isinstance(source, PictureField):
        size = source.size
        width = "any width" if size.width is None else f"width {size.width}"
        found.append(f"Pictures are scaled to height {size.height} and {width}, with {size.channels} channel(s).")
    if isinstance(target, LabelField):
        names = [f"{plain(name)} ({count:,})" for name, count in zip(target.names, target.counts, strict=True)]
        more = f" and {target.size - _SHOWN:,} more" if target.size > _SHOWN else ""
        found.append(f"Labels, with their training examples: {', '.join(names[:_SHOWN])}{more}.")
        found.append(f"Probabilities are calibrated with temperature {target.temperature:.3f}.")
    if isinstance(target, NumberField):
        found.append(f"Numbers in training: mean {target.mean:.6g}, standard deviation {target.deviation:.6g}.")
    return found

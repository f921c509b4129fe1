"""The model card of a model that predicts labels or numbers."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.model.coefficients import is_linear, lines
from dragoman.model.folder import LoadedModel
from dragoman.tasks.assessment import Assessment
from dragoman.tasks.card import CardFacts, CardText, card, measured_on, plain
from dragoman.tasks.inputs import Input

_SHOWN = 60


def predicting_card(
    facts: CardFacts,
    best: LoadedModel,
    assessment: Assessment,
    reads: Input,
    *,
    predicts: str,
    beware: Sequence[str],
    described: Sequence[str],
) -> str:
    """Write the card as Markdown.

    Args:
        facts: facts of the run.
        best: best model of the run.
        assessment: the model's quality.
        reads: kind of input.
        predicts: plural name of the output, such as ``labels``.
        beware: cases where the model should not be trusted.
        described: sentences on how inputs are read.
    """
    return card(
        facts,
        CardText(
            purpose=f"Reads {reads.plural} and predicts {predicts}.",
            heading="How to use it",
            use=f"```\ndragoman predict {facts.folder} {reads.option}\n```",
            intended=f"On {reads.plural} of the kind that it was trained on, where a person looks at the results or a "
            "mistake does no harm.",
            limits=[*reads.beware, *beware],
            examples="Examples",
            details=[*reads.described(best.source), *described, *_coefficients(best)],
            quality=measured_on(facts, assessment.report.as_text()),
        ),
    )


def with_counts(names: Sequence[str], counts: Sequence[int]) -> str:
    """The names, each with how often it occurs in training; those beyond a page are only counted."""
    shown = [f"{plain(name)} ({count:,})" for name, count in zip(names, counts, strict=True)][:_SHOWN]
    return ", ".join(shown) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")


def _coefficients(best: LoadedModel) -> list[str]:
    """A table of the coefficients of a linear model, in the units of the data."""
    if not is_linear(best):
        return []
    rows = lines(best)
    heading, *cells = [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
    more = len(cells) - _SHOWN
    return [
        "Coefficients in the units of the data; `Predictor.coefficients()` gives them as a table:",
        "\n".join([heading, f"|---|---|{'---:|' * (len(rows[0]) - 2)}", *cells[:_SHOWN]]),
        *([f"{more:,} more are not shown."] if more > 0 else []),
    ]

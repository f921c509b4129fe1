"""What the card of an adapted model says beside what every card says."""

from __future__ import annotations

from dragoman.adaptation.report import AdaptationReport
from dragoman.tasks.card import plain

_HEADING, _BEFORE = "## Adaptation", "\n## Quality\n"


def with_adaptation(card: str, report: AdaptationReport) -> str:
    """A card with a section on what the model was adapted from, what it gained and what it forgot.

    Args:
        card: the card of the run, as Markdown.
        report: results of the adaptation.
    """
    section = "\n\n".join(
        [
            _HEADING,
            f"Adapted from the model {plain(report.parent)}. {plain(report.headline()[:1].upper())}"
            f"{plain(report.headline()[1:])}.",
            f"```\n{report.as_text()}\n```",
        ]
    )
    before, found, after = card.partition(_BEFORE)
    return f"{before}\n{section}\n{found}{after}"

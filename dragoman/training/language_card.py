"""The card of a language model (Mitchell et al. 2019)."""

from __future__ import annotations

from dragoman.evaluation.language_report import LanguageReport
from dragoman.training.card import CardFacts, bullets, data_facts, language_name, model_facts, plain, training_facts


def language_card(facts: CardFacts, report: LanguageReport) -> str:
    """The card as Markdown; names and phrases from ``facts`` are escaped."""
    language = plain(language_name(facts.target_language))
    blocks = [
        f"# {plain(facts.name)}",
        f"A language model of {language}: it says how probable a text is, and goes on with one. "
        f"Trained with Dragoman {plain(facts.dragoman_version)}; card written on {plain(facts.date)}.",
        "## How to use it",
        f"```\ndragoman score {facts.folder} < text.txt\ndragoman generate {facts.folder} --prompt '...'\n"
        f"dragoman translate TRANSLATOR --language-model {facts.folder} < in.txt\n```",
        "## Intended use",
        f"To rank {language} text of the kind that it was trained on, or to make a translator's output more fluent.",
        "## When not to use it",
        bullets(
            [
                "To learn facts from what it writes: it knows how text goes on, not what is true.",
                "On text of another subject or language: improbable does not mean wrong.",
                "As a judge of people or of what is decent: what the training text holds, its biases included, it "
                "repeats. It may also repeat private details of that text.",
            ]
        ),
        "## Data",
        bullets(data_facts(facts, "Lines")),
        "## Model",
        bullets(model_facts(facts)),
        "## Training",
        bullets(training_facts(facts)),
        "## Quality",
        f"Measured on the {plain(facts.quality_split or 'test set')}:",
        f"```\n{report.as_text()}\n```",
    ]
    return "\n\n".join(blocks) + "\n"

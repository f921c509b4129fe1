"""``dragoman demo``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dragoman.training.run import Run

_SENTENCES = {"translation": 30_000, "tags": 12_000}
_FOLDERS = {"translation": Path("runs/demo"), "tags": Path("runs/demo-tags")}
_SEED = 1


class Shown(StrEnum):
    """What the demo shows."""

    TRANSLATION = "translation"
    TAGS = "tags"


def demo(
    what: Annotated[
        Shown,
        typer.Argument(
            help="A translator of generated phrases; or tags for the words of generated sentences: which language each "
            "is in, and what is a name, a number or markup."
        ),
    ] = Shown.TRANSLATION,
    source_language: Annotated[str | None, typer.Option("--from", help="Source language; by default en.")] = None,
    target_language: Annotated[str | None, typer.Option("--to", help="Target language; by default fr.")] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder of the run; by default runs/demo, of tags runs/demo-tags.")
    ] = None,
    pairs: Annotated[
        int | None,
        typer.Option(
            min=1000,
            max=10**7,
            help="Sentence pairs to generate, by default 30000; of tags sentences, by default 12000.",
        ),
    ] = None,
) -> None:
    """Train and evaluate a small model on generated sentences, offline, in about three minutes.

    The phrases are dates, times, durations, numbers, units, currencies, lists, countries and languages, written by
    the rules of the Unicode CLDR for each language. `dragoman demo tags` mixes them in sentences of several languages.
    """
    folder, count = output or _FOLDERS[what], pairs or _SENTENCES[what]
    if what is Shown.TRANSLATION:
        _translation(source_language or "en", target_language or "fr", folder, count)
        return
    _refuse_languages(source_language, target_language)
    from dragoman.cli.demo_tags import demo_tags

    demo_tags(folder, count, _SEED)


def _refuse_languages(source: str | None, target: str | None) -> None:
    from dragoman.errors import InputError

    for option, value in (("--from", source), ("--to", target)):
        if value is not None:
            raise InputError(
                f"{option} {value} is a language to translate, and `demo tags` mixes its own",
                remedy=f"leave {option} away, or leave `tags` away.",
            )


def _translation(source_language: str, target_language: str, output: Path, pairs: int) -> None:
    import pandas as pd

    from dragoman.cli.report import print_run
    from dragoman.data.locale_phrases import generate
    from dragoman.recipe import load_recipe
    from dragoman.training.run import train

    languages = {"source_language": source_language, "target_language": target_language}
    recipe = load_recipe("demo", changes={"data": languages})
    print(f"Generating {pairs:,} pairs of phrases, {source_language} → {target_language} …")
    frame = pd.DataFrame(generate(source_language, target_language, pairs, _SEED), columns=["source", "target"])
    run = train(recipe, output, train=frame, progress=True)
    print_run(run)
    _show_translations(run)
    print(
        "\nNext, with your own text:\n"
        "  dragoman train tiny --source YOURS.en --target YOURS.fr --from en --to fr\n"
        f"Look inside this model:\n  dragoman describe {run.best}"
    )


def _show_translations(run: Run, count: int = 8) -> None:
    """Some phrases of the test set beside their translation and, where it differs, their reference."""
    from dragoman.predict.translator import Translator

    test = run.files.dataset().test
    if test is None:
        return
    sources, references = test.source_texts()[:count], test.target_texts()[:count]
    outputs = Translator.load(run.best).translate(sources)
    print("\nPhrases that it never saw:")
    for source, output, reference in zip(sources, outputs, references, strict=True):
        print(f"  {source}\n    → {output}" + ("" if output == reference else f"   (expected: {reference})"))

"""``dragoman demo``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dragoman.training.run import Run

_PAIRS = 30_000
_SEED = 1


def demo(
    source_language: Annotated[str, typer.Option("--from", help="Source language.")] = "en",
    target_language: Annotated[str, typer.Option("--to", help="Target language.")] = "fr",
    output: Annotated[Path, typer.Option(help="Folder of the run.")] = Path("runs/demo"),
    pairs: Annotated[int, typer.Option(min=1000, max=10**7, help="Sentence pairs to generate.")] = _PAIRS,
) -> None:
    """Train and evaluate a small translator on generated phrases, offline, in about three minutes.

    The phrases are dates, times, durations, numbers, units, currencies, lists, countries and languages, written by
    the rules of the Unicode CLDR for each language.
    """
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

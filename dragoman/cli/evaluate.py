"""``dragoman evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.predict.translator import Translator


def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    source: Annotated[Path | None, typer.Option(help="Text file, one source sentence a line.")] = None,
    target: Annotated[Path | None, typer.Option(help="Text file with the references.")] = None,
    table: Annotated[Path | None, typer.Option(help="TSV or CSV file instead of two text files.")] = None,
    columns: Annotated[str | None, typer.Option(help="Columns of the table, such as en,de.")] = None,
    beam: Annotated[int | None, typer.Option(min=1, help="Beam width; 1 is greedy. By default the recipe's.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write the translations, one a line.")] = None,
) -> None:
    """Measure BLEU, chrF2++, TER and exact match with confidence intervals.

    Without data of its own, a model inside a run is measured on that run's test set.
    """
    from dragoman.cli.settings import corpus
    from dragoman.evaluation.translation_report import evaluate_translations
    from dragoman.predict.translator import Translator
    from dragoman.storage.folder import write_file

    translator = Translator.load(model, device=device)
    section = corpus(source, target, table, columns)
    sources, references = _given(translator, section) if section else _held_out(model)
    outputs = translator.translate(sources, beam=beam)
    report = evaluate_translations(outputs, references, target_language=translator.recipe.data.target_language)
    if output is not None:
        write_file(output, "".join(" ".join(text.splitlines()) + "\n" for text in outputs).encode())
    if json_file is not None:
        write_file(json_file, (json.dumps(report.to_dict(), indent=2) + "\n").encode())
    print(report.as_text())


def _given(translator: Translator, section: dict[str, object]) -> tuple[list[str], list[str]]:
    from dragoman.data.corpora import read_corpus
    from dragoman.recipe import recipe_from

    recipe = recipe_from({"data": {"test": section}})
    assert recipe.data.test is not None
    pairs = list(read_corpus(recipe.data.test))
    if not pairs:
        raise InputError("no pairs to evaluate on", remedy="give a corpus with at least one line.")
    return [pair.source for pair in pairs], [pair.target for pair in pairs]


def _held_out(model: Path) -> tuple[list[str], list[str]]:
    from dragoman.data.dataset import Dataset

    folder = model.absolute().parent / "dataset"
    if not folder.is_dir():
        raise InputError(
            "this model does not lie in its run, so there is no test set beside it",
            file=model,
            remedy="give --source and --target, or --table.",
        )
    test = Dataset.open(folder).test
    if test is None:
        raise InputError(
            "the run of this model held out no test set",
            file=model,
            cause="validation files were given, and no test files.",
            remedy="give --source and --target, or --table.",
        )
    return test.source_texts(), test.target_texts()

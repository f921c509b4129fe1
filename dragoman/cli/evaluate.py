"""``dragoman evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.data.dataset import Examples
    from dragoman.predict.translator import Translator
    from dragoman.predict.writer import Writer


def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    source: Annotated[Path | None, typer.Option(help="Text file, one source sentence a line.")] = None,
    target: Annotated[Path | None, typer.Option(help="Text file with the references.")] = None,
    corpus: Annotated[list[Path] | None, typer.Option(help="File of pairs instead. Repeatable.")] = None,
    columns: Annotated[str | None, typer.Option(help="Columns of the file, such as en,de.")] = None,
    file_format: Annotated[str | None, typer.Option("--format", help="Format, if the name does not tell.")] = None,
    text: Annotated[Path | None, typer.Option(help="Text file, for a language model.")] = None,
    beam: Annotated[int | None, typer.Option(min=1, help="Beam width; 1 is greedy. By default the recipe's.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    engine: Annotated[
        str, typer.Option(help="What searches: torch, ctranslate2, or auto: the fastest that is exact enough.")
    ] = "torch",
    compute: Annotated[
        str, typer.Option(help="Numbers of ctranslate2's matrix products: float32, int8, or auto.")
    ] = "auto",
    shortlist: Annotated[
        bool, typer.Option("--shortlist", help="Score only symbols of the model's lexical shortlist (ctranslate2).")
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write the translations, one a line.")] = None,
) -> None:
    """Measure BLEU, chrF2++, TER, exact match and kept placeholders, or of a language model perplexity and bits per
    character, with confidence intervals.

    Without data of its own, a model inside a run is measured on that run's test set.
    """
    from dragoman.cli.settings import corpora
    from dragoman.evaluation.translation_report import evaluate_translations
    from dragoman.export.shortlist_file import load_shortlist
    from dragoman.model.device import choose_device
    from dragoman.model.folder import load_model
    from dragoman.predict.choose_engine import choose_engine
    from dragoman.predict.translator import Translator
    from dragoman.predict.writer import Writer
    from dragoman.storage.folder import write_file

    loaded = load_model(model, choose_device(device))
    if loaded.recipe.model.is_language_model:
        _evaluate_language_model(Writer.of(loaded, model), model, text, json_file)
        return
    if text is not None:
        raise InputError("--text is for language models", file=text, remedy="give --source and --target, or --corpus.")
    translator = Translator.of(loaded, model)
    narrowed = load_shortlist(model, *loaded.vocabularies) if shortlist else None
    translator.engine = choose_engine(loaded, engine, compute=compute, shortlist=narrowed)
    sections = corpora(source, target, corpus, None, columns, file_format)
    sources, references, names = _given(translator, sections) if sections else _held_out(model)
    outputs = translator.translate(sources, beam=beam)
    language = translator.recipe.data.target_language
    report = evaluate_translations(outputs, references, target_language=language, corpora=names)
    if output is not None:
        write_file(output, "".join(" ".join(text.splitlines()) + "\n" for text in outputs).encode())
    if json_file is not None:
        write_file(json_file, (json.dumps(report.to_dict(), indent=2) + "\n").encode())
    print(report.as_text())


def _evaluate_language_model(writer: Writer, model: Path, text: Path | None, json_file: Path | None) -> None:
    from dragoman.cli.text_input import read_lines
    from dragoman.evaluation.language_report import evaluate_language_model
    from dragoman.storage.folder import write_file

    lines = list(read_lines(text)) if text is not None else _test_split(model).target_texts()
    scores = writer.score([line for line in lines if line.strip()])
    report = evaluate_language_model(scores.nats, scores.tokens, scores.characters)
    if json_file is not None:
        write_file(json_file, (json.dumps(report.to_dict(), indent=2) + "\n").encode())
    print(report.as_text())


Examined = tuple[list[str], list[str], list[str]]
"""Sources, references, and the name of the corpus that each is from."""


def _given(translator: Translator, sections: list[dict[str, object]]) -> Examined:
    from dragoman.data.corpora import read_corpus
    from dragoman.data.pair import Pair
    from dragoman.recipe import recipe_from

    data = translator.recipe.data
    found = [
        (entry.source, entry.target, corpus.title)
        for corpus in recipe_from({"data": {"test": sections}}).data.test
        for entry in read_corpus(corpus, data.source_language, data.target_language)
        if isinstance(entry, Pair)
    ]
    if not found:
        raise InputError("no pairs to evaluate on", remedy="give a corpus with at least one pair.")
    sources, references, names = map(list, zip(*found, strict=True))
    return sources, references, names


def _held_out(model: Path) -> Examined:
    from dragoman.data.dataset import Dataset

    test = _test_split(model)
    corpora = Dataset.open(_dataset(model)).corpora
    names = [corpora[number].name for number in test.corpora]
    return test.source_texts(), test.target_texts(), names


def _dataset(model: Path) -> Path:
    folder = model.absolute().parent / "dataset"
    if not folder.is_dir():
        raise InputError(
            "this model does not lie in its run, so there is no test set beside it",
            file=model,
            remedy="give --source and --target, or --corpus; to a language model --text.",
        )
    return folder


def _test_split(model: Path) -> Examples:
    from dragoman.data.dataset import Dataset

    test = Dataset.open(_dataset(model)).test
    if test is None:
        raise InputError(
            "the run of this model held out no test set",
            file=model,
            cause="validation files were given, and no test files.",
            remedy="give --source and --target, or --corpus; to a language model --text.",
        )
    return test

"""``dragoman evaluate``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.cli import data_options as given
from dragoman.cli.data_options import data_option
from dragoman.cli.numbers import Beam
from dragoman.cli.output_file import output_option
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.cli.settings import Sections
    from dragoman.model.folder import LoadedModel
    from dragoman.predict.writer import Writer
    from dragoman.recipe import Recipe
    from dragoman.recipe.data import CorpusRecipe
    from dragoman.training.task import Report

_TEXT = (
    "Text file, for a language model, or to be rendered for a reader; as LABEL=FILE for a model that says labels. "
    "Repeatable."
)
_COLUMNS = "Columns of the file: source and target, such as en,de; of rows the target alone."
_ENGINE = "What searches, of translators: torch, ctranslate2, or auto: the fastest that is exact enough."
_COMPUTE = "Numbers of ctranslate2's matrix products: float32, int8, or auto."
_SHORTLIST = "Score only symbols of the model's lexical shortlist (ctranslate2)."
_PICTURE = "Draw which labels are confused, or how far numbers are off, as PNG."


def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    source: Annotated[Path | None, data_option("Text file, one source a line.")] = None,
    target: Annotated[Path | None, data_option("Text file with the references, labels or numbers.")] = None,
    corpus: Annotated[
        list[Path] | None,
        data_option("File of pairs, table, or folder of pictures instead, as in training. Repeatable."),
    ] = None,
    catalogue: given.Catalogues = None,
    columns: Annotated[str | None, data_option(_COLUMNS)] = None,
    file_format: Annotated[str | None, typer.Option("--format", help="Format, if the name does not tell.")] = None,
    separator: given.Separator = None,
    decimal: given.DecimalMark = None,
    text: Annotated[list[str] | None, data_option(_TEXT)] = None,
    beam: Beam = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    engine: Annotated[str, typer.Option(help=_ENGINE)] = "torch",
    compute: Annotated[str, typer.Option(help=_COMPUTE)] = "auto",
    shortlist: Annotated[bool, typer.Option("--shortlist", help=_SHORTLIST)] = False,
    json_file: Annotated[Path | None, output_option("Write the report as JSON.", "--json")] = None,
    output: Annotated[Path | None, output_option("Write what the model said, one a line.")] = None,
    picture: Annotated[Path | None, output_option(_PICTURE)] = None,
) -> None:
    """Measure how good a model is, with confidence intervals.

    Translations: BLEU, chrF2++, TER, exact match, kept placeholders. Text that was read from pictures: character and
    word error rate. Labels: accuracy, macro-F1, calibration. Numbers: RMSE, MAE, R². Language models: perplexity, bits
    per character. Without data of its own, a model inside a run is measured on that run's test set.
    """
    from dragoman.cli.settings import corpora
    from dragoman.model.device import choose_device
    from dragoman.model.folder import load_model
    from dragoman.storage.output import check_outputs

    inputs = [model, *(path for path in (source, target) if path is not None), *(corpus or ()), *(catalogue or ())]
    check_outputs({"--json": json_file, "--output": output, "--picture": picture}, inputs)
    loaded = load_model(model, choose_device(device))
    sections = corpora(source, target, corpus, catalogue, columns, file_format, text, written=(separator, decimal))
    given = _fitting(loaded.recipe, sections, columns) if sections else ()
    says, is_translator = loaded.recipe.model.says, loaded.recipe.model.is_translator
    _refuse(model, "--picture", "is for models that say labels or numbers", picture is not None and says == "text")
    _refuse(model, "--beam", "is of a search, and this model has none", beam is not None and not _searches(loaded))
    of_engines = engine != "torch" or compute != "auto" or shortlist
    _refuse(model, "--engine, --compute, --shortlist", "are for translators", of_engines and not is_translator)
    if loaded.recipe.model.is_language_model:
        from dragoman.predict.writer import Writer

        _refuse(
            model, "--output", "is for what a model said, and a language model says nothing here", output is not None
        )
        said: list[str] = []
        report = _language_model(Writer.of(loaded, model), model, given)
    elif is_translator:
        report, said = _translator(loaded, model, given, beam, (engine, compute, shortlist))
    else:
        report, said = _grid(loaded, model, given, beam, picture)
    _write(report, said, json_file, output)
    print(report.as_text())


def _write(report: Report, said: list[str], json_file: Path | None, output: Path | None) -> None:
    from dragoman.storage.output import write_output

    if output is not None:
        write_output(output, "".join(" ".join(text.splitlines()) + "\n" for text in said).encode())
    if json_file is not None:
        write_output(json_file, (json.dumps(report.to_dict(), indent=2) + "\n").encode())


def _refuse(model: Path, option: str, what_for: str, is_given: bool) -> None:
    if is_given:
        raise InputError(f"{option} {what_for}", file=model, remedy=f"leave {option} away.")


def _searches(loaded: LoadedModel) -> bool:
    model = loaded.recipe.model
    return model.says == "text" and not model.is_language_model


def _fitting(recipe: Recipe, sections: Sections, columns: str | None) -> Sequence[CorpusRecipe]:
    """The corpora that were given, if they are of the kind that the model learnt from.

    Raises:
        InputError: if they are not.
    """
    from dragoman.cli.settings import check_columns, fitting_options
    from dragoman.errors import RecipeError
    from dragoman.recipe import recipe_from

    check_columns(columns, recipe)
    learnt = recipe.data.train[:1] if columns is None and not recipe.model.is_translator else ()
    named = {name: getattr(one, name) for one in learnt for name in ("source_column", "target_column")}
    test = [{**named, **section} if "path" in section else section for section in sections]
    values: dict[str, Any] = recipe.model_dump(exclude_none=True)
    data = {**values["data"], "train": (), "validation": (), "test": test}
    try:
        return recipe_from({**values, "data": data}).data.test
    except RecipeError as error:
        problems = [problem.removeprefix("recipe: ").replace("data.test: ", "") for problem in error.problems]
        raise InputError("; ".join(problems), remedy=f"give {fitting_options(recipe)}.") from None


def _grid(
    loaded: LoadedModel, model: Path, given: Sequence[CorpusRecipe], beam: int | None, picture: Path | None
) -> tuple[Report, list[str]]:
    from dragoman.cli.grid_evaluation import measure_corpora, measure_examples

    if given:
        measured = measure_corpora(loaded, given, model, beam)
    else:
        measured = measure_examples(loaded, _test_split(loaded.recipe, model), model, beam)
    if picture is not None and measured.draw is not None:
        place = model.absolute()
        measured.draw(picture, place.parent.name if place.name == "best" else place.name)
    return measured.report, measured.said


def _translator(
    loaded: LoadedModel,
    model: Path,
    given: Sequence[CorpusRecipe],
    beam: int | None,
    engine: tuple[str, str, bool],
) -> tuple[Report, list[str]]:
    from dragoman.evaluation.translation_report import evaluate_translations
    from dragoman.export.shortlist_file import load_shortlist
    from dragoman.predict.choose_engine import choose_engine
    from dragoman.predict.translator import Translator

    name, compute, shortlist = engine
    translator = Translator.of(loaded, model)
    narrowed = load_shortlist(model, *loaded.vocabularies) if shortlist else None
    translator.engine = choose_engine(loaded, name, compute=compute, shortlist=narrowed)
    sources, references, names = _pairs(loaded.recipe, given) if given else _held_out(loaded.recipe, model)
    outputs = translator.translate(sources, beam=beam)
    language = translator.recipe.data.target_language
    report = evaluate_translations(
        outputs,
        references,
        target_language=language,
        corpora=names,
        placeholders=translator.source.placeholders,
    )
    return report, outputs


def _language_model(writer: Writer, model: Path, given: Sequence[CorpusRecipe]) -> Report:
    from dragoman.cli.text_input import read_lines
    from dragoman.evaluation.language_report import evaluate_language_model

    if given:
        lines = [line for corpus in given for line in read_lines(corpus.text)]
    else:
        lines = _test_split(writer.recipe, model).target_texts()
    scores = writer.score([line for line in lines if line.strip()])
    return evaluate_language_model(scores.nats, scores.tokens, scores.characters)


Examined = tuple[list[str], list[str], list[str]]
"""Sources, references, and the name of the corpus that each is from."""


def _pairs(recipe: Recipe, given: Sequence[CorpusRecipe]) -> Examined:
    from dragoman.data.corpora import read_corpus
    from dragoman.data.pair import Pair

    found = [
        (entry.source, entry.target, corpus.title)
        for corpus in given
        for entry in read_corpus(corpus, recipe.data.source_language, recipe.data.target_language)
        if isinstance(entry, Pair)
    ]
    if not found:
        raise InputError("no pairs to evaluate on", remedy="give a corpus with at least one pair.")
    sources, references, names = map(list, zip(*found, strict=True))
    return sources, references, names


def _held_out(recipe: Recipe, model: Path) -> Examined:
    from dragoman.training.task import task_of

    test = _test_split(recipe, model)
    corpora = task_of(recipe).open(_dataset(recipe, model)).corpora
    names = [corpora[number].name for number in test.corpora]
    return test.source_texts(), test.target_texts(), names


def _dataset(recipe: Recipe, model: Path) -> Path:
    from dragoman.cli.settings import fitting_options

    folder = model.absolute().parent / "dataset"
    if not folder.is_dir():
        raise InputError(
            "this model does not lie in its run, so there is no test set beside it",
            file=model,
            remedy=f"give {fitting_options(recipe)}.",
        )
    return folder


def _test_split(recipe: Recipe, model: Path) -> Any:
    from dragoman.cli.settings import fitting_options
    from dragoman.training.task import task_of

    test = task_of(recipe).open(_dataset(recipe, model)).test
    if test is None:
        raise InputError(
            "the run of this model held out no test set",
            file=model,
            cause="validation files were given, and no test files.",
            remedy=f"give {fitting_options(recipe)}.",
        )
    return test

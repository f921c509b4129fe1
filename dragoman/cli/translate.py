"""``dragoman translate``."""

from __future__ import annotations

import functools
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.constraint_options import GivenTranslationConstraints
from dragoman.cli.option_group import takes_groups
from dragoman.cli.options import Device, finite
from dragoman.cli.output_file import STANDARD_OUTPUT, Sink, opened_sink, output_option
from dragoman.cli.search_options import GivenSearch
from dragoman.cli.text_input import STANDARD_INPUT, opened, size_of
from dragoman.errors import InputError, OutputError

if TYPE_CHECKING:
    from dragoman.contracts import SearchRequest
    from dragoman.predict.file_translation import Setting, Watch
    from dragoman.predict.output_form import OutputForm
    from dragoman.predict.translation import Translation
    from dragoman.predict.translator import StreamedChunk, Translator

_IMAGE = "Picture of a line of text, or folder of such, to read and translate. Repeatable."
_N_BEST = "Write this many translations a line, as a table with scores."
_LANGUAGE_MODEL = "Folder of a language model over the same vocabulary, for more fluent outputs."
_WEIGHT = typer.Option(
    "--language-model-weight", min=0, max=1000, callback=finite, help="Its weight, against the translator's 1."
)
_ENGINE = "What searches: native, torch, ctranslate2, or auto: the fastest that is exact enough."
_COMPUTE = "Numbers of its matrix products: float32, bfloat16, int8, or auto, as chosen when the model was saved."
_JSON = "Write a line of JSON for each translation: text, scores, and what a person should look at."
_SHORTLIST = "Score only symbols of the model's lexical shortlist, or all; by default as chosen when it was saved."
_PROGRESS = "Show how far it is, or nothing but errors; by default on a terminal."


@takes_groups
def translate(
    search: GivenSearch,
    demands: GivenTranslationConstraints,
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    source: Annotated[Path | None, typer.Option("--input", help="Text file; standard input if not given.")] = None,
    image: Annotated[list[Path] | None, typer.Option(help=_IMAGE)] = None,
    reader: Annotated[Path | None, typer.Option(help="Folder of the model that reads --image.")] = None,
    output: Annotated[Path | None, output_option("Text file; standard output if not given.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an --output that was interrupted.")] = False,
    n_best: Annotated[int, typer.Option(min=1, max=1000, help=_N_BEST)] = 1,
    json_lines: Annotated[bool, typer.Option("--json-lines", help=_JSON)] = False,
    language_model: Annotated[Path | None, typer.Option(help=_LANGUAGE_MODEL)] = None,
    weight: Annotated[float, _WEIGHT] = 0.1,
    progress: Annotated[bool | None, typer.Option("--progress/--quiet", help=_PROGRESS)] = None,
    device: Device = "auto",
    engine: Annotated[str, typer.Option(help=_ENGINE)] = "auto",
    compute: Annotated[str, typer.Option(help=_COMPUTE)] = "auto",
    shortlist: Annotated[bool | None, typer.Option("--shortlist/--no-shortlist", help=_SHORTLIST)] = None,
) -> None:
    """Translate text line by line, as many lines out as in. Pictures of a line each are read first."""
    from dragoman.data.formats.plain_text import check_text_files
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_output

    search.check()
    folders = [folder for folder in (model, language_model, reader) if folder is not None]
    inputs: list[Path | None] = [*(image or ()), *([] if image else [source]), demands.terminology]
    check_output(output or STANDARD_OUTPUT, [*folders, *inputs])
    check_text_files(*([source] if source is not None else []))
    for folder in folders:
        check_model(folder)

    from dragoman.cli.translation_progress import TranslationProgress, wanted
    from dragoman.data.line_chunks import read_chunks
    from dragoman.model.folder import recipe_in
    from dragoman.predict.file_translation import FileTranslation
    from dragoman.predict.translator import Translator

    pictures = _checked_pictures(source, image, reader)
    output, to_stream = _checked(
        output, [*folders, *(pictures if image else [source]), demands.terminology], resume=resume
    )
    recipe = recipe_in(model)
    languages = recipe.data.source_language, recipe.data.target_language
    constraints = demands.of_languages(*languages, recipe.cleaning.unicode_form)
    translator = Translator.load(
        model,
        device=device,
        language_model=language_model,
        language_model_weight=weight,
        engine=engine,
        compute=compute,
        shortlist=shortlist,
    )
    request = search.request(translator.recipe.search, n_best)
    form = _form(n_best, json_lines, proofs=search.search == "exact")
    translator.check_constraints(constraints)
    if engine == "auto" and progress is not False:
        print(f"engine: {translator.searching(request, constraints)}", file=sys.stderr)
    read = _read(pictures, reader, device, shown=progress is not False) if reader is not None else None
    name = source or (STANDARD_INPUT if read is None else "pictures")
    with (
        opened(source) if read is None else io.BytesIO(read) as stream,
        TranslationProgress(
            size_of(source) if read is None else len(read),
            shown=wanted(progress, to_terminal=output is None and sys.stdout.isatty()),
            resumable=not to_stream,
            remarks=n_best == 1 and not json_lines and progress is not False,
        ) as watch,
    ):
        if output is None or to_stream:
            with opened_sink(output) as sink:
                chunks = read_chunks(stream, name)
                _write_translations(translator.stream_chunks(chunks, request, constraints), form, watch, sink)
            concerns = watch.concerns
        else:
            run = functools.partial(translator.translate_chunks, request=request, constraints=constraints)
            settings = _settings(translator, model, language_model, weight, request, json_lines) | demands.settings()
            concerns = FileTranslation(output, form, run, settings).run(stream, name, watch, resume=resume)
        watch.end(concerns if progress is not False else None)


def _checked_pictures(source: Path | None, images: list[Path] | None, reader: Path | None) -> list[Path]:
    """The pictures to read, when it is clear that the input is either text or pictures, and readable."""
    from dragoman.cli.picture_input import readable_files
    from dragoman.data.formats.plain_text import check_text_files

    if images and reader is None:
        raise InputError(
            "--image gives pictures, and a translator reads text",
            file=images[0],
            remedy="give the folder of a model that reads pictures with --reader; `dragoman train reader` makes one.",
        )
    if reader is not None and not images:
        raise InputError(
            "--reader was given, and no picture to read", file=reader, remedy="give pictures with --image."
        )
    if images and source is not None:
        raise InputError(
            "--input and --image were both given", file=source, remedy="translate the text and the pictures in turn."
        )
    if source is not None:
        check_text_files(source)
    return readable_files(images or [])


def _checked(output: Path | None, inputs: list[Path | None], *, resume: bool) -> tuple[Path | None, bool]:
    """Where the output lies when links are followed, and whether it is a stream, which cannot be resumed."""
    from dragoman.storage.output import check_output, final_place, is_stream
    from dragoman.storage.resumable_file import refuse_unfinished

    check_output(output or STANDARD_OUTPUT, inputs)
    if output is not None and not is_stream(output):
        place = final_place(output)
        if not resume:
            refuse_unfinished(place)
        return place, False
    if resume:
        named = "standard output" if output is None else "a device or a pipe"
        raise OutputError(
            f"what goes to {named} cannot be resumed", file=output, remedy="give the name of a file with --output."
        )
    return output, True


def _read(pictures: list[Path], folder: Path, device: str, *, shown: bool) -> bytes:
    """What stands in the pictures, a line each; it is shown on standard error."""
    from dragoman.predict.reader import Reader

    reader = Reader.load(folder, device=device)
    texts = [" ".join(text.split()) for text in reader.read(pictures)]
    for text in texts if shown else ():
        print(f"read: {text}", file=sys.stderr)
    return "".join(f"{text}\n" for text in texts).encode()


def _write_translations(translated: Iterable[StreamedChunk], form: OutputForm, watch: Watch, sink: Sink) -> None:
    """Into a stream, lines as soon as they and all before them are translated. Where its reader is slow, the work waits
    after a chunk, so that nothing piles up."""
    from dragoman.data.line_chunks import START
    from dragoman.predict.output_form import written

    watch.begin(START)
    sink.write(form.heading.encode())
    sink.flush()
    for chunk, parts in translated:
        whole: list[list[Translation]] = []
        for found in parts:
            sink.write(written(form, chunk.first + len(whole), found))
            sink.flush()
            whole += found
        watch.on_chunk(chunk, whole)


def _form(n_best: int, json_lines: bool, *, proofs: bool) -> OutputForm:
    from dragoman.predict.output_form import BestOnly, JsonLines, NBestTable

    return JsonLines() if json_lines else BestOnly() if n_best == 1 else NBestTable(proofs)


def _settings(
    translator: Translator,
    model: Path,
    language_model: Path | None,
    weight: float,
    request: SearchRequest,
    json_lines: bool,
) -> dict[str, Setting]:
    """All that translations depend on but the input. Models are told apart by their checksums."""
    from dragoman import __version__
    from dragoman.storage.manifest import MANIFEST, digest

    settings: dict[str, Setting] = {
        "dragoman": __version__,
        "model": digest(model / MANIFEST),
        "search": str(request.method),
        "n-best": request.n_best,
        "device": str(translator.model.device),
        "engine": translator.searching(request),
    }
    if json_lines:
        settings["form"] = "JSON lines"
    if language_model is not None:
        settings |= {"language model": digest(language_model / MANIFEST), "language model's weight": weight}
    return settings

"""``dragoman explain --align``: the links between the words of whole files, line by line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from dragoman.cli.output_file import opened_sink
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.cli.output_file import Sink
    from dragoman.contracts import SearchMethod
    from dragoman.predict.translator import Translator

_TOGETHER = 1000


def refuse_what_aligns_nothing(
    align: bool, output: Path | None, target: Path | None, others: Mapping[str, object]
) -> None:
    """Check that options of alignment and other options are not mixed.

    Args:
        align: whether words are to be aligned.
        output: the file for links.
        target: the file with translations.
        others: values of options that do nothing for an alignment, None where one was not given.

    Raises:
        InputError: naming the options that do not go together.
    """
    if not align:
        for name, file in (("--target", target), ("--output", output)):
            if file is not None:
                raise InputError(f"{name} is for --align", file=file, remedy=f"give --align too, or leave {name} out.")
        return
    useless = [name for name, given in others.items() if given is not None]
    if useless:
        raise InputError(
            f"--align writes links alone, and {', '.join(useless)} was given too",
            remedy=f"leave {', '.join(useless)} out, or explain the lines without --align.",
        )


def write_links(
    translator: Translator,
    sources: Iterable[str],
    target: Path | None,
    output: Path | None,
    method: SearchMethod | None,
) -> None:
    """Write the links of each line in Pharaoh format: without translations, the model's own before them and a tab.

    Args:
        translator: the translator.
        sources: lines of the source language.
        target: the file with a translation of each; None for the model's own.
        output: the file for links; None for standard output.
        method: method of the search for the model's own translations; None for the recipe's.

    Raises:
        InputError: if there are not as many translations as sources, or the file cannot be read.
        UnsupportedError: if the translator has no attention to align by.
    """
    from dragoman.cli.text_input import read_lines

    translator.check_alignment()
    lines = iter(sources)
    pairs = _own(translator, lines, method) if target is None else _paired(lines, read_lines(target), target)
    with _opened(output) as sink:
        for found in translator.align_stream(pairs):
            before = "" if target is not None else " ".join(found.target) + "\t"
            sink.write(f"{before}{found.pharaoh}\n".encode("utf-8", "backslashreplace"))
        sink.flush()


def _own(translator: Translator, sources: Iterator[str], method: SearchMethod | None) -> Iterator[tuple[str, str]]:
    """Each line with the model's own translation."""
    while lines := list(islice(sources, _TOGETHER)):
        yield from zip(lines, translator.translate(lines, search=method, progress=False), strict=True)


def _paired(sources: Iterator[str], targets: Iterator[str], target: Path) -> Iterator[tuple[str, str]]:
    """Each line with its translation."""
    for number, (source, translation) in enumerate(zip_longest(sources, targets), start=1):
        if source is None or translation is None:
            more, fewer = ("source", "translation") if translation is None else ("translation", "source")
            raise InputError(
                f"there is a {more} in line {number:,}, and no {fewer}",
                file=target,
                cause="a line is missing, or was broken in two, somewhere before.",
                remedy="give as many translations as sources: line n of one is the translation of line n of the other.",
            )
        yield source, translation


@contextlib.contextmanager
def _opened(output: Path | None) -> Iterator[Sink]:
    from dragoman.storage.output import opened_output

    if output is None:
        with opened_sink(None) as sink:
            yield sink
    else:
        with opened_output(output) as stream:
            yield stream

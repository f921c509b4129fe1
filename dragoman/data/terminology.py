"""Reading terminologies: tables of terms, and TBX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dragoman.data.compressed import plain_name
from dragoman.data.formats.signatures import LOOKED_AT, seems_to_be
from dragoman.data.formats.tbx import read_tbx, tbx_root
from dragoman.data.open_input import open_input, unreadable
from dragoman.data.table import read_rows
from dragoman.errors import InputError
from dragoman.text.language import closest_language
from dragoman.text.normalization import UNICODE_FORMS, normalize
from dragoman.text.phrase_automaton import PhraseAutomaton
from dragoman.text.phrases import Phrases, quoted
from dragoman.text.terminology import Term, Terminology

_READABLE = "a table of source, target and, if wished, status (CSV, TSV), or TBX"
_IS_USED = {
    **dict.fromkeys(("", "preferred", "admitted", "approved", "standardized"), True),
    **dict.fromkeys(("deprecated", "forbidden", "superseded", "obsolete"), False),
}
_SOURCE_NAMES = frozenset({"source", "src", "source term"})
_TARGET_NAMES = frozenset({"target", "trg", "tgt", "target term"})
_MOST_COLUMNS = 3
_TABLES = (".csv", ".tsv", ".tab", ".txt")


def read_terminology(
    path: Path, source_language: str, target_language: str, *, unicode_form: str = "NFC"
) -> Terminology:
    """The terms of a file.

    A table has a term, its translation and, in a third column if there is one, its status: ``preferred``, ``admitted``
    or nothing for a translation that is to be used, ``deprecated`` or ``forbidden`` for one that is not. Several rows
    for one term are alternatives. A first row ``source,target`` or with the codes of the languages is a header; with
    the codes the columns may stand in the other order. What separates columns is told by
    :func:`~dragoman.data.table.read_rows`. TBX is read by :func:`~dragoman.data.formats.tbx.read_tbx`.

    Args:
        path: path of the file.
        source_language: code of the source language.
        target_language: code of the target language.
        unicode_form: name of the Unicode form of the model's texts.

    Raises:
        InputError: if the file cannot be read, is of another format, has no terms, or contradicts itself.
    """
    root = tbx_root(path)
    if root is not None:
        found = read_tbx(path, root, source_language, target_language)
    else:
        _check_table(path)
        found = _read_table(path, (source_language, target_language))
    form = UNICODE_FORMS[unicode_form]

    def clean(text: str) -> str:
        return normalize(text, form, collapse_white_space=True)

    terms = [
        Term(clean(term.source), tuple(map(clean, term.targets)), tuple(map(clean, term.excluded)), term.line)
        for term in found
    ]
    if not terms:
        raise InputError("the terminology has no terms", file=path, remedy=f"give {_READABLE}, with terms in it.")
    terminology = Terminology(terms, source_language, path.name)
    for term in terminology.terms:
        _check(term, path)
    return terminology


def _read_table(path: Path, languages: tuple[str, str]) -> Iterator[Term]:
    order: Sequence[int] = (0, 1)
    for number, (line, row) in enumerate(read_rows(path)):
        cells = [cell.strip() for cell in row]
        if not 2 <= len(cells) <= _MOST_COLUMNS:
            columns = "1 column" if len(cells) == 1 else f"{len(cells)} columns"
            raise InputError(
                f"{columns}, and a terminology has source, target and, if wished, status",
                file=path,
                line=line,
                remedy="leave out other columns; a comma inside of a term needs quotation marks around the term.",
            )
        if number == 0 and (header := _header(cells, languages)) is not None:
            order = header
            continue
        source, target = (cells[place] for place in order)
        status = cells[2].lower() if len(cells) > 2 else ""
        if not source or not target:
            raise InputError(
                f"the {'source' if not source else 'target'} is empty",
                file=path,
                line=line,
                remedy="fill it in, or delete the row.",
            )
        if status not in _IS_USED:
            raise InputError(
                f"the status is {quoted(status)}",
                file=path,
                line=line,
                remedy="write preferred, admitted, deprecated or forbidden, or nothing.",
            )
        yield Term(source, (target,), (), line) if _IS_USED[status] else Term(source, (), (target,), line)


def _header(cells: Sequence[str], languages: tuple[str, str]) -> tuple[int, int] | None:
    """The places of source and target by a first row that is a header; None if it is none."""
    names = [cell.lower() for cell in cells[:2]]
    if names[0] in _SOURCE_NAMES and names[1] in _TARGET_NAMES:
        return 0, 1
    places = [names.index(code) if (code := closest_language(names, language)) else -1 for language in languages]
    return (places[0], places[1]) if min(places) >= 0 and places[0] != places[1] else None


def _check_table(path: Path) -> None:
    """See to it that a file is a table of text.

    Raises:
        InputError: if it is something else; it says what it seems to be.
    """
    try:
        with open_input(path) as stream:
            beginning = stream.read(LOOKED_AT)
    except OSError as error:
        raise unreadable(path, error) from error
    seems = seems_to_be(beginning, path.name) if beginning else "an empty file"
    is_table = plain_name(path).suffix.lower() in _TABLES
    if not beginning or beginning.lstrip()[:1] == b"<" or (seems is not None and not is_table):
        raise InputError(
            f"this is no terminology that can be read: it seems to be {seems or 'something else'}",
            file=path,
            remedy=f"give {_READABLE}; programs for terminologies export both.",
        )


def _check(term: Term, path: Path) -> None:
    """Refuse a term each of whose translations contains one that is not to be used."""
    if not term.targets or not term.excluded:
        return
    fits = PhraseAutomaton(Phrases(excluded=term.excluded)).accepts
    if not any(map(fits, term.targets)):
        raise InputError(
            f"{quoted(term.source)} is to be translated as {' or '.join(map(quoted, term.targets))}, which holds what "
            f"is not to be used: {', '.join(map(quoted, term.excluded))}",
            file=path,
            line=term.line,
            remedy="take one of them back.",
        )

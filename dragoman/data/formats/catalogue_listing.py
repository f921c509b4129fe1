"""What a folder or archive holds that has no translations of the languages asked for, for the error that says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from dragoman.data.formats.detection import READABLE, format_by_name
from dragoman.data.formats.signatures import seems_to_be
from dragoman.errors import InputError
from dragoman.text.language import is_well_known

_LISTED = 40
_CATALOGUE_ENDINGS = (".json", ".arb", ".po", ".mo", ".zip", ".whl")


def no_files(
    path: Path, names: Sequence[str], templates: Mapping[str, Mapping[str, str]], languages: tuple[str, str]
) -> InputError:
    """The error for a catalogue without files of two languages. It lists the languages that there are.

    Args:
        path: the folder or archive.
        names: the names of all files in it.
        templates: template, language's code, name of the file.
        languages: the languages that were asked for.
    """
    # A folder that happens to be called like a language stands alone; where all do, there is no telling.
    known = {
        template: {code: name for code, name in codes.items() if is_well_known(code)}
        for template, codes in templates.items()
    }
    grouped = {template: codes for template, codes in known.items() if len(codes) > 1} or known
    likeliest: dict[str, tuple[int, str]] = {}
    for codes in grouped.values():
        for code, name in codes.items():
            likeliest[name] = max((len(codes), code), likeliest.get(name, (0, "")))
    counts = Counter(code for _, code in likeliest.values()).most_common()
    listing = ", ".join(f"{code} ({count})" for code, count in counts[:_LISTED])
    more = f" and {len(counts) - _LISTED} more" if len(counts) > _LISTED else ""
    cause, remedy = None, "ask for two of these languages."
    if not counts:
        cause, remedy = _otherwise(path, names)
    return InputError(
        f"no files of {languages[0]} and {languages[1]} that belong together; languages with their number of files: "
        f"{listing or 'none'}{more}",
        file=path,
        cause=cause,
        remedy=remedy,
    )


def _otherwise(path: Path, names: Sequence[str]) -> tuple[str, str]:
    """Cause and remedy where no file has a language in its name."""
    endings = Counter(PurePosixPath(name).suffix.lower() for name in names)
    for ending, count in endings.most_common():
        if ending in _CATALOGUE_ENDINGS:
            continue
        if format_by_name(Path(f"x{ending}")) is not None:
            return (
                f"it holds files of pairs ({count} with {ending}), each of which is a corpus of its own.",
                f"give them by --corpus '{path}/*{ending}'.",
            )
        seems = seems_to_be(b"x = y\n", f"x{ending}")
        if seems is not None:
            return f"it holds files that cannot be read ({count} with {ending}, {seems}).", f"these can be: {READABLE}."
    most = [f" Most of its files end in `{ending}` ({count})." for ending, count in endings.most_common(1) if ending]
    return (
        "".join(("no file's path has a language code in it, as in `locale/de/app.po` or `de.json`.", *most)),
        "give a folder with one file for each language.",
    )

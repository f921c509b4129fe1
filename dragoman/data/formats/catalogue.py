"""The translations of a program: a folder or archive with one file for each language.

A file belongs to a language if a part of its path is a language code: a folder (``locale/de/LC_MESSAGES/app.po``), the
whole stem (``translations/de.json``) or its beginning or end (``sensor.de.json``, ``app_de.arb``). With a mark in place
of the code the path is a *template*, and the files of one template are translations of each other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dragoman.data.chunk import Entry, Pair
from dragoman.data.formats.archive import Tree, open_tree
from dragoman.data.formats.catalogue_listing import no_files
from dragoman.data.formats.gettext import Message, parse_mo, parse_po
from dragoman.data.formats.gettext_pairs import KeyEvidence, message_entries, usable_messages
from dragoman.data.formats.json_pairs import json_entries
from dragoman.data.formats.language_remarks import LanguageRemarks
from dragoman.data.formats.nested_json import parse_nested_json
from dragoman.errors import InputError
from dragoman.text.language import closest_language, is_language, is_other_kind, is_spoken_there, is_well_known

_MARK = "\0"
_JSON_SUFFIXES = (".json", ".arb")
_GETTEXT_SUFFIXES = (".po", ".mo")
_SEPARATOR = re.compile(r"[._-]")
_HEADER_LANGUAGE = re.compile(rb"Language:[ \t]*([A-Za-z][\w@-]*)[ \t]*(?:\\n|\n)")


@dataclass(frozen=True)
class _Files:
    """The source and target file of one template; a gettext catalogue needs no source file."""

    source: str | None
    target: str
    codes: tuple[str | None, str | None]


@dataclass
class _Tally:
    """What was matched, and a key of each side to show if nothing was."""

    matched: int = 0
    source_key: str | None = None
    target_key: str | None = None


def read_catalogue(
    path: Path, source_language: str, target_language: str, log: Callable[[str], None] = lambda remark: None
) -> Iterator[Entry]:
    """The pairs of the program in the folder, zip file or wheel ``path``, template by template.

    Files of nested JSON (``.json``, Flutter's ``.arb``) are matched key by key. In gettext files (``.po``, and ``.mo``
    where there is no ``.po`` of the same name) the source is the source language's own translation of the message, if
    there is one in that very kind of it. Else it is the ``msgid``, or for one that is a mere key (``label_edit``) the
    default text in its comment; but if the source language is not English and has files here, a message that they lack
    has no source, for the ``msgid`` is in some other language. Of several codes of a language the closest is taken
    (``zh-Hans`` for ``zh``). Gettext files whose path names no language are those of the one that their header names.

    The reasons of skipped entries are ``untranslated`` (no target or an empty text), ``no source``, ``fuzzy`` and
    ``obsolete``.

    Raises:
        InputError: if ``path`` cannot be read, a file in it cannot be parsed, there are no files of the two languages
            that belong together, or not one of their keys is the same.
    """
    with open_tree(path) as tree:
        names = tree.names()
        templates = _templates(names)
        chosen = _choose(templates, source_language, target_language) or _by_header(
            path, tree, templates, target_language
        )
        if not chosen:
            raise no_files(path, names, templates, (source_language, target_language))
        remarks = LanguageRemarks(path.name, log)
        english = closest_language(["en"], source_language) is not None
        msgid_is_source = english or all(files.source is None for files in chosen)
        languages, tally = (source_language, target_language), _Tally()
        has_keys = _has_keys(tree, chosen)
        for files in chosen:
            remarks.taken(files.codes[1], target_language)
            # English texts in the catalogue itself are nearer to what was asked for than those of another region.
            msgid_first = (
                english and files.codes[0] is not None and is_other_kind(files.codes[0], source_language)
            ) and files.target.lower().endswith(_GETTEXT_SUFFIXES)
            if not msgid_first:
                remarks.taken(files.codes[0], source_language)
            if files.target.lower().endswith(_JSON_SUFFIXES):
                yield from _json_entries(tree, files, languages, tally)
            else:
                yield from _gettext_entries(tree, files, languages, tally, msgid_is_source, msgid_first, has_keys)
    if not tally.matched:
        raise InputError(
            "the keys don't match: not one is in a file of both languages; "
            f"{source_language} has for example {_shown(tally.source_key)}, "
            f"{target_language} {_shown(tally.target_key)}",
            file=path,
            cause="files whose keys are the texts themselves, or files of different versions of the program.",
            remedy="give a folder in which the files of both languages use the same keys.",
        )


def _templates(names: list[str]) -> dict[str, dict[str, str]]:
    """Template → code → name of the file, with every reading of each name."""
    templates: dict[str, dict[str, str]] = defaultdict(dict)
    everything = set(names)
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        lower = f".{suffix.lower()}"
        if (
            not dot
            or lower not in _JSON_SUFFIXES + _GETTEXT_SUFFIXES
            or (lower == ".mo" and f"{stem}.po" in everything)
        ):
            continue
        for code, template in _readings(stem):
            templates[f"{template}.{suffix}"].setdefault(code, name)
    return templates


def _readings(stem: str) -> Iterator[tuple[str, str]]:
    """Each code that a path without its suffix may stand for, with the path marked there."""
    *folders, last = stem.split("/")
    if "LC_MESSAGES" in folders[1:]:
        # Below this folder nothing is called like a language by more than chance.
        place = folders.index("LC_MESSAGES", 1) - 1
        if is_language(folders[place]):
            yield folders[place], _replaced([*folders, last], [(place, _MARK)])
            return
    places: list[tuple[str, int, str]] = [
        (folder, place, _MARK) for place, folder in enumerate(folders) if is_language(folder)
    ]
    if is_language(last):
        places.append((last, len(folders), _MARK))
    spans = [] if is_spoken_there(last) else [separator.span() for separator in _SEPARATOR.finditer(last)]
    for _, end in spans:
        if is_language(last[end:]):
            places.append((last[end:], len(folders), last[:end] + _MARK))
            if is_spoken_there(last[end:]):
                # What follows is the region: `app-en_CA` is not in Catalan.
                break
    for begin, _ in reversed(spans):
        if is_language(last[:begin]):
            places.append((last[:begin], len(folders), _MARK + last[begin:]))
            if is_spoken_there(last[:begin]):
                break
    by_code: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for code, place, marked in places:
        by_code[code].append((place, marked))
        yield code, _replaced([*folders, last], [(place, marked)])
    # `locales/de/de.json` says its language twice.
    for code, several in by_code.items():
        if len(several) > 1:
            yield code, _replaced([*folders, last], several)


def _replaced(parts: list[str], replacements: list[tuple[int, str]]) -> str:
    replaced = dict(replacements)
    return "/".join(replaced.get(place, part) for place, part in enumerate(parts))


def _choose(templates: dict[str, dict[str, str]], source_language: str, target_language: str) -> list[_Files]:
    """One pair of files for each file of the target language, in the order of their names.

    A name that can be read in several ways is read in the one that has the source language too and the most languages.
    """
    best: dict[str, tuple[tuple[bool, int, int, int], _Files]] = {}
    for template, codes in templates.items():
        target = closest_language(codes, target_language)
        source = closest_language(codes, source_language)
        if source == target:
            source = None
        if target is None or (source is None and template.lower().endswith(_JSON_SUFFIXES)):
            continue
        name = codes[target]
        rank = (source is not None, len(codes), template.count(_MARK), len(target))
        if name not in best or rank > best[name][0]:
            best[name] = rank, _Files(None if source is None else codes[source], name, (source, target))
    return [best[name][1] for name in sorted(best)]


def _by_header(path: Path, tree: Tree, templates: dict[str, dict[str, str]], target_language: str) -> list[_Files]:
    """The gettext files whose path names no language but whose header does, or the path of the folder they are in."""
    above = next((part for part in reversed(path.absolute().parts) if is_language(part)), None)
    named = {name for codes in templates.values() for code, name in codes.items() if is_well_known(code)}
    found = []
    for name in tree.names():
        if name.lower().endswith(_GETTEXT_SUFFIXES):
            said = _HEADER_LANGUAGE.search(tree.read(name))
            code = said.group(1).decode("ascii") if said else None if name in named else above
            if code is not None and closest_language([code], target_language) is not None:
                found.append(_Files(None, name, (None, code)))
    return found


def _json_entries(tree: Tree, files: _Files, languages: tuple[str, str], tally: _Tally) -> Iterator[Entry]:
    assert files.source is not None
    source_place, target_place = tree.place(files.source), tree.place(files.target)
    sources = parse_nested_json(tree.read(files.source), source_place)
    targets = parse_nested_json(tree.read(files.target), target_place)
    _note_keys(tally, [".".join(key) for key in sources][:1], [".".join(key) for key in targets][:1])
    for entry in json_entries(sources, targets, (source_place, target_place), languages):
        tally.matched += isinstance(entry, Pair) or (entry.file == target_place and entry.reason != "no source")
        yield entry


def _gettext_entries(
    tree: Tree,
    files: _Files,
    languages: tuple[str, str],
    tally: _Tally,
    msgid_is_source: bool,
    msgid_first: bool,
    has_keys: bool,
) -> Iterator[Entry]:
    sources = {} if files.source is None else usable_messages(_messages(tree, files.source))
    messages = _messages(tree, files.target)
    _note_keys(tally, [msgid for _, msgid in sources][:1], [message.singular for message in messages][:1])
    entries = message_entries(
        messages,
        tree.place(files.target),
        sources,
        msgid_is_source=msgid_is_source,
        msgid_first=msgid_first,
        has_keys=has_keys,
        languages=languages,
    )
    for entry in entries:
        tally.matched += isinstance(entry, Pair) or entry.source != ""
        yield entry


def _has_keys(tree: Tree, chosen: list[_Files]) -> bool:
    """Whether what looks like a key is one, by all gettext files of the catalogue together."""
    evidence = KeyEvidence()
    for files in chosen:
        if files.target.lower().endswith(_GETTEXT_SUFFIXES):
            sources = {} if files.source is None else usable_messages(_messages(tree, files.source))
            evidence = evidence.plus(KeyEvidence.of(_messages(tree, files.target), sources))
    return evidence.has_keys


def _messages(tree: Tree, name: str) -> list[Message]:
    parse = parse_mo if name.lower().endswith(".mo") else parse_po
    return parse(tree.read(name), tree.place(name))


def _note_keys(tally: _Tally, source_keys: list[str], target_keys: list[str]) -> None:
    tally.source_key = tally.source_key or next(iter(source_keys), None)
    tally.target_key = tally.target_key or next(iter(target_keys), None)


def _shown(key: str | None) -> str:
    return "no key at all" if key is None else f"`{key[:80]}`"

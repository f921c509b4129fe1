"""The translations of a program: a folder or archive with one file for each language.

A file belongs to a language if a part of its path is a language code: a folder (``locale/de/LC_MESSAGES/app.po``), the
whole stem (``translations/de.json``) or its beginning or end (``sensor.de.json``, ``app_de.arb``). With a mark in place
of the code the path is a *template*, and the files of one template are translations of each other.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dragoman.data.formats.archive import Tree, open_tree
from dragoman.data.formats.gettext import Message, parse_mo, parse_po, why_unusable
from dragoman.data.formats.nested_json import parse_nested_json
from dragoman.data.pair import Entry, Pair, Skip
from dragoman.errors import InputError
from dragoman.text.language import closest_language, is_language

_MARK = "\0"
_JSON_SUFFIXES = (".json", ".arb")
_GETTEXT_SUFFIXES = (".po", ".mo")
_SEPARATOR = re.compile(r"[._-]")
_KEY_CHARACTERS = re.compile(r"[\w.:/-]+", re.ASCII)
_INNER_JOINT = re.compile(r"[A-Za-z0-9][._]+[A-Za-z0-9]")
_LISTED = 40

_FormKey = tuple[str | None, str, int]


@dataclass(frozen=True)
class _Files:
    """The source and target file of one template; a gettext catalogue needs no source file."""

    source: str | None
    target: str


@dataclass
class _Tally:
    """What was matched, and a key of each side to show if nothing was."""

    matched: int = 0
    source_key: str | None = None
    target_key: str | None = None


def read_catalogue(path: Path, source_language: str, target_language: str) -> Iterator[Entry]:
    """The pairs of the program in the folder, zip file or wheel ``path``, template by template.

    Files of nested JSON (``.json``, Flutter's ``.arb``) are matched key by key. In gettext files (``.po``, and ``.mo``
    where there is no ``.po`` of the same name) the source is the source language's own translation of the message, if
    there is one. Else it is the ``msgid``, or for one that is a mere key (``label_edit``) the default text in its
    comment; but if the source language is not English and has files here, a message that they lack has no source,
    for the ``msgid`` is in some other language. Of several codes of a language the closest is taken (``zh-Hans`` for
    ``zh``).

    The reasons of skipped entries are ``untranslated`` (no target or an empty text), ``no source``, ``fuzzy`` and
    ``obsolete``.

    Raises:
        InputError: if ``path`` cannot be read, a file in it cannot be parsed, there are no files of the two languages
            that belong together, or not one of their keys is the same.
    """
    with open_tree(path) as tree:
        templates = _templates(tree.names())
        chosen = _choose(templates, source_language, target_language)
        if not chosen:
            raise _no_files(path, templates, source_language, target_language)
        english = closest_language(["en"], source_language) is not None
        msgid_is_source = english or all(files.source is None for files in chosen)
        tally = _Tally()
        for files in chosen:
            if files.target.lower().endswith(_JSON_SUFFIXES):
                yield from _json_entries(tree, files, tally)
            else:
                yield from _gettext_entries(tree, files, tally, msgid_is_source)
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
    places: list[tuple[str, int, str]] = [
        (folder, place, _MARK) for place, folder in enumerate(folders) if is_language(folder)
    ]
    if is_language(last):
        places.append((last, len(folders), _MARK))
    for separator in _SEPARATOR.finditer(last):
        begin, end = separator.span()
        if is_language(last[end:]):
            places.append((last[end:], len(folders), last[:end] + _MARK))
        if is_language(last[:begin]):
            places.append((last[:begin], len(folders), _MARK + last[begin:]))
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
            best[name] = rank, _Files(None if source is None else codes[source], name)
    return [best[name][1] for name in sorted(best)]


def _no_files(path: Path, templates: dict[str, dict[str, str]], source: str, target: str) -> InputError:
    # A folder that happens to be called like a language stands alone; where all do, there is no telling.
    grouped = {template: codes for template, codes in templates.items() if len(codes) > 1} or templates
    likeliest: dict[str, tuple[int, str]] = {}
    for codes in grouped.values():
        for code, name in codes.items():
            likeliest[name] = max((len(codes), code), likeliest.get(name, (0, "")))
    counts = Counter(code for _, code in likeliest.values()).most_common()
    listing = ", ".join(f"{code} ({count})" for code, count in counts[:_LISTED])
    more = f" and {len(counts) - _LISTED} more" if len(counts) > _LISTED else ""
    return InputError(
        f"no files of {source} and {target} that belong together; languages with their number of files: "
        f"{listing or 'none'}{more}",
        file=path,
        cause=None if counts else "no file's path has a language code in it, as in `locale/de/app.po` or `de.json`.",
        remedy="ask for two of these languages." if counts else "give a folder with one file for each language.",
    )


def _json_entries(tree: Tree, files: _Files, tally: _Tally) -> Iterator[Entry]:
    assert files.source is not None
    source_place, target_place = tree.place(files.source), tree.place(files.target)
    sources = parse_nested_json(tree.read(files.source), source_place)
    targets = parse_nested_json(tree.read(files.target), target_place)
    _note_keys(tally, [".".join(key) for key in sources][:1], [".".join(key) for key in targets][:1])
    for key, (source, line) in sources.items():
        if key not in targets:
            yield Skip("untranslated", source, "", source_place, line)
            continue
        tally.matched += 1
        target, line = targets[key]
        if source and target:
            yield Pair(source, target, target_place, line)
        else:
            yield Skip("untranslated", source, target, target_place, line)
    for key, (target, line) in targets.items():
        if key not in sources:
            yield Skip("no source", "", target, target_place, line)


def _gettext_entries(tree: Tree, files: _Files, tally: _Tally, msgid_is_source: bool) -> Iterator[Entry]:
    place = tree.place(files.target)
    sources = {} if files.source is None else _source_texts(_messages(tree, files.source))
    messages = _messages(tree, files.target)
    _note_keys(tally, [msgid for _, msgid, _ in sources][:1], [message.singular for message in messages][:1])
    for message in messages:
        for form, text, target in message.forms():
            source = sources.get((message.context, message.singular, form))
            source = source or sources.get((message.context, message.singular, min(form, 1)))
            if source is None and msgid_is_source:
                source = message.default if _is_identifier(text) else text
            tally.matched += source is not None
            reason = why_unusable(message, target) or ("no source" if source is None else None)
            if reason is None and source:
                yield Pair(source, target, place, message.line)
            else:
                yield Skip(reason or "no source", source or "", target, place, message.line)


def _is_identifier(text: str) -> bool:
    """Whether a ``msgid`` is a key such as ``label_edit`` and no text; ``Loading...`` is text."""
    return _KEY_CHARACTERS.fullmatch(text) is not None and _INNER_JOINT.search(text) is not None


def _messages(tree: Tree, name: str) -> list[Message]:
    parse = parse_mo if name.lower().endswith(".mo") else parse_po
    return parse(tree.read(name), tree.place(name))


def _source_texts(messages: list[Message]) -> dict[_FormKey, str]:
    return {
        (message.context, message.singular, form): translation
        for message in messages
        for form, _, translation in message.forms()
        if why_unusable(message, translation) is None
    }


def _note_keys(tally: _Tally, source_keys: list[str], target_keys: list[str]) -> None:
    tally.source_key = tally.source_key or next(iter(source_keys), None)
    tally.target_key = tally.target_key or next(iter(target_keys), None)


def _shown(key: str | None) -> str:
    return "no key at all" if key is None else f"`{key[:80]}`"

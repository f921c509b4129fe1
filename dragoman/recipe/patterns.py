"""Paths of corpora with wildcards, such as ``memories/*.tmx``: a corpus for each file that matches."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from dragoman.errors import InputError
from dragoman.storage.json import JsonObject

_WILDCARD = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]")
_GROUPS = {"**/": "((?:[^/]+/)*)", "**": "(.*)", "*": "([^/]*)", "?": "([^/])"}


def expand_patterns(sections: Iterable[JsonObject]) -> list[JsonObject]:
    """Replace each pattern by a corpus for every file that matches it, in the order of their names.

    ``*`` stands for anything within a name, ``**/`` for any folders, ``?`` for one character, ``[ab]`` for one of
    these. Two line-aligned files both have a pattern, and go together where the wildcards stand for the same. A file
    whose own name has such characters is meant by itself. Each corpus is called like its file.

    Args:
        sections: the corpora of one split, as a recipe writes them.

    Raises:
        InputError: if nothing matches a pattern, or a file has no partner on the other side.
    """
    return [corpus for section in sections for corpus in _expanded(section)]


def _expanded(section: JsonObject) -> list[JsonObject]:
    patterns = {
        key: str(section[key])
        for key in ("path", "text", "source", "target")
        if isinstance(section.get(key), (str, Path)) and _is_pattern(section[key])
    }
    if not patterns:
        return [section]
    found = {key: _matches(pattern) for key, pattern in patterns.items()}
    first = next(iter(found))
    if "source" in section and "target" in section:
        _refuse_lonely(section, found)
    corpora = [
        {**section, **{key: Path(files[filled]) for key, files in found.items()}} for filled in sorted(found[first])
    ]
    corpora.sort(key=lambda corpus: str(corpus[first]))
    return _named(corpora, section, first)


def _is_pattern(path: str | Path) -> bool:
    return _WILDCARD.search(str(path)) is not None and not Path(path).exists()


def _matches(pattern: str) -> dict[tuple[str, ...], str]:
    """The files that match, by what the wildcards stand for in them."""
    shape, place = "", 0
    for wildcard in _WILDCARD.finditer(pattern):
        shape += re.escape(pattern[place : wildcard.start()])
        shape += _GROUPS.get(wildcard.group(), f"({wildcard.group()})".replace("[!", "[^"))
        place = wildcard.end()
    whole = re.compile(shape + re.escape(pattern[place:]), re.DOTALL)
    found = {}
    for path in sorted(glob.glob(pattern, recursive=True)):
        matched = whole.fullmatch(path)
        found[matched.groups() if matched else (path,)] = path
    if not found:
        raise InputError(
            "no file matches this pattern",
            file=pattern,
            cause="the pattern counts from another folder, or the files have another ending.",
            remedy="see with `ls` what the folder holds, and mend the pattern.",
        )
    return found


def _refuse_lonely(section: JsonObject, found: dict[str, dict[tuple[str, ...], str]]) -> None:
    if len(found) < 2:
        plain = "target" if "source" in found else "source"
        raise InputError(
            f"`{next(iter(found))}` is a pattern and `{plain}` is none",
            file=section[plain],
            remedy="give a pattern for both; files go together where the wildcards stand for the same.",
        )
    for side, other in (("source", "target"), ("target", "source")):
        for filled, path in found[side].items():
            if filled not in found[other]:
                raise InputError(
                    f"this {side} has no {other}: nothing that matches `{section[other]}` has {' and '.join(filled)} "
                    "where the wildcards stand",
                    file=path,
                    remedy="add the missing file, take this one away, or narrow the pattern.",
                )


def _named(corpora: list[JsonObject], section: JsonObject, key: str) -> list[JsonObject]:
    """Names for corpora whose file's name alone would not tell them apart, or that a name or label would make alike."""
    paths = [corpus[key] for corpus in corpora]
    own = [path.name.removesuffix(path.suffix) or path.name for path in paths]
    common = section.get("name") or section.get("label")
    if max(Counter(own).values()) > 1:
        above = Path(*_common_parts(paths))
        own = [str(path.relative_to(above).with_suffix("")) for path in paths]
    elif common is None:
        return corpora
    names = [f"{common}: {name}" if common else name for name in own]
    return [{**corpus, "name": name} for corpus, name in zip(corpora, names, strict=True)]


def _common_parts(paths: list[Path]) -> list[str]:
    parts: list[str] = []
    for several in zip(*(path.parent.parts for path in paths), strict=False):
        if len(set(several)) > 1:
            break
        parts.append(several[0])
    return parts

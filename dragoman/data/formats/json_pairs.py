"""Pairs of two nested JSON files: texts under one key, and plural forms under keys that name them.

Programs write plural forms as several keys: ``item_one`` and ``item_other`` (i18next), or ``one`` and ``other`` in an
object of their own (Rails, go-i18n). Languages have different ones, so they are matched by the numbers they are for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from dragoman.data.chunk import Entry, Pair, Skip
from dragoman.data.formats.nested_json import Key
from dragoman.data.formats.plural_forms import NUMBERS, aligned_forms, category_names

_FORM = re.compile(r"(?:(.*)([_.]))?(zero|one|two|few|many|other)", re.DOTALL)

Texts = Mapping[Key, tuple[str, int]]
"""Texts and their lines by their keys."""
_Forms = dict[str, Key]
"""Keys of the plural forms of one text, by the form's name."""


def json_entries(
    sources: Texts, targets: Texts, places: tuple[str, str], languages: tuple[str, str]
) -> Iterator[Entry]:
    """The pairs of two files, in the order of the source's keys; then what only the target has.

    Args:
        sources: the texts of the source language's file.
        targets: the texts of the target language's file.
        places: what pairs call the two files.
        languages: source and target.
    """
    source_forms, target_forms = _forms(sources), _forms(targets)
    both = source_forms.keys() & target_forms.keys()
    plural_keys = {key: name for name in both for key in source_forms[name].values()}
    done: set[Key] = set()
    for key in sources:
        name = plural_keys.get(key)
        if key in done:
            continue
        if name is None:
            matches: list[tuple[Key | None, Key | None]] = [(key, key if key in targets else None)]
        else:
            matches = _matched(source_forms[name], target_forms[name], name, languages)
        for left, right in matches:
            done |= {place for place in (left, right) if place is not None}
            yield _entry(sources, targets, left, right, places)
    for key in targets:
        if key not in done:
            yield _entry(sources, targets, None, key, places)


def _matched(
    source: _Forms, target: _Forms, name: Key, languages: tuple[str, str]
) -> list[tuple[Key | None, Key | None]]:
    """Keys of forms that say the same; at the end those that no number leads to."""
    ordinal = name[-1].endswith(("_ordinal_", "_ordinal."))
    sides = [
        _by_number(forms, category_names(language, ordinal=ordinal))
        for forms, language in zip((source, target), languages, strict=True)
    ]
    rows = [(left, right) for _, left, right in aligned_forms(sides[0], sides[1]) if left and right]
    matches: list[tuple[Key | None, Key | None]] = [(source[left], target[right]) for left, right in rows]
    for form in dict.fromkeys((*source, *target)):
        left_key = source.get(form) if form not in {row[0] for row in rows} else None
        right_key = target.get(form) if form not in {row[1] for row in rows} else None
        if left_key is not None or right_key is not None:
            matches.append((left_key, right_key))
    return matches


def _by_number(forms: _Forms, names: tuple[str, ...] | None) -> list[str]:
    """The form for each of the numbers; empty for a form that the language has and the text lacks."""
    wanted = names or tuple("one" if number == 1 else "other" for number in NUMBERS)
    return [
        "zero" if number == 0 and "zero" in forms else name if name in forms else ""
        for number, name in zip(NUMBERS, wanted, strict=True)
    ]


def _forms(texts: Texts) -> dict[Key, _Forms]:
    """The texts that have plural forms: the form's keys, by the key without the form's name."""
    found: dict[Key, _Forms] = defaultdict(dict)
    for key in texts:
        form = _FORM.fullmatch(key[-1]) if key else None
        if form is not None:
            base = key[:-1] if form.group(1) is None else (*key[:-1], form.group(1) + form.group(2))
            found[base][form.group(3)] = key
    return {base: forms for base, forms in found.items() if base and "other" in forms}


def _entry(sources: Texts, targets: Texts, left: Key | None, right: Key | None, places: tuple[str, str]) -> Entry:
    source, source_line = sources[left] if left is not None else ("", 0)
    target, target_line = targets[right] if right is not None else ("", 0)
    place, line = (places[1], target_line) if right is not None else (places[0], source_line)
    if source and target:
        return Pair(source, target, place, line)
    return Skip("no source" if left is None else "untranslated", source, target, place, line)

"""The cleaning rule on pairs whose sides differ in placeholders, however each side spells them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from dragoman.text.placeholders import PlaceholderSyntax

_CHARACTER = re.compile(r"&#?\w+;|%%|\\[nrt]|\{(?:\.\.\.|…)\}")
_ADDRESS = re.compile(r"(?:\w+://|www\.).*", re.DOTALL)
_EMAIL = re.compile(r"[^\s@<{]+@[^\s@]+\.\w+")
_TAG = re.compile(r"<(/?)([A-Za-z0-9][\w:.-]*).*?>|\[(/?)(\w+).*?\]", re.DOTALL)
_EMPHASIS = frozenset({"b", "strong", "i", "em"})
_PRINTF = re.compile(r"%(?:(\d{1,2})\$)?[-+#0 ]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|ll|[hlLqjzt])?([diouxXeEfFgGcsr@p])")
_IN_TAG = re.compile(r"%(?:(\d{1,2})\$)?([sd])(?![A-Za-z0-9])")
_FORMATTING = re.compile("emphasis|u|s|q|code|kbd|samp|tt|var|dfn|cite|mark|small|big|abbr|acronym|span|br|wbr|nobr")
_VOID = frozenset({"br", "wbr"})
_SPACES = re.compile(" {2,}")
_METAVARIABLE = re.compile(r"\{(?:[A-Z][^\W\d_]+|[^\W\d_]+=[^{}]*)\}")
_USAGE = re.compile(r"<(\w(?:[\w .-]{0,60}\w)?)>|(?<=[\w=])\{[^{}\n]{1,100}\}")
_ALONE = frozenset({"hr", "img", "input", "li", "p"})
_BRACES = re.compile(r"([$%#]?\{+)\s*([^\s,:{}]+)[^{}]*\}+")


def differs_in_placeholders(source: str, target: str, syntax: PlaceholderSyntax) -> bool:
    """Whether a placeholder, tag or address of one side has no counterpart on the other.

    Counterparts need not be spelt alike; :func:`align_placeholders` defines them.

    >>> from dragoman.text.placeholders import SURE_SYNTAX
    >>> differs_in_placeholders("Open {{file}}", "Datei öffnen", SURE_SYNTAX)
    True
    """
    return align_placeholders(source, target, syntax) is None


def align_placeholders(source: str, target: str, syntax: PlaceholderSyntax) -> tuple[str, str] | None:
    """The pair with each placeholder of the target spelt as its counterpart in the source; None if one has no
    counterpart.

    Counterparts are equal placeholders, or else

    * ``%s`` and ``%1$s``: the first unnumbered item has number 1, and so on; where the target has them in another order
      or repeats one, it is the items of the source that are numbered;
    * items and arguments that differ in their format alone, such as ``%5d``, ``%d`` and ``%s``, ``{0:N2}`` and ``{0}``;
    * tags of one name that hold the same items, whatever page they lead to and however their title reads; those for
      bold text and for italics, as not every script has both;
    * words that a usage has for values, of which both sides have as many: ``<label>`` if it is not closed,
      ``ENV{key}``, and in single braces words with a capital or a sign of equality, such as ``{time=seconds}``;
    * addresses of pages, and of electronic mail, in their order, as there may be one for each language.

    How often one occurs that has a name or a number does not matter, as a language may have to say a thing twice.
    Entities, ``%%`` and the escapes of line feeds stand for characters and need no counterpart. Tags that only format
    text, such as ``<em>`` and ``<code>``, and of which one side has more, are taken out. ``{...}`` is no name.

    >>> from dragoman.text.placeholders import EVERY_SYNTAX
    >>> align_placeholders("%s of %s", "%2$s hat %1$s", EVERY_SYNTAX)
    ('%1$s of %2$s', '%2$s hat %1$s')
    """
    aligned = _aligned(source, target, syntax)
    if aligned is not None or not (words := _words_of_usage(source, target)):
        return aligned
    return _aligned(source, _USAGE.sub(lambda match: words.get(match.group(), match.group()), target), syntax)


def _words_of_usage(source: str, target: str) -> dict[str, str]:
    """For each word of a usage message in the target that the source lacks, its counterpart; empty if one has none."""
    ours, theirs = _usage(source), _usage(target)
    if [word[0] for word in ours] != [word[0] for word in theirs]:
        return {}
    new, lost = ([word for word in side if word not in other] for side, other in ((theirs, ours), (ours, theirs)))
    return dict(zip(new, lost, strict=True)) if len(new) == len(lost) else {}


def _usage(text: str) -> list[str]:
    """Words in angle brackets that are no tags, and words in braces that follow another character directly."""
    closed = set(re.findall(r"</([\w-]+)", text.lower()))
    tags = closed | _VOID | _ALONE
    return list(
        dict.fromkeys(
            match.group()
            for match in _USAGE.finditer(text)
            if not match.group(1)
            or not (match.group(1).lower() in tags or _FORMATTING.fullmatch(_tag_name(match.group().lower())))
        )
    )


def _aligned(source: str, target: str, syntax: PlaceholderSyntax) -> tuple[str, str] | None:
    left, right = _found(source, syntax), _found(target, syntax)
    if left == right:
        return source, target
    source, target = _without_formatting(source, left, right, syntax), _without_formatting(target, right, left, syntax)
    left, right = _found(source, syntax), _found(target, syntax)
    if _is_numbered(left) == _is_numbered(right):
        names = _counterparts(left, right) if _nameless(left) == _nameless(right) else None
        return None if names is None else (source, _respelt(target, syntax, [names[item] for item in right]))
    ours, theirs = _numbered(left), _numbered(right)
    names = _counterparts(ours, theirs)
    if names is None:
        return None
    if _is_numbered(left) or [item for item in ours if _items(item)] == [
        names[item] for item in theirs if _items(item)
    ]:
        spelling = dict(zip(ours, left, strict=True))
        return source, _respelt(target, syntax, [spelling[names[item]] for item in theirs])
    return _respelt(source, syntax, ours), _respelt(target, syntax, [names[item] for item in theirs])


def _found(text: str, syntax: PlaceholderSyntax) -> list[str]:
    return [found for found in syntax.find(text) if not _CHARACTER.fullmatch(found)]


def _without_formatting(text: str, found: Sequence[str], others: Sequence[str], syntax: PlaceholderSyntax) -> str:
    """The text without the formatting tags that the other side lacks, or has in a smaller number of different ones."""
    ours, theirs = (Counter(filter(_FORMATTING.fullmatch, map(_tag_name, set(side)))) for side in (found, others))
    alone = {name for name in ours if ours[name] != theirs[name]}
    lone = {tag for tag in found if _tag_name(tag) in alone and not _items(tag)}
    counts = Counter((_tag_name(tag), tag.startswith("</")) for tag in found if tag in lone)
    lone = {
        tag for tag in lone if _tag_name(tag) in _VOID or counts[_tag_name(tag), True] == counts[_tag_name(tag), False]
    }
    if not lone:
        return text
    plain = syntax.replace(text, lambda tag: (" " if _tag_name(tag) in _VOID else "") if tag in lone else tag)
    return _SPACES.sub(" ", plain).strip(" ")


def _tag_name(found: str) -> str:
    """The name of a tag, the same for all tags of emphasis; empty for other placeholders."""
    match = _TAG.fullmatch(found)
    name = (match.group(2) or match.group(4)).lower() if match else ""
    return "emphasis" if name in _EMPHASIS else name


def _respelt(text: str, syntax: PlaceholderSyntax, spellings: Sequence[str]) -> str:
    """The text with its placeholders, in order, replaced by ``spellings``."""
    following = iter(spellings)

    def spell(found: str) -> str:
        return found if _CHARACTER.fullmatch(found) else next(following)

    return syntax.replace(text, spell)


def _items(found: str) -> list[re.Match[str]]:
    """The printf items that a placeholder is or, if it is a tag, contains."""
    match = _PRINTF.fullmatch(found)
    if match is not None:
        return [match]
    return list(_IN_TAG.finditer(found)) if _TAG.fullmatch(found) else []


def _is_numbered(found: Sequence[str]) -> bool:
    return any(match.group(1) for placeholder in found for match in _items(placeholder))


def _numbered(found: Sequence[str]) -> list[str]:
    """The placeholders, with numbers for the printf items that have none."""
    count = 0

    def number(match: re.Match[str]) -> str:
        nonlocal count
        if match.group(1):
            return match.group()
        count += 1
        return f"%{count}${match.group()[1:]}"

    numbered = []
    for placeholder in found:
        if _PRINTF.fullmatch(placeholder):
            numbered.append(_PRINTF.sub(number, placeholder))
        else:
            numbered.append(_IN_TAG.sub(number, placeholder) if _TAG.fullmatch(placeholder) else placeholder)
    return numbered


def _nameless(found: Sequence[str]) -> Counter[tuple[str, ...]]:
    """The count of each item without a name or number, which stands for another value each time."""
    items = [placeholder for placeholder in found if _PRINTF.fullmatch(placeholder) or placeholder == "{}"]
    return Counter(_key(item) for item in items if "$" not in item)


def _counterparts(left: Sequence[str], right: Sequence[str]) -> dict[str, str] | None:
    """The counterpart of each placeholder of the target; None if a placeholder of either side has none."""
    names = {item: item for item in right if item in set(left)}
    by_key: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
    for place, side in enumerate((left, right)):
        for item in dict.fromkeys(side):
            if item not in names:
                by_key.setdefault(_key(item), ([], []))[place].append(item)
    for ours, theirs in by_key.values():
        if len(ours) != len(theirs):
            return None
        names |= dict(zip(theirs, ours, strict=True))
    return names


def _key(found: str) -> tuple[str, ...]:
    """The key that counterparts share."""
    if match := _PRINTF.fullmatch(found):
        return "item", match.group(1) or ""
    if match := _TAG.fullmatch(found):
        held = (item.group(1) or "" for item in _items(found))
        is_closing = match.group(1) or match.group(3) or ""
        return "tag", found[0], is_closing, _tag_name(found), *held
    if _ADDRESS.fullmatch(found):
        return ("address",)
    if _EMAIL.fullmatch(found):
        return ("mail",)
    if _METAVARIABLE.fullmatch(found):
        return ("metavariable",)
    if match := _BRACES.fullmatch(found):
        return "argument", match.group(1), match.group(2)
    return "other", found

"""Pairs of gettext messages: which text is the source of a translation, and which plural forms go together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from dragoman.data.chunk import Entry, Pair, Skip
from dragoman.data.formats.gettext import Message, parse_mo, parse_po
from dragoman.data.formats.plural_forms import NUMBERS, aligned_forms, header_forms, language_forms
from dragoman.data.formats.spelt_numbers import SPELT, spells_number
from dragoman.data.open_input import open_input, unreadable
from dragoman.text.language import closest_language, is_language

MessageKey = tuple[str | None, str]
"""The context and ``msgid`` of a message."""

_KEY_CHARACTERS = re.compile(r"(?=.*[A-Za-z])\w[\w.:/-]*\w", re.ASCII)
_INNER_JOINT = re.compile(r"[A-Za-z0-9][._]+[A-Za-z0-9]")
_LANGUAGE = re.compile(r"^Language:[ \t]*([\w@-]+)", re.MULTILINE)
_SINGULAR_OF_ONE = tuple(int(number != 1) for number in NUMBERS)
"""The forms of a message itself: ``msgid`` is for 1 and ``msgid_plural`` for everything else."""


def read_po(
    path: Path, target_language: str | None = None, log: Callable[[str], None] = lambda remark: None
) -> Iterator[Entry]:
    """The messages of a PO file with their translations.

    Args:
        path: the file.
        target_language: says what plural forms are for where the header does not.
        log: is given a remark if the header names another language, or the ``msgid`` are keys.

    Raises:
        InputError: if the file cannot be read, breaks PO's syntax or does not fit its own character set.
    """
    return _read(path, parse_po, target_language, log)


def read_mo(
    path: Path, target_language: str | None = None, log: Callable[[str], None] = lambda remark: None
) -> Iterator[Entry]:
    """The messages of an MO file with their translations; arguments as of :func:`read_po`.

    Raises:
        InputError: if the file cannot be read or its tables do not fit it.
    """
    return _read(path, parse_mo, target_language, log)


def message_entries(
    messages: list[Message],
    name: str,
    sources: Mapping[MessageKey, Message] | None = None,
    *,
    msgid_is_source: bool = True,
    msgid_first: bool = False,
    has_keys: bool | None = None,
    languages: tuple[str | None, str | None] = (None, None),
) -> Iterator[Entry]:
    """A pair for each form of each message.

    The source is the source language's own translation where there is one. Else it is the ``msgid``, or, in a catalogue
    whose ``msgid`` are keys, the default text in the comment of one that looks like a key; without such a text there
    is no source. Plural forms go together by the numbers that they are for; those that say their number in words are
    left out (see :func:`~dragoman.data.formats.spelt_numbers.spells_number`).

    Args:
        messages: the messages of one file of the target language.
        name: what pairs call the file.
        sources: usable messages of the source language's file.
        msgid_is_source: whether ``msgid`` is in the source language.
        msgid_first: whether a ``msgid`` that is a text comes before the source language's own translation.
        has_keys: whether what looks like a key is one; None to tell it by these messages alone.
        languages: source and target, for catalogues whose headers do not say what their plural forms are for.
    """
    sources = sources or {}
    if has_keys is None:
        has_keys = KeyEvidence.of(messages, sources).has_keys
    for message in messages:
        is_text = not (has_keys and _looks_like_key(message.singular))
        said = None if msgid_first and is_text else sources.get((message.context, message.singular))
        for place, translation, number in _forms(message, said, languages):
            source = said.translations[place] if said is not None else ""
            if not source and msgid_is_source:
                text = message.plural if message.plural is not None and number != 1 else message.singular
                source = (message.default or "") if has_keys and _looks_like_key(text) else text
            reason = why_unusable(message, translation) or (None if source else "no source")
            if reason is None and message.plural is not None and spells_number(source, translation):
                reason = SPELT
            if reason is None:
                yield Pair(source, translation, name, message.line)
            else:
                yield Skip(reason, source, translation, name, message.line)


class KeyEvidence(NamedTuple):
    """What tells whether ``msgid`` that look like keys are keys in this catalogue, and no texts such as ``iconv_open``.

    Attributes:
        messages: how many there are.
        like_keys: those that look like keys.
        explained: those of them with a default text, or that the source language calls something else.
    """

    messages: int = 0
    like_keys: int = 0
    explained: int = 0

    @classmethod
    def of(cls, messages: list[Message], sources: Mapping[MessageKey, Message] | None = None) -> KeyEvidence:
        """The evidence of one file, with the usable messages of the source language's."""
        keys = [message for message in messages if _looks_like_key(message.singular)]
        explained = sum(message.default is not None or _is_renamed(message, sources or {}) for message in keys)
        return cls(len(messages), len(keys), explained)

    def plus(self, other: KeyEvidence) -> KeyEvidence:
        """The evidence of both."""
        return KeyEvidence(*(left + right for left, right in zip(self, other, strict=True)))

    @property
    def has_keys(self) -> bool:
        """Whether most messages look like keys, or most of those that do are explained."""
        return self.like_keys > 0 and (2 * self.like_keys > self.messages or 2 * self.explained > self.like_keys)


def usable_messages(messages: list[Message]) -> dict[MessageKey, Message]:
    """The messages of a source language's own catalogue that can serve as sources, by context and ``msgid``."""
    return {
        (message.context, message.singular): message
        for message in messages
        if not message.fuzzy and not message.obsolete and any(message.translations)
    }


def why_unusable(message: Message, translation: str) -> str | None:
    """Why a form of a message is no pair: ``obsolete``, ``fuzzy`` or ``untranslated``; None if it is one."""
    if message.obsolete:
        return "obsolete"
    if message.fuzzy:
        return "fuzzy"
    return None if translation else "untranslated"


def header_language(messages: list[Message]) -> str | None:
    """The language that the header of a catalogue names; None if it names none that is known."""
    found = _LANGUAGE.search(messages[0].header) if messages else None
    return found.group(1) if found and is_language(found.group(1)) else None


def _read(
    path: Path,
    parse: Callable[[bytes, str], list[Message]],
    target_language: str | None,
    log: Callable[[str], None],
) -> Iterator[Entry]:
    try:
        with open_input(path) as stream:
            data = stream.read()
    except OSError as error:
        raise unreadable(path, error) from error
    messages = parse(data, str(path))
    said = header_language(messages)
    if said is not None and target_language is not None and closest_language([said], target_language) is None:
        log(f"{path.name} says that its language is {said}; it is read as {target_language} all the same")
    if KeyEvidence.of(messages).has_keys and all(message.default is None for message in messages):
        log(
            f"the msgid of {path.name} are keys; give the folder that has the source language's file too, "
            "by --catalogue"
        )
    return message_entries(messages, str(path), languages=(None, target_language))


def _forms(
    message: Message, said: Message | None, languages: tuple[str | None, str | None]
) -> Iterator[tuple[int, str, int]]:
    """Place of the source's form, translation, and a number that both are for."""
    if message.plural is None:
        yield 0 if said is None else _numbered(said, languages[0])[0], message.translations[0], 1
        return
    source = _SINGULAR_OF_ONE if said is None else _numbered(said, languages[0])
    target = _numbered(message, languages[1])
    for number, left, right in aligned_forms(source, target):
        yield left, message.translations[right], number


def _numbered(message: Message, language: str | None) -> tuple[int, ...]:
    """The form of each number. A rule counts only if it has just the forms that the message has."""
    count = len(message.translations)
    for rule in (header_forms(message.header), language_forms(language) if language is not None else None):
        if rule is not None and set(rule) == set(range(count)):
            return rule
    # Forms that no rule explains all serve for more than one, so that none of them is lost.
    return tuple(min(number - 1, count - 1) if number else count - 1 for number in NUMBERS)


def _is_renamed(message: Message, sources: Mapping[MessageKey, Message]) -> bool:
    """Whether the source language calls a message something other than its ``msgid``."""
    said = sources.get((message.context, message.singular))
    return said is not None and said.translations[0] not in ("", message.singular)


def _looks_like_key(text: str) -> bool:
    """Whether a ``msgid`` may be a key, as ``label_edit`` is; ``Loading...``, ``0.00`` and ``L_ocation:`` are texts."""
    return "://" not in text and _KEY_CHARACTERS.fullmatch(text) is not None and _INNER_JOINT.search(text) is not None

"""Gettext catalogues: PO files, which translators edit, and MO files, which programs load.

The reader is strict about syntax, because a message that is passed over without a word is text lost, and tolerant
about everything that is not text: placeholders in the header, a number of plural forms other than the header
announces, a message that stands in the file twice.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from dragoman.errors import InputError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANKS = " \t\r\f\v"
_HEADER = re.compile(rb'^[ \t]*msgid[ \t]*""[ \t\r]*\n[ \t]*msgstr((?:[ \t]*"[^\n]*(?:\n|\Z))+)', re.MULTILINE)
_CHARSET = re.compile(rb"charset=[ \t]*([A-Za-z0-9._:-]+)", re.IGNORECASE)
_CHARSET_PROBE = b'msgid "\\\\ \\u0041+AGEA-.xn--4ca"'
_KEYWORD = re.compile(r'(domain|msgctxt|msgid_plural|msgid|msgstr)(?:\[[ \t]*([0-9]{1,3})[ \t]*\])?[ \t]*(?=")')
_STRING = re.compile(rf'"([^"\\]*+(?:\\.[^"\\]*+)*+)"[{_BLANKS}]*')
_ESCAPES = re.compile(r"((?:\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}))+)|\\(.)", re.DOTALL)
_BYTE_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2}))")
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_DEFAULT = re.compile(r'Default:\s*"(.*)"', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAGIC = 0x950412DE
_CONTEXT_END = "\x04"


@dataclass(frozen=True)
class Message:
    """A message of a catalogue and its translations.

    Attributes:
        context: the ``msgctxt``, which distinguishes messages of the same text, or None.
        singular: the ``msgid``, which is the text or a key for it.
        plural: the ``msgid_plural``, or None.
        translations: one for each plural form of the language, a single one without ``plural``; empty if missing.
        line: the line of its ``msgid``, from 1; in an MO file its row.
        fuzzy: whether a translator has yet to confirm it.
        obsolete: whether the program no longer uses it.
        default: the source text that a comment ``Default: "..."`` gives for a ``msgid`` that is a key, or None.
        header: the text of the catalogue's header, which says its language and what its plural forms are for.
    """

    context: str | None
    singular: str
    plural: str | None
    translations: tuple[str, ...]
    line: int
    fuzzy: bool = False
    obsolete: bool = False
    default: str | None = None
    header: str = ""


def parse_po(data: bytes, name: str) -> list[Message]:
    """The messages of a PO file in their order, without its header.

    Args:
        data: the content of the file.
        name: name of the file, for errors.

    Raises:
        InputError: if it breaks PO's syntax or does not fit the character set of its header; it names the line.
    """
    data = data.removeprefix(_BYTE_ORDER_MARK)
    header = _HEADER.search(data)
    charset = _charset(header.group(1) if header else b"", name)
    parser = _PoParser(name, charset)
    for number, line in enumerate(data.split(b"\n"), start=1):
        parser.feed(number, _decode(line, charset, name, number))
    return parser.close()


def parse_mo(data: bytes, name: str) -> list[Message]:
    """The messages of an MO file in their order, without its header; ``line`` is the row.

    Args:
        data: the content of the file, in either byte order.
        name: name of the file, for errors.

    Raises:
        InputError: if it is no MO file, is cut short, or its text does not fit its character set.
    """
    rows = _mo_rows(data, name)
    raw_header = next((translation for original, translation in rows if not original), b"")
    charset = _charset(raw_header, name)
    header = raw_header.decode(charset, "replace")
    messages = []
    for number, (original, translation) in enumerate(rows, start=1):
        if not original:
            continue
        context, end, text = _decode(original, charset, name, number).rpartition(_CONTEXT_END)
        singular, has_plural, plural = text.partition("\0")
        translated = _decode(translation, charset, name, number)
        messages.append(
            Message(
                context=context if end else None,
                singular=singular,
                plural=plural if has_plural else None,
                translations=tuple(translated.split("\0")) if has_plural else (translated,),
                line=number,
                header=header,
            )
        )
    return messages


@dataclass
class _Draft:
    line: int = 0
    context: list[str] | None = None
    singular: list[str] | None = None
    plural: list[str] | None = None
    translations: list[list[str]] = field(default_factory=list)
    fuzzy: bool = False
    obsolete: bool = False
    comments: list[str] = field(default_factory=list)

    @property
    def is_begun(self) -> bool:
        return self.context is not None or self.singular is not None


class _PoParser:
    """Takes the lines of a PO file one after the other and puts messages together."""

    def __init__(self, name: str, charset: str) -> None:
        self._name = name
        self._charset = charset
        self._messages: list[Message] = []
        self._header = ""
        self._draft = _Draft()
        self._parts: list[str] | None = None

    def feed(self, number: int, line: str) -> None:
        line = line.strip(_BLANKS)
        obsolete = line.startswith("#~")
        if obsolete:
            line = line[2:].lstrip(_BLANKS)
            if line.startswith("|"):
                return
        if not line:
            return
        if line.startswith("#"):
            self._comment(line)
        elif line.startswith('"'):
            if self._parts is None:
                raise self._broken(number, "a string that belongs to no keyword")
            self._parts.extend(self._strings(number, line))
        else:
            keyword = _KEYWORD.match(line)
            if keyword is None:
                raise self._broken(number, f"`{_excerpt(line)}` is neither a keyword with a string nor a comment")
            self._parts = self._begin(number, keyword.group(1), keyword.group(2), obsolete)
            self._parts.extend(self._strings(number, line[keyword.end() :]))

    def close(self) -> list[Message]:
        if self._draft.is_begun:
            self._finish()
        return self._messages

    def _comment(self, line: str) -> None:
        if self._draft.translations:
            self._finish()
        if line.startswith("#,"):
            self._draft.fuzzy |= "fuzzy" in {flag.strip() for flag in line[2:].split(",")}
        elif line.startswith("#."):
            self._draft.comments.append(line[2:].strip())

    def _begin(self, number: int, keyword: str, index: str | None, obsolete: bool) -> list[str]:
        """The list that the strings after ``keyword`` go to."""
        if self._draft.translations and not keyword.startswith("msgstr"):
            self._finish()
        draft = self._draft
        new: list[str] = []
        if index is not None and keyword != "msgstr":
            raise self._broken(number, f"`{keyword}[{index}]`: only msgstr has an index")
        if keyword == "msgctxt" and not draft.is_begun:
            draft.context, draft.line, draft.obsolete = new, number, obsolete
        elif keyword == "msgid" and draft.singular is None:
            draft.singular, draft.line, draft.obsolete = new, number, obsolete
        elif keyword == "msgid_plural" and draft.singular is not None and draft.plural is None:
            draft.plural = new
        elif keyword == "msgstr" and draft.singular is not None and self._is_next(index):
            draft.translations.append(new)
        elif keyword != "domain" or draft.is_begun:
            shown = keyword if index is None else f"{keyword}[{index}]"
            raise self._broken(number, f"`{shown}` cannot stand here: the message lacks a part or has one twice")
        return new

    def _is_next(self, index: str | None) -> bool:
        count = len(self._draft.translations)
        if self._draft.plural is None:
            return index is None and count == 0
        return index is not None and int(index) == count

    def _finish(self) -> None:
        draft, self._draft, self._parts = self._draft, _Draft(), None
        if draft.singular is None or not draft.translations:
            raise self._broken(draft.line, "the message that begins here has no msgid or no msgstr")
        singular = "".join(draft.singular)
        if not singular and draft.context is None:
            self._header = self._header or "".join(draft.translations[0])
            return
        default = _DEFAULT.fullmatch(" ".join(draft.comments).strip())
        self._messages.append(
            Message(
                context=None if draft.context is None else "".join(draft.context),
                singular=singular,
                plural=None if draft.plural is None else "".join(draft.plural),
                translations=tuple("".join(parts) for parts in draft.translations),
                line=draft.line,
                fuzzy=draft.fuzzy,
                obsolete=draft.obsolete,
                default=self._unescape(draft.line, default.group(1)) if default else None,
                header=self._header,
            )
        )

    def _strings(self, number: int, line: str) -> Iterator[str]:
        place = 0
        while place < len(line):
            found = _STRING.match(line, place)
            if found is None:
                raise self._broken(number, f"`{_excerpt(line[place:])}` is no string between quotation marks")
            yield self._unescape(number, found.group(1))
            place = found.end()

    def _unescape(self, number: int, text: str) -> str:
        if "\\" not in text:
            return text

        def replace(found: re.Match[str]) -> str:
            if found.group(2) is not None:
                return _LETTERS.get(found.group(2), found.group(2))
            values = [int(octal, 8) if octal else int(code, 16) for octal, code in _BYTE_ESCAPE.findall(found.group(1))]
            if max(values) > 0xFF:
                raise self._broken(number, f"`{found.group(1)}` is no byte")
            return _decode(bytes(values), self._charset, self._name, number)

        return _ESCAPES.sub(replace, text)

    def _broken(self, number: int, what: str) -> InputError:
        return InputError(
            what,
            file=self._name,
            line=number,
            cause="a quotation mark without a backslash inside a string, or a file that was merged or cut by hand.",
            remedy="mend the file; `msgfmt --check-format` lists everything that is wrong in it.",
        )


def _charset(header: bytes, name: str) -> str:
    found = _CHARSET.search(header)
    charset = found.group(1).decode("ascii") if found else "UTF-8"
    if charset.upper() in ("CHARSET", "UTF-8", "UTF8"):
        return "utf-8"
    try:
        probe = _CHARSET_PROBE.decode(charset)
    except (LookupError, UnicodeError):
        probe = ""
    # Codecs that are no superset of ASCII, such as UTF-16, cannot be the encoding of a header that was found in bytes.
    if len(probe) != len(_CHARSET_PROBE) or not probe.startswith("msgid "):
        raise InputError(
            f"the header names the character set `{charset}`, which cannot be used",
            file=name,
            remedy="convert the file to UTF-8, for example with `msgconv -t UTF-8`, and give that as its charset.",
        )
    return charset


def _decode(data: bytes, charset: str, name: str, line: int) -> str:
    try:
        text = data.decode(charset)
        wrong = "a surrogate" if charset != "utf-8" and _SURROGATE.search(text) else None
    except UnicodeDecodeError as error:
        wrong = f"byte 0x{data[error.start]:02x} (byte {error.start + 1} of it)"
    except UnicodeError:
        wrong = "its encoding"
    if wrong is None:
        return text
    raise InputError(
        f"this text is not {charset}: {wrong}",
        file=name,
        line=line,
        cause="the file has another encoding than its header says; without a header it is taken for UTF-8.",
        remedy="write the true charset into the header, or convert the file with `iconv`.",
    )


def _mo_rows(data: bytes, name: str) -> list[tuple[bytes, bytes]]:
    """Originals and translations. Nothing is sliced before its place was checked against the size."""
    order = next((order for order in "<>" if data[:4] == struct.pack(f"{order}I", _MAGIC)), None)
    if order is None:
        raise _not_mo(name, "it does not begin with the number that MO files begin with")
    if len(data) < 20:
        raise _not_mo(name, f"it ends after {len(data)} bytes, inside its head")
    revision, count, originals, translations = struct.unpack_from(f"{order}4I", data, 4)
    if revision >> 16 > 1:
        raise _not_mo(name, f"revision {revision >> 16} of the format is unknown")
    columns = []
    for table in (originals, translations):
        if table + 8 * count > len(data):
            raise _not_mo(name, f"a table of {count} rows at byte {table} does not fit its {len(data)} bytes")
        numbers = struct.unpack_from(f"{order}{2 * count}I", data, table)
        # Rows that share bytes could make a small file stand for any amount of text.
        if sum(numbers[::2]) > len(data):
            raise _not_mo(name, f"its texts are longer than its {len(data)} bytes")
        column = []
        for row, (length, place) in enumerate(zip(numbers[::2], numbers[1::2], strict=True), start=1):
            if place + length > len(data):
                raise _not_mo(name, f"the text of row {row} does not fit its {len(data)} bytes", row)
            column.append(data[place : place + length])
        columns.append(column)
    return list(zip(*columns, strict=True))


def _not_mo(name: str, what: str, row: int | None = None) -> InputError:
    return InputError(
        f"this is no whole MO file: {what}",
        file=name,
        line=row,
        cause="a download or a copy that was cut short, or a file of another kind.",
        remedy="make it again with `msgfmt`, or give the PO file.",
    )


def _excerpt(text: str) -> str:
    return ascii(text[:40])[1:-1]

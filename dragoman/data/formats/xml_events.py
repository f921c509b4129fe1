"""XML as a stream of small trees: one unit of a document at a time, each with its line, in little memory.

Only what a document itself contains is read. It may name a document type, as old programs do, which is passed over and
never fetched; it may declare nothing inside it, so that it can define no entity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from dragoman.data.open_input import open_input, unreadable
from dragoman.errors import InputError

_CHUNK = 1 << 16
_DEEPEST = 100
_MOST_NAMES = 10_000
_LARGEST_UNIT = 1_000_000
_LARGEST_TOKEN = 1 << 22
_ELEMENT_SIZE = 16

_CAUSES = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]: "the file was cut off.",
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN]: "the file was cut off inside a tag.",
    expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]: (
        "a bare `&` or `<` in the text, a control character, or another encoding than the first line declares."
    ),
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: (
        "a name that HTML knows and XML does not, such as `&nbsp;`: write the character itself."
    ),
    expat.errors.codes[expat.errors.XML_ERROR_BAD_CHAR_REF]: "a control character, which XML does not allow.",
}


@dataclass(slots=True, eq=False)
class Element:
    """An element of XML with its content.

    Attributes:
        name: name of the element without a prefix.
        attributes: the attributes by their names as written (``xml:lang``).
        line: number of the start tag's line, from 1.
        content: texts and elements inside, in their order.
    """

    name: str
    attributes: dict[str, str]
    line: int
    content: list[str | Element] = field(default_factory=list)

    def children(self, name: str) -> list[Element]:
        """The elements of that name directly inside this one."""
        return [part for part in self.content if isinstance(part, Element) and part.name == name]

    def child(self, name: str) -> Element | None:
        """The first of :meth:`children`, or None."""
        return next(iter(self.children(name)), None)


class Unit(NamedTuple):
    """A unit of a document.

    Attributes:
        element: the unit, complete.
        ancestors: the elements around it, from the root inwards, without their content.
    """

    element: Element
    ancestors: tuple[Element, ...]


def read_units(path: Path, root: str, names: frozenset[str]) -> Iterator[Unit]:
    """First the root's start tag, then the outermost elements with one of ``names``, as they are asked for.

    Names are compared without their prefix. UTF-8, UTF-16 and the one-byte encodings that Python knows are read.

    Raises:
        InputError: if the file cannot be read, is no well-formed XML, has another root, declares anything in a
            document type, uses an entity that only such a declaration could define, or is built to exhaust memory:
            elements nested more than 100 deep, more than 10,000 different names, a tag or comment of more than 4 MiB,
            a unit of more than a million characters.
    """
    builder = _Builder(path, root, names)
    with open_input(path) as stream:
        while True:
            try:
                chunk = stream.read(_CHUNK)
            except OSError as error:
                raise unreadable(path, error) from error
            builder.feed(chunk)
            yield from builder.take()
            if not chunk:
                return


class _Builder:
    """Builds units from the events of the parser."""

    def __init__(self, path: Path, root: str, names: frozenset[str]) -> None:
        self._path, self._root, self._names = path, root, names
        self._open: list[Element] = []
        self._unit: Element | None = None
        self._size = 0
        self._fed = 0
        self._ready: list[Unit] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._document_type
        self._parser.SkippedEntityHandler = self._refuse_entity
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def feed(self, chunk: bytes) -> None:
        """Parse some more of the file; an empty chunk ends it."""
        self._fed += len(chunk)
        if not self._fed:
            raise InputError("the file is empty", file=self._path, remedy=f"give a file with a <{self._root}> in it.")
        try:
            self._parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            raise InputError(
                f"not well-formed XML: {expat.ErrorString(error.code)} (column {error.offset + 1})",
                file=self._path,
                line=error.lineno,
                cause=_CAUSES.get(error.code),
                remedy="mend this place, or export the file again.",
            ) from None
        except (LookupError, ValueError) as error:
            raise InputError(
                f"the encoding that the XML declaration names cannot be read: {error}",
                file=self._path,
                line=1,
                remedy='convert the file to UTF-8, for example with `iconv`, and declare encoding="UTF-8".',
            ) from None
        if self._fed - self._parser.CurrentByteIndex > _LARGEST_TOKEN:
            raise self._too_large(f"a tag or comment is larger than {_LARGEST_TOKEN:,} bytes")
        if len(self._parser.intern) > _MOST_NAMES:
            raise self._too_large(f"elements and attributes have more than {_MOST_NAMES:,} different names")

    def take(self) -> list[Unit]:
        """The units that were completed since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name.rpartition(":")[2], attributes, self._parser.CurrentLineNumber)
        if not self._open:
            self._check_root(element)
        if len(self._open) >= _DEEPEST:
            raise self._too_large(f"more than {_DEEPEST} elements are nested in each other")
        if self._unit is not None:
            self._open[-1].content.append(element)
        else:
            self._size = 0
            if element.name in self._names:
                self._unit = element
        self._open.append(element)
        self._count(_ELEMENT_SIZE + sum(map(len, attributes)) + sum(map(len, attributes.values())))

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        if element is self._unit:
            self._unit = None
            self._ready.append(Unit(element, tuple(self._open)))

    def _text(self, text: str) -> None:
        if self._unit is not None:
            self._open[-1].content.append(text)
            self._count(len(text))

    def _count(self, characters: int) -> None:
        self._size += characters
        if self._size > _LARGEST_UNIT:
            element = self._unit or self._open[-1]
            raise self._too_large(f"<{element.name}> is longer than {_LARGEST_UNIT:,} characters", element.line)

    def _check_root(self, element: Element) -> None:
        if element.name != self._root:
            raise InputError(
                f"the outermost element is <{element.name[:80]}>, not <{self._root}>",
                file=self._path,
                line=element.line,
                cause="the file has another format than its name says.",
                remedy=f"give a file with <{self._root}>, or name it by its format.",
            )
        self._ready.append(Unit(element, ()))

    def _document_type(self, name: str, system: str | None, _public: str | None, declares: int) -> None:
        if not declares:
            return
        shown = f"<!DOCTYPE {name[:80]}" + (f' "{system[:80]}"' if system else "") + " […]>"
        raise InputError(
            f"the file declares things of its own in its document type, `{shown}`; nothing of it was followed and "
            "nothing was fetched",
            file=self._path,
            line=self._parser.CurrentLineNumber,
            cause="such declarations can name other files to read and define entities, so none is accepted.",
            remedy="delete what stands between `[` and `]` in `<!DOCTYPE …>`; files with sentences need none of it.",
        )

    def _refuse_entity(self, name: str, is_parameter: int) -> None:
        raise InputError(
            f"`{'%' if is_parameter else '&'}{name[:80]};` is defined nowhere in the file",
            file=self._path,
            line=self._parser.CurrentLineNumber,
            cause=_CAUSES[expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]],
            remedy="write the character itself; the document type that the file names is never fetched.",
        )

    def _too_large(self, what: str, line: int | None = None) -> InputError:
        return InputError(
            what,
            file=self._path,
            line=self._parser.CurrentLineNumber if line is None else line,
            cause="the file is damaged, or holds something else than sentences.",
            remedy="remove this part of the file.",
        )

"""Text files line by line, with the place of whatever is wrong in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dragoman.data.open_input import open_input, unreadable
from dragoman.errors import InputError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_LINE = 1 << 26


def read_text_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file without their ends.

    A line ends with LF or CR LF and with nothing else: other separators that Unicode knows may stand inside a
    sentence. A byte-order mark at the beginning is dropped.

    Raises:
        InputError: if the file cannot be read, is not UTF-8 (it names the line and the byte) or has a line of 64 MiB.
    """
    return (line.removesuffix("\n").removesuffix("\r") for line in read_raw_lines(path))


def read_raw_lines(path: Path) -> Iterator[str]:
    """Like :func:`read_text_lines`, but each line keeps its end."""
    with open_input(path) as stream:
        try:
            for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b""), start=1):
                if len(line) == _LONGEST_LINE:
                    raise _endless(path, number)
                if number == 1:
                    line = line.removeprefix(_BYTE_ORDER_MARK)
                    if not line:
                        return
                try:
                    yield line.decode("utf-8")
                except UnicodeDecodeError as error:
                    raise _not_utf_8(path, number, line, error) from None
        except OSError as error:
            raise unreadable(path, error) from error


def _endless(path: Path, number: int) -> InputError:
    return InputError(
        f"a line of {_LONGEST_LINE >> 20} MiB or more",
        file=path,
        line=number,
        cause="the file is not text, or its lines end with something else than a line feed.",
        remedy="give a text file with one sentence a line.",
    )


def _not_utf_8(path: Path, number: int, line: bytes, error: UnicodeDecodeError) -> InputError:
    wide = number == 1 and line.startswith(_UTF_16_MARKS)
    character = len(line[: error.start].decode("utf-8")) + 1
    return InputError(
        f"not UTF-8: byte 0x{line[error.start]:02x} at character {character} (byte {error.start + 1} of the line)",
        file=path,
        line=number,
        cause="the file is UTF-16, which some programs call Unicode." if wide else "the file has another encoding.",
        remedy=f"convert it first, for example with `iconv -f {'utf-16' if wide else 'latin1'} -t utf-8`.",
    )

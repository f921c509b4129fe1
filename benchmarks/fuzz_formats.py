"""Look for bytes that make a reader of file formats raise anything but an InputError.

``python benchmarks/fuzz_formats.py --reader po --seconds 60`` runs one reader under coverage-guided fuzzing; without
``--reader`` all of them run, one process after the other. Needs ``pip install atheris``. A finding ends the run with
its traceback, and the bytes are left in ``crash-*`` in the current folder.
"""

from __future__ import annotations

import argparse
import io
import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

_PO = b"""msgid ""
msgstr "Content-Type: text/plain; charset=ISO-8859-1\\n"

#, fuzzy
#. Default: "x"
msgctxt "c"
msgid "a\\n\\x41"
msgid_plural "b"
msgstr[0] "c"
msgstr[1] "d"

#~ msgid "e"
#~ msgstr "f"
"""
_JSON = json.dumps({"translation": {"en": "a\u00e4", "de": ["x", None, 1.5e3]}, "en": "\U0001f600", "de": "y"}).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", choices=sorted(_READERS))
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    if arguments.reader is None:
        for reader in sorted(_READERS):
            print(f"== {reader}", flush=True)
            command = [sys.executable, __file__, "--reader", reader, "--seconds", str(arguments.seconds)]
            subprocess.run(command, check=True)
        return
    try:
        import atheris
    except ImportError:
        sys.exit("This needs the fuzzer atheris: pip install atheris")
    # Only what is imported under the hook is guided by coverage, and the fuzzer itself has imported zipfile before.
    sys.modules.pop("zipfile", None)
    with atheris.instrument_imports(include=["dragoman.data.formats", "dragoman.data.text_file", "zipfile"]):
        from dragoman.data.formats import archive, gettext, json_lines, message_format, nested_json, plural_forms  # noqa: F401
    from dragoman.errors import InputError

    read, seed = _READERS[arguments.reader]

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "corpus").mkdir()
        Path(folder, "corpus", "seed").write_bytes(seed())
        scratch = Path(folder, "input")

        def attempt(data: bytes) -> None:
            try:
                read(data, scratch)
            except InputError as error:
                str(error).encode()

        options = [
            f"-max_total_time={arguments.seconds}",
            "-max_len=4096",
            "-print_final_stats=1",
            "-rss_limit_mb=2048",
        ]
        atheris.Setup([sys.argv[0], *options, str(Path(folder, "corpus"))], attempt)
        atheris.Fuzz()


def _po(data: bytes, scratch: Path) -> None:
    from dragoman.data.formats.gettext import parse_po
    from dragoman.data.formats.gettext_pairs import message_entries

    _encode(list(message_entries(parse_po(data, "a.po"), "a.po")))


def _mo(data: bytes, scratch: Path) -> None:
    from dragoman.data.formats.gettext import parse_mo
    from dragoman.data.formats.gettext_pairs import message_entries

    _encode(list(message_entries(parse_mo(data, "a.mo"), "a.mo")))


def _nested_json(data: bytes, scratch: Path) -> None:
    from dragoman.data.formats.nested_json import parse_nested_json

    _encode([(*key, text) for key, (text, _) in parse_nested_json(data, "a.json").items()])


def _json_lines(data: bytes, scratch: Path) -> None:
    from dragoman.data.formats.json_lines import read_json_lines

    scratch.write_bytes(data)
    _encode(list(read_json_lines(scratch, "translation.en", "de")))


def _zip(data: bytes, scratch: Path) -> None:
    from dragoman.data.formats.archive import open_tree

    scratch.write_bytes(data)
    with open_tree(scratch) as tree:
        for name in tree.names():
            tree.read(name)
            tree.place(name).encode()


def _message_format(data: bytes, scratch: Path) -> None:
    from dragoman.data.chunk import Pair
    from dragoman.data.formats.message_format import expand_messages

    source, _, target = data.decode("utf-8", "replace").partition("\0")
    _encode(list(expand_messages([Pair(source, target, "a", 1)], "en", "ru")))


def _plural_forms(data: bytes, scratch: Path) -> None:
    from dragoman.data.formats.plural_forms import header_forms

    header_forms(f"Plural-Forms: nplurals=6; plural={data.decode('utf-8', 'replace')};")


def _encode(rows: list[tuple[object, ...]]) -> None:
    """Fails for text that cannot be stored."""
    for row in rows:
        for value in row:
            str(value).encode()


def _mo_seed() -> bytes:
    rows = [(0, 60), (3, 61), (0, 65), (3, 66)]
    numbers = [number for row in rows for number in row]
    return struct.pack("<15I", 0x950412DE, 0, 2, 28, 44, 0, 60, *numbers) + b"\0a\0b\0\0c\0d\0"


def _zip_seed() -> bytes:
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/de.json", _JSON)
        archive.writestr("b/", b"")
    return stream.getvalue()


_READERS: dict[str, tuple[Callable[[bytes, Path], None], Callable[[], bytes]]] = {
    "po": (_po, lambda: _PO),
    "mo": (_mo, _mo_seed),
    "nested-json": (_nested_json, lambda: _JSON),
    "json-lines": (_json_lines, lambda: _JSON + b"\n\n" + _JSON),
    "zip": (_zip, _zip_seed),
    "message-format": (
        _message_format,
        lambda: b"{n, plural, =0 {a} one {# b} other {'{c}' #}}\0{n, select, other {d}}",
    ),
    "plural-forms": (_plural_forms, lambda: b"n%10==1 && n%100!=11 ? 0 : n%10>=2 || !n ? 1 : 2"),
}


if __name__ == "__main__":
    main()

"""What a file seems to be, in words that a person knows: by the bytes that it begins with, else by its name.

This serves error messages. It names many formats that are not read, so that a person sees at once why a file cannot be
used. Plain text is nothing in particular: :func:`seems_to_be` answers None, so that sentences are never refused
because one of them looks like a configuration file.
"""

from __future__ import annotations

import re
from pathlib import PurePath

LOOKED_AT = 4096
"""How many bytes from the beginning are enough."""

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "a PDF document"),
    (0, b"{\\rtf", "a Rich Text document (RTF)"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document (DOC, XLS or PPT)"),
    (0, b"\x1f\x8b", "a file compressed by gzip"),
    (0, b"BZh", "a file compressed by bzip2"),
    (0, b"\xfd7zXZ\0", "a file compressed by xz"),
    (0, b"\x28\xb5\x2f\xfd", "a file compressed by Zstandard"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x89PNG\r\n", "a picture (PNG)"),
    (0, b"\xff\xd8\xff", "a picture (JPEG)"),
    (0, b"GIF8", "a picture (GIF)"),
    (8, b"WEBP", "a picture (WebP)"),
    (0, b"II*\0", "a picture (TIFF)"),
    (0, b"MM\0*", "a picture (TIFF)"),
    (0, b"\0\0\x08\x01", "a file of labels in MNIST's format (IDX)"),
    (0, b"\0\0\x08\x03", "a file of pictures in MNIST's format (IDX)"),
    (8, b"WAVE", "a sound recording (WAV)"),
    (0, b"ID3", "a sound recording (MP3)"),
    (0, b"OggS", "a recording (Ogg)"),
    (0, b"fLaC", "a sound recording (FLAC)"),
    (4, b"ftyp", "a video or picture (MP4, HEIC)"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"PAR1", "a Parquet file"),
    (0, b"ARROW1", "an Arrow file"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"\x80\x02", "a Python pickle, which is never read because it can run any program"),
    (0, b"\x80\x03", "a Python pickle, which is never read because it can run any program"),
    (0, b"\x80\x04", "a Python pickle, which is never read because it can run any program"),
    (0, b"\x80\x05", "a Python pickle, which is never read because it can run any program"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ\x90", "a program"),
    (0, b"\x3c\xb8\x64\x18\xca\xef\x9c\x95", "a compiled Qt catalogue (QM)"),
    (0, b"\xde\x12\x04\x95", "a compiled gettext catalogue (MO)"),
    (0, b"\x95\x04\x12\xde", "a compiled gettext catalogue (MO)"),
    (0, b"bplist00", "a binary property list of Apple"),
)

_ZIP = b"PK\x03\x04"
_ZIP_CONTENT = (
    (b"word/", "a Word document (DOCX)"),
    (b"xl/", "an Excel workbook (XLSX)"),
    (b"ppt/", "a PowerPoint presentation (PPTX)"),
    (b"application/vnd.oasis.opendocument.text", "an OpenDocument text (ODT)"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "an OpenDocument spreadsheet (ODS)"),
    (b"application/vnd.oasis.opendocument.presentation", "an OpenDocument presentation (ODP)"),
    (b"application/epub+zip", "an electronic book (EPUB)"),
    (b"AndroidManifest.xml", "an Android program (APK)"),
    (b"META-INF/MANIFEST.MF", "a Java archive (JAR)"),
)
_ZIP_ENDINGS = {
    ".docx": "a Word document (DOCX)",
    ".xlsx": "an Excel workbook (XLSX)",
    ".xlsm": "an Excel workbook (XLSM)",
    ".pptx": "a PowerPoint presentation (PPTX)",
    ".odt": "an OpenDocument text (ODT)",
    ".ods": "an OpenDocument spreadsheet (ODS)",
    ".odp": "an OpenDocument presentation (ODP)",
    ".epub": "an electronic book (EPUB)",
    ".idml": "an InDesign document (IDML)",
    ".whl": "a Python package (wheel)",
    ".npz": "several NumPy arrays (NPZ)",
    ".pt": "weights of PyTorch",
    ".sdlppx": "a package of Trados (SDLPPX)",
}

_XML_ROOTS = {
    "tmx": "a translation memory (TMX)",
    "xliff": "an XLIFF file",
    "ts": "a Qt catalogue (TS)",
    "tbx": "a term base (TBX)",
    "martif": "a term base (TBX)",
    "resources": "a file of Android strings",
    "root": "a file of .NET resources (RESX)",
    "plist": "a property list of Apple",
    "html": "a web page (HTML)",
    "svg": "a picture (SVG)",
    "tt": "subtitles (TTML)",
    "rss": "a news feed (RSS)",
    "feed": "a news feed (Atom)",
    "document": "an office document in XML",
    "book": "a DocBook document",
    "article": "a DocBook document",
    "ldml": "locale data (LDML)",
    "oor:component-data": "settings of LibreOffice (XCU)",
}
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)(?=[\s/>])")
_XML_PROLOGUE = re.compile(
    r"\s*(?:<\?[^>]*\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?\s*>\s*)*", re.DOTALL | re.I
)

_TEXT_BEGINNINGS = (
    (re.compile(r"WEBVTT(?:[ \t\n]|\Z)"), "subtitles (WebVTT)"),
    (re.compile(r"\d+[ \t]*\n\d\d?:\d\d:\d\d[,.]\d{1,3} --> \d"), "subtitles (SRT)"),
    (re.compile(r"\[Script Info\]"), "subtitles (ASS)"),
    (re.compile(r"(?:#[^\n]*\n|\s)*(?:msgctxt \"[^\n]*\n)?msgid +\""), "a gettext catalogue (PO)"),
    (
        re.compile(r"(?:/\*.*?\*/|//[^\n]*\n|\s)*\"(?:[^\"\\\n]|\\.)*\"\s*=\s*\"(?:[^\"\\]|\\.)*\"\s*;", re.DOTALL),
        "a file of Apple strings (STRINGS)",
    ),
    (re.compile(r"%YAML |---[ \t]*\n[\w\"'-]+:(?:\s|$)"), "a YAML document"),
    (re.compile(r"<\?php\b"), "a program in PHP"),
    (re.compile(r"#!"), "a script"),
    (re.compile(r"\\documentclass\b"), "a LaTeX document"),
)

_TEXT_ENDINGS = {
    ".xlf": "an XLIFF file",
    ".xliff": "an XLIFF file",
    ".tmx": "a translation memory (TMX)",
    ".po": "a gettext catalogue (PO)",
    ".pot": "a gettext template (POT), which holds no translations",
    ".yml": "a YAML document",
    ".yaml": "a YAML document",
    ".properties": "a file of Java properties",
    ".strings": "a file of Apple strings (STRINGS)",
    ".stringsdict": "a file of Apple strings (STRINGSDICT)",
    ".xcstrings": "a catalogue of Apple strings (XCSTRINGS)",
    ".resx": "a file of .NET resources (RESX)",
    ".ftl": "a Fluent catalogue (FTL)",
    ".arb": "a catalogue of Flutter (ARB)",
    ".srt": "subtitles (SRT)",
    ".vtt": "subtitles (WebVTT)",
    ".ass": "subtitles (ASS)",
    ".sub": "subtitles (SUB)",
    ".tex": "a LaTeX document",
    ".ini": "a file of settings (INI)",
    ".toml": "a file of settings (TOML)",
    ".csv": "a table (CSV)",
    ".tsv": "a table (TSV)",
    ".tab": "a table (TSV)",
    ".jsonl": "JSON lines",
    ".ndjson": "JSON lines",
    ".json": "a JSON document",
    ".ipynb": "a notebook",
    ".xml": "an XML document",
    ".html": "a web page (HTML)",
    ".htm": "a web page (HTML)",
    ".php": "a program in PHP",
    ".js": "a program in JavaScript",
    ".py": "a program in Python",
}
_LARGE_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def seems_to_be(data: bytes, name: str) -> str | None:
    """What a file seems to be, with its article (``an Excel workbook (XLSX)``), to follow *it seems to be*.

    Args:
        data: how it begins, :data:`LOOKED_AT` bytes or all of it; more does no harm.
        name: the file's name, of which the ending counts where the content leaves it open.

    Returns:
        The description; None for plain text without any mark of a format, for text in UTF-16 too.
    """
    ending = PurePath(name).suffix.lower()
    if not data:
        return "an empty file"
    if data.startswith(_ZIP):
        found = next((what for mark, what in _ZIP_CONTENT if mark in data), None)
        return found or _ZIP_ENDINGS.get(ending, "a zip archive")
    for place, magic, what in _MAGIC:
        if data.startswith(magic, place):
            return what
    text = _as_text(data[:LOOKED_AT])
    return "a binary file of a kind unknown here" if text is None else _text_format(text, ending)


def _as_text(data: bytes) -> str | None:
    """The beginning of a file as text in whatever encoding, its lines ended by LF; None if it is none."""
    text = data.decode("utf-16" if data.startswith(_WIDE_MARKS) else "utf-8", "replace")
    # Text in an encoding of one byte a character is text all the same; only control characters tell.
    if len(_LARGE_CONTROL.findall(text)) > len(text) // 50:
        return None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _text_format(text: str, ending: str) -> str | None:
    if text.lstrip().startswith("<"):
        found = _xml_format(text, ending)
        if found is not None:
            return found
    begins = next((what for pattern, what in _TEXT_BEGINNINGS if pattern.match(text)), None)
    by_name = _TEXT_ENDINGS.get(ending)
    if by_name is not None and (begins is None or ending == ".pot"):
        return by_name
    if begins is None and re.match(r'\s*[{\[]\s*"', text):
        first = text.strip().split("\n", 1)[0].rstrip()
        return (
            "JSON lines"
            if first.startswith("{") and first.endswith("}") and "\n" in text.strip()
            else "a JSON document"
        )
    return begins


def _xml_format(text: str, ending: str) -> str | None:
    prologue = _XML_PROLOGUE.match(text)
    root = _ROOT.match(text, prologue.end() if prologue else 0)
    if root is None:
        return "an XML document" if text.lstrip().startswith("<?xml") else None
    name = root.group(1)
    # A sentence may begin with a tag; only a declaration or a name that no sentence begins with tells a document.
    local = name.lower() if name.lower() in _XML_ROOTS else name.rpartition(":")[2].lower()
    declared = text.lstrip().lower().startswith(("<?xml", "<!doctype"))
    known = _XML_ROOTS.get(local)
    if local in ("tmx", "xliff", "html", "plist", "svg", "martif", "tbx") or (known and (declared or ending == ".ts")):
        return known
    return f"an XML document (<{name[:40]}>)" if declared else None

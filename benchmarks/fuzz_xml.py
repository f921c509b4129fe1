"""Look for documents on which a reader of XML fails otherwise than with an InputError, guided by coverage.

python benchmarks/fuzz_xml.py --seconds 60 --reader tmx

Bytes are taken as a document, or, if the first is 0, as the way to build a well-formed one. It ends with status 0 if it
found none, and else prints the document and the traceback.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import multiprocessing
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

SEEDS = {
    "tmx": [
        '<?xml version="1.0" encoding="UTF-8"?><tmx version="1.4"><header/><body><tu><tuv xml:lang="en">'
        '<seg>a <bpt i="1">&lt;b&gt;</bpt><hi>c</hi><ph><sub>d</sub></ph></seg></tuv><tuv lang="fr"><seg>e</seg></tuv>'
        "</tu></body></tmx>",
        '<!DOCTYPE tmx [<!ENTITY a "b">]><tmx><body><tu>&a;<![CDATA[x]]><!-- y --><?z?></tu></body></tmx>',
    ],
    "xliff": [
        '<xliff version="1.2"><file source-language="en" target-language="fr"><body><group translate="no"><trans-unit>'
        '<source>a<x id="1" equiv-text="b"/><g id="2">c</g><bx/><ph>d<sub>e</sub></ph></source>'
        '<target state="new" xml:lang="fr">f</target></trans-unit></group></body></file></xliff>',
        '<?xml version="1.0" encoding="latin1"?><xliff version="2.0" srcLang="en" trgLang="fr"><file><unit id="u">'
        '<originalData><data id="d">%s<cp hex="1F"/></data></originalData><segment state="final"><source>'
        '<pc id="1" dataRefStart="d" dataRefEnd="d">a</pc><ph id="2" dataRef="d"/><sc id="3"/><ec startRef="3"/>'
        '<cp hex="D800"/></source><target>b</target></segment></unit></file></xliff>',
    ],
}
WORDS = """
<tmx> </tmx> <tu> </tu> <tuv <seg> </seg> xml:lang='en' lang='fr' <ph/> <sub> <xliff <file <unit> </unit>
<segment> <trans-unit> </trans-unit> <source> </source> <target> </target> <originalData> <data version='1.2'
version='2.0' srcLang= trgLang= source-language= target-language= state= translate='no' dataRef= equiv= hex=
<cp <pc <mrk> &amp; &#x1F; <![CDATA[ ]]> <!-- --> <?xml encoding= <!DOCTYPE <!ENTITY SYSTEM standalone= utf-16
latin1 cp1252 utf-7
"""

# What a well-formed document is built of: `@` is a short text, `#` a number in hexadecimal digits.
TAGS = {
    "tmx": """<tu>|<tuv xml:lang="en">|<tuv lang="fr">|<tuv xml:lang=@>|<seg>|<ph>|<hi>|<sub>|<bpt/>|<note/>|<x:tu>""",
    "xliff": """<file source-language="en" target-language="fr">|<file target-language=@>|<group translate="no">|
<trans-unit>|<trans-unit translate=@>|<unit>|<unit id=@ translate="yes">|<segment>|<segment state=@>|<source>|<target>|
<target state="new">|<target xml:lang=@>|<originalData>|<data id=@>|<x equiv-text=@/>|<g id=@>|<bx/>|<ph>|<sub>|<mrk>|
<ph dataRef=@ equiv=@/>|<pc dataRefStart=@ dataRefEnd=@>|<sc id=@/>|<ec startRef=@/>|<cp hex="#"/>|<cp/>|<it>""",
}
ROOTS = {"tmx": ["<tmx>"], "xliff": ['<xliff version="1.2">', '<xliff version="2.0" srcLang="en" trgLang="fr">']}
BUILT = {
    "tmx": [bytes([0, 0, 0, 1, 4, 255, 1, 97, 253, 253, 2, 4, 255, 1, 98])],
    "xliff": [
        bytes([0, 0, 0, 3, 9, 255, 1, 97, 15, 1, 98, 253, 10, 255, 1, 99]),
        bytes([0, 1, 0, 5, 7, 9, 255, 1, 97, 25, 1, 98, 253, 10, 255, 1, 99, 253, 253, 13, 14, 1, 100]),
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--reader", choices=sorted(SEEDS), default="tmx")
    asked = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        sys.exit("this needs the fuzzer atheris: pip install atheris")
    with tempfile.TemporaryDirectory() as folder:
        # The fuzzer ends its process without cleaning up, so it gets one of its own.
        process = multiprocessing.Process(target=_fuzz, args=(asked.reader, asked.seconds, Path(folder)))
        process.start()
        process.join()
    sys.exit(process.exitcode)


def _fuzz(reader: str, seconds: int, folder: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["dragoman", "xml"]):
        from dragoman.data.formats.tmx import read_tmx
        from dragoman.data.formats.xliff import read_xliff
        from dragoman.errors import InputError
    corpus, words = folder / "corpus", folder / "words"
    corpus.mkdir()
    for number, seed in enumerate(SEEDS[reader]):
        (corpus / str(number)).write_text(seed, encoding="utf-8")
        (corpus / f"{number}-wide").write_text(seed.replace('encoding="UTF-8"', ""), encoding="utf-16")
    for number, steps in enumerate(BUILT[reader]):
        (corpus / f"built-{number}").write_bytes(steps)
    words.write_text("".join(f'"{word}"\n' for word in WORDS.split()), encoding="utf-8")
    options = [f"-max_total_time={seconds}", "-max_len=4096", f"-dict={words}", "-print_final_stats=1"]
    read = read_tmx if reader == "tmx" else read_xliff
    atheris.Setup([sys.argv[0], *options, str(corpus)], _target(read, reader, InputError))
    atheris.Fuzz()


def _target(read: Callable[..., Any], reader: str, expected: type[Exception]) -> Callable[[bytes], None]:
    class InMemory(type(Path())):  # type: ignore[misc]
        """A path whose file is in memory."""

        data = b""

        def open(self, *_args: Any, **_options: Any) -> io.BytesIO:
            return io.BytesIO(self.data)

    path = InMemory("memory.xml")

    def run(data: bytes) -> None:
        path.data = _build(data[1:], reader) if data[:1] == b"\0" else data
        try:
            for entry in read(path, "en", "fr"):
                entry.source.encode()
                entry.target.encode()
                assert 1 <= entry.line <= len(path.data)
        except expected:
            pass
        except Exception:
            print(f"The document: {path.data!r}", file=sys.stderr)
            raise

    return run


def _build(steps: bytes, reader: str) -> bytes:
    """A document from bytes: each chooses a tag, ends an element (252, 253) or has some of those after it as text."""
    stream = io.BytesIO(steps)
    tags = TAGS[reader].replace("\n", "").split("|")
    parts = [ROOTS[reader][sum(stream.read(1)) % len(ROOTS[reader])]]
    ends = [f"</{reader}>"]

    def some(limit: int) -> bytes:
        return stream.read(sum(stream.read(1)) % limit)

    def text(limit: int) -> str:
        return "".join(letter for letter in some(limit).decode("latin-1") if letter.isprintable() and letter != "@")

    while step := stream.read(1):
        if step[0] >= 254:
            parts.append(escape(text(16)))
        elif step[0] >= 252:
            parts.append(ends.pop() if len(ends) > 1 else "\n")
        else:
            tag = tags[step[0] % len(tags)]
            while "@" in tag:
                tag = tag.replace("@", quoteattr(text(8)), 1)
            if "#" in tag:
                tag = tag.replace("#", some(6).hex(), 1)
            parts.append(tag)
            if not tag.endswith("/>"):
                ends.append(f"</{tag[1:-1].split()[0]}>")
    return "".join([*parts, *reversed(ends)]).encode()


if __name__ == "__main__":
    main()

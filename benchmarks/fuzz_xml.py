"""Look for documents on which a reader of XML fails otherwise than with an InputError, guided by coverage.

python benchmarks/fuzz_xml.py --seconds 60 --reader tmx
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--reader", choices=sorted(SEEDS), default="tmx")
    asked = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("this needs the fuzzer atheris: pip install atheris")
    with atheris.instrument_imports(include=["dragoman", "xml"]):
        from dragoman.data.formats.tmx import read_tmx
        from dragoman.data.formats.xliff import read_xliff
        from dragoman.errors import InputError
    read = read_tmx if asked.reader == "tmx" else read_xliff
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, seed in enumerate(SEEDS[asked.reader]):
            (corpus / str(number)).write_text(seed, encoding="utf-8")
            (corpus / f"{number}-wide").write_text(seed.replace('encoding="UTF-8"', ""), encoding="utf-16")
        words = Path(folder) / "words"
        words.write_text("".join(f'"{_quoted(word)}"\n' for word in WORDS.split()), encoding="utf-8")
        options = [f"-max_total_time={asked.seconds}", "-max_len=4096", f"-dict={words}", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, str(corpus)], _target(read, InputError))
        atheris.Fuzz()


def _target(read: Callable[..., Any], expected: type[Exception]) -> Callable[[bytes], None]:
    class InMemory(type(Path())):  # type: ignore[misc]
        """A path whose file is in memory."""

        data = b""

        def open(self, *_args: Any, **_options: Any) -> io.BytesIO:
            return io.BytesIO(self.data)

    path = InMemory("memory.xml")

    def run(data: bytes) -> None:
        path.data = data
        try:
            for entry in read(path, "en", "fr"):
                assert isinstance(entry.source, str)
                assert isinstance(entry.target, str)
                assert 1 <= entry.line <= len(data)
        except expected:
            pass

    return run


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')


if __name__ == "__main__":
    main()

"""Files read as buffers of lines are what they are line by line, faults included."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dragoman.data import line_pairs
from dragoman.data.corpora import read_corpus, read_lines
from dragoman.data.line_pairs import read_line_chunks, read_text_chunks
from dragoman.errors import InputError
from dragoman.recipe.data import CorpusRecipe

PIECES = [b"", b"a", b"b c", "Größe".encode(), "你\u2028好\x0b".encode(), b"\r", b"\r\n", b"\n", b"\n\n", b"\r\r\n"]
FAULTS = [b"\xff", "é".encode()[:1], b"\xed\xa0\x80", b"\xef\xbb\xbf"]


def content(*more: bytes) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from([*PIECES, b"\n", *more]), max_size=12).map(b"".join)


def outcome(entries: object) -> object:
    """All entries, or the error."""
    try:
        return list(entries)  # type: ignore[call-overload]
    except InputError as error:
        return str(error)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines")


@example(source=b"", target=b"\xef\xbb\xbf\xff", marked=True, same=False)
@example(source=b"", target=b"\xef\xbb\xbf", marked=True, same=False)
@given(source=content(*FAULTS), target=content(*FAULTS), marked=st.booleans(), same=st.booleans())
def test_the_same_pairs_and_faults(folder: Path, source: bytes, target: bytes, marked: bool, same: bool) -> None:
    paths = folder / "x.en", folder / "x.de"
    for path, data in zip(paths, (source, source.replace(b"a", b"x") if same else target), strict=True):
        path.write_bytes(b"\xef\xbb\xbf" * marked + data)
    text = CorpusRecipe(text=paths[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_pairs, "CHUNK", 3)
        in_chunks = outcome(entry for chunk in read_line_chunks(*paths) for entry in chunk.pairs())
        as_text = outcome(entry for chunk in read_text_chunks(paths[0]) for entry in chunk.pairs())
    assert in_chunks == outcome(read_lines(*paths))
    assert as_text == outcome(read_corpus(text, "en", "en"))


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """So that pipes can be given."""
    paths = tmp_path / "x.en", tmp_path / "x.de"
    paths[0].write_bytes(b"a\n" * 9)
    paths[1].write_bytes(b"b\n" * 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_pairs, "CHUNK", 3)
        opened: list[Path] = []
        real = line_pairs.open_text
        patch.setattr(line_pairs, "open_text", lambda path: opened.append(path) or real(path))
        with pytest.raises(InputError, match=r"x\.de has 5 and .*x\.en has 9"):
            list(read_line_chunks(*paths))
    assert opened == list(paths)

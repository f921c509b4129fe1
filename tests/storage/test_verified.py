"""A file is read only if the manifest lists it, and content that no parser understands is damage, not a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dragoman.errors import DamagedFileError
from dragoman.storage.folder import new_folder
from dragoman.storage.manifest import write_manifest
from dragoman.storage.verified import VerifiedFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with new_folder(tmp_path / "folder") as temporary:
        (temporary / "facts.json").write_text('{"a": 1}')
    return tmp_path / "folder"


def test_a_listed_file_is_read(folder: Path) -> None:
    opened = VerifiedFolder.open(folder)
    assert opened.holds("facts.json")
    assert opened.json("facts.json") == {"a": 1}
    assert not opened.holds("absent.json")


def test_a_file_that_the_manifest_does_not_list_is_refused_by_name(folder: Path) -> None:
    (folder / "casing.json").write_text("{}")
    opened = VerifiedFolder.open(folder)
    for read in (opened.holds, opened.file, opened.text, opened.json):
        with pytest.raises(DamagedFileError, match=r"casing\.json: the file is not listed in SHA256SUMS"):
            read("casing.json")


def test_a_file_that_is_missing_is_named(folder: Path) -> None:
    with pytest.raises(DamagedFileError, match=r"absent\.json: the file is missing"):
        VerifiedFolder.open(folder).json("absent.json")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, json.dumps(None).encode()],
    ids=["empty", "cut", "no UTF-8", "too deep", "another type"],
)
def test_rewritten_content_with_a_right_checksum_is_damage(folder: Path, content: bytes) -> None:
    (folder / "facts.json").write_bytes(content)
    write_manifest(folder)
    opened = VerifiedFolder.open(folder)
    with pytest.raises(DamagedFileError, match=r"facts\.json: its content is not what Dragoman writes there"):
        found = opened.json("facts.json")
        with opened.understanding("facts.json"):
            found["a"]

"""Folders and zip files as trees, and zip files made to do harm."""

from __future__ import annotations

import io
import os
import stat
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.data.formats import archive
from dragoman.data.formats.archive import open_tree
from dragoman.errors import InputError


def make(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as stream:
        for name, data in members.items():
            stream.writestr(name, data)
    return path


def fault(path: Path) -> InputError:
    """The error when every member is read."""
    with pytest.raises(InputError) as caught, open_tree(path) as tree:
        for name in tree.names():
            tree.read(name)
    str(caught.value).encode()
    return caught.value


def test_a_folder_and_an_archive_of_the_same_files_look_alike(tmp_path: Path) -> None:
    files = {"b/de.json": b"{}", "a.txt": b"", "b/c/\u00e4.po": b"x" * 3_000_000}
    folder = tmp_path / "folder"
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    whole = make(tmp_path / "a.whl", {"b/": b"", **files}, zipfile.ZIP_STORED)
    for path, place in ((folder, f"{folder}/a.txt"), (whole, f"{whole}!/a.txt")):
        with open_tree(path) as tree:
            assert tree.names() == ["a.txt", "b/c/\u00e4.po", "b/de.json"]
            assert {name: tree.read(name) for name in tree.names()} == files
            assert tree.place("a.txt") == place


def test_a_folder_is_left_by_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.json").write_text("{}")
    root = tmp_path / "root"
    for name in ("kept", ".git", "node_modules/deep", "kept/__pycache__"):
        (root / name).mkdir(parents=True)
        (root / name / "de.json").write_text("{}")
    (root / "out.json").symlink_to("../secret.json")
    (root / "absolute.json").symlink_to(tmp_path / "secret.json")
    (root / "folder").symlink_to("../other")
    (root / "loop.json").symlink_to("loop.json")
    (root / "around").symlink_to(root)
    (root / "dangling").symlink_to("nowhere")
    (root / "inside.json").symlink_to("kept/de.json")
    os.mkfifo(root / "pipe.json")
    with open_tree(root) as tree:
        assert tree.names() == ["inside.json", "kept/de.json"]


def test_files_of_a_folder_that_vanish_are_named(tmp_path: Path) -> None:
    (tmp_path / "de.json").write_text("{}")
    with open_tree(tmp_path) as tree:
        [name] = tree.names()
        (tmp_path / "de.json").unlink()
        with pytest.raises(InputError, match=r"de\.json: cannot be read"):
            tree.read(name)


def test_names_that_are_no_text_can_be_printed(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe4.json")).write_bytes(b"{}")
    with open_tree(tmp_path) as tree:
        [name] = tree.names()
        assert tree.place(name) == f"{tmp_path}/\\xe4.json"
        assert tree.read(name) == b"{}"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "C:/x", "c:x", "a\\..\\x", "\\\\host\\x", ".."])
def test_names_that_lead_out_are_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"ok.json": b"{}", name: b"x"})
    with pytest.raises(InputError) as caught, open_tree(path):
        pytest.fail("the archive was opened")
    assert f"`{ascii(name)[1:-1]}`" in caught.value.what


def test_links_encrypted_members_and_odd_methods_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as stream:
        stream.writestr(link, "/etc/passwd")
    assert "`link.json` is a link" in fault(path).what
    data = bytearray(make(path, {"a.json": b"{}"}).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "`a.json` is encrypted" in fault(path).what
    assert "method 14" in fault(make(path, {"a.json": b"{}"}, zipfile.ZIP_LZMA)).what


def test_members_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as stream:
        warnings.simplefilter("ignore")
        stream.writestr("a.json", "1")
        stream.writestr("a.json", "2")
    assert "`a.json` is there twice" in fault(path).what


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MOST_MEMBERS", 3)
    path = make(tmp_path / "a.zip", {str(number): b"" for number in range(4)})
    assert "4 members" in fault(path).what


def test_bombs_are_refused_with_their_figures(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"bomb.json": bytes(2**20 + 1)})
    assert "to 1048577, more than 200" in fault(path).what
    path = make(tmp_path / "a.zip", {"small.json": bytes(2**20)})
    with open_tree(path) as tree:
        assert tree.read("small.json") == bytes(2**20)


def test_sizes_are_refused_with_their_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "a.zip", {"a": b"x" * 700, "b": b"y" * 700}, zipfile.ZIP_STORED)
    monkeypatch.setattr(archive, "_LARGEST_TOTAL", 1399)
    error = fault(path)
    assert ("`b`" in error.what, "1400 bytes" in error.what) == (True, True)
    monkeypatch.setattr(archive, "_LARGEST_MEMBER", 699)
    assert "`a` is over 0 MiB (700 bytes)" in fault(path).what


def test_sizes_that_lie_do_not_help(tmp_path: Path) -> None:
    data = bytearray(make(tmp_path / "a.zip", {"bomb.json": bytes(3 * 2**20)}).read_bytes())
    central = data.index(b"PK\x01\x02")
    # The size that the directory declares.
    data[central + 24 : central + 28] = (10).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(data)
    assert "cannot be unpacked" in fault(tmp_path / "a.zip").what


def test_what_is_no_archive_is_named(tmp_path: Path) -> None:
    assert "no such file or folder" in fault(tmp_path / "none").what
    path = tmp_path / "a.zip"
    whole = make(path, {"a": b"some text" * 50, "b": b"x"}).read_bytes()
    for data in (b"", b"text", whole[:-1], whole[: len(whole) // 2]):
        path.write_bytes(data)
        assert "zip" in fault(path).what
    flipped = bytearray(whole)
    flipped[40] ^= 0xFF
    path.write_bytes(flipped)
    assert str(fault(path).file) == f"{path}!/a"


def _small() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("a/de.json", '{"a": "b"}' * 9)
        zipped.writestr("ä.po", "x")
    return stream.getvalue()


@given(st.lists(st.tuples(st.integers(0, len(_small()) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_no_bytes_raise_anything_but_input_errors(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(_small())
    for place, value in changes:
        data[place] = value
    path = tmp_path_factory.getbasetemp() / "a.zip"
    path.write_bytes(data)
    try:
        with open_tree(path) as tree:
            for name in tree.names():
                tree.read(name)
    except InputError as error:
        str(error).encode()

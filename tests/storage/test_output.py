"""Files that a person names for output: replaced whole, through links; devices and pipes are written into."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from dragoman.errors import OutputError
from dragoman.storage.folder import new_folder, write_file
from dragoman.storage.output import (
    check_folder,
    check_new_folder,
    check_output,
    check_outputs,
    final_place,
    is_stream,
    write_output,
)
from dragoman.storage.resumable_file import ResumableFile, kept_of


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions count, as they do for everybody but root."""
    monkeypatch.setattr(os, "access", lambda path, wanted: mode(Path(path)) >> 6 & wanted == wanted)


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_file_follows_the_umask_and_an_old_one_keeps_its_mode(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_output(tmp_path / "new", b"1")
        (tmp_path / "old").write_bytes(b"0")
        (tmp_path / "old").chmod(0o754)
        write_output(tmp_path / "old", b"1")
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == 0o666 & ~umask
    assert mode(tmp_path / "old") == 0o754
    assert (tmp_path / "old").read_bytes() == b"1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"0")
    os.chown(tmp_path / "f", 1234, 4321)
    write_output(tmp_path / "f", b"1")
    status = (tmp_path / "f").stat()
    assert (status.st_uid, status.st_gid) == (1234, 4321)


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "file"
    if exists:
        target.write_bytes(b"0")
    (tmp_path / "first").symlink_to("second")
    (tmp_path / "second").symlink_to("there/file")
    check_output(tmp_path / "first")
    write_output(tmp_path / "first", b"1")
    assert (tmp_path / "first").is_symlink()
    assert (tmp_path / "second").is_symlink()
    assert target.read_bytes() == b"1"
    assert os.listdir(tmp_path / "there") == ["file"]


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to("pipe")
    check_output(tmp_path / "link")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_output(tmp_path / "link", b"x" * 100_000)
    reader.join(10)
    assert read == [b"x" * 100_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_devices_are_written_into_and_errors_named() -> None:
    for device in (Path("/dev/null"), Path("/dev/full")):
        check_output(device)
    write_output(Path("/dev/null"), b"x")
    with pytest.raises(OutputError, match="/dev/full: cannot be written: No space left"):
        write_output(Path("/dev/full"), b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_descriptor_is_written_into_where_it_stands(tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb", buffering=0) as stream:
        stream.write(b"before ")
        for name in (f"/dev/fd/{stream.fileno()}", f"/proc/self/fd/{stream.fileno()}"):
            (tmp_path / "link").unlink(missing_ok=True)
            (tmp_path / "link").symlink_to(name)
            for path in (Path(name), tmp_path / "link"):
                assert is_stream(path)
                check_output(path)
                write_output(path, b"now ")
        stream.write(b"after")
    assert (tmp_path / "f").read_bytes() == b"before now now now now after"
    with pytest.raises(OutputError, match="Bad file descriptor"):
        check_output(Path("/dev/fd/987"))


def test_inputs_are_no_outputs(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_text("a")
    (tmp_path / "soft").symlink_to("in")
    (tmp_path / "hard").hardlink_to(source)
    (tmp_path / "pictures").mkdir()
    with new_folder(tmp_path / "model") as temporary:
        (temporary / "weights").write_text("w")
    (tmp_path / "inside").symlink_to("model/new")
    for output in ("in", "soft", "hard", "./model/../in"):
        with pytest.raises(OutputError, match="the same file as"):
            check_output(tmp_path / output, [tmp_path / "model", source])
    for output in ("model/new", "inside", "model/deep/new"):
        with pytest.raises(OutputError, match="must stay as it is"):
            check_output(tmp_path / output, [tmp_path / "model", source])
    check_output(tmp_path / "pictures" / "new", [tmp_path / "pictures"])
    check_output(tmp_path / "model-2", [tmp_path / "model", source, tmp_path / "absent", Path("/dev/null")])
    check_output(Path("/dev/null"), [Path("/dev/null")])
    assert source.read_text() == "a"


def test_two_outputs_are_two_files(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("x")
    with pytest.raises(OutputError, match="--output and --json name the same file"):
        check_outputs({"--output": tmp_path / "x", "--json": tmp_path / "link"})
    check_outputs({"--output": Path("/dev/null"), "--json": Path("/dev/null"), "--picture": None})


def test_what_cannot_be_written_is_refused_and_nothing_changed(tmp_path: Path, not_root: None) -> None:
    (tmp_path / "file").write_text("a")
    (tmp_path / "file").chmod(0o444)
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed").chmod(0o555)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OutputError, match="it is a folder"):
        check_output(tmp_path)
    with pytest.raises(OutputError, match="file is no folder"):
        check_output(tmp_path / "file" / "deep" / "x")
    with pytest.raises(OutputError, match="cannot be written"):
        check_output(tmp_path / "loop")
    with pytest.raises(OutputError, match="may not be written"):
        check_output(tmp_path / "file")
    with pytest.raises(OutputError, match="closed does not allow it"):
        check_output(tmp_path / "closed" / "deep" / "x")
    for check in (check_folder, check_new_folder):
        for place in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "closed" / "deep" / "x"):
            with pytest.raises(OutputError, match=r"file is no folder|not empty|closed does not allow it"):
                check(place)
        check(tmp_path / "new" / "folder")
    check_output(tmp_path / "new" / "folder" / "x")
    assert sorted(os.listdir(tmp_path)) == ["closed", "file", "loop"]


@pytest.mark.parametrize("name", ["a" * 250, "a" * 255, "ä" * 127, "€" * 85])
def test_the_longest_names_are_names(tmp_path: Path, name: str) -> None:
    file, folder = tmp_path / name, tmp_path / "folders" / name
    check_output(file)
    write_output(file, b"1")
    write_file(file, b"2")
    with new_folder(folder) as temporary:
        (temporary / "a").write_text("a")
    with new_folder(folder, replace=True) as temporary:
        (temporary / "b").write_text("b")
    assert file.read_bytes() == b"2"
    assert (folder / "b").exists()
    grown = tmp_path / "grown" / name
    with ResumableFile.begin(grown) as part:
        part.append(b"one ")
        part.keep({})
    kept = kept_of(grown)
    assert kept is not None
    with ResumableFile.resume(grown, kept) as part:
        part.append(b"two")
        part.finish({})
    assert grown.read_bytes() == b"one two"
    assert [len(os.listdir(place)) for place in (tmp_path, folder.parent, grown.parent)] == [3, 1, 1]


def test_a_new_folder_has_a_name_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (Path("."), Path(".."), Path("new/..")):
        with pytest.raises(OutputError, match="a name of its own"):
            check_new_folder(path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").mkdir()
    with pytest.raises(OutputError, match="not empty"):
        check_new_folder(tmp_path / "full")
    check_new_folder(tmp_path / "full" / "x")


def test_names_that_are_too_long_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / ("a" * 256), tmp_path / "new" / ("ä" * 128) / "x"):
        with pytest.raises(OutputError, match="a name of 256 bytes is too long"):
            check_output(path)
    with pytest.raises(OutputError, match="too long"):
        check_output(Path(*["a" * 250] * 20))
    with pytest.raises(OutputError, match="too long"), new_folder(tmp_path / ("a" * 256)):
        pytest.fail("the block must not run")


def test_a_file_that_grows_keeps_the_mode_of_what_it_replaces(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"0")
    (tmp_path / "f").chmod(0o640)
    (tmp_path / "link").symlink_to("f")
    with ResumableFile.begin(final_place(tmp_path / "link")) as part:
        part.append(b"1")
        part.finish({})
    assert (mode(tmp_path / "f"), (tmp_path / "f").read_bytes()) == (0o640, b"1")


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
def test_all_files_of_a_folder_follow_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with new_folder(tmp_path / "x") as temporary:
            (temporary / "inner").mkdir(mode=0o700)
            save_file({"a": np.zeros(2)}, temporary / "inner" / "a.safetensors")
            (temporary / "b").touch(mode=0o600)
    finally:
        os.umask(before)
    assert {mode(tmp_path / "x" / name) for name in ("inner/a.safetensors", "b", "SHA256SUMS")} == {0o666 & ~umask}
    assert {mode(tmp_path / "x" / name) for name in (".", "inner")} == {0o777 & ~umask}

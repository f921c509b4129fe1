"""What is written is whole or absent; what was altered is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dragoman.errors import DamagedFileError, OutputError
from dragoman.storage.folder import (
    commit_file,
    discard,
    new_folder,
    recover,
    recover_below,
    remove_folder,
    stage_file,
    unfinished,
    write_file,
)
from dragoman.storage.lock import locked
from dragoman.storage.manifest import MANIFEST, verify


def fill(path: Path, text: str = "one", *, replace: bool = False) -> None:
    with new_folder(path, replace=replace) as temporary:
        (temporary / "a.txt").write_text(text)
        (temporary / "inner").mkdir()
        (temporary / "inner" / "b.bin").write_bytes(b"\0\1")


def tree(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_a_folder_appears_with_all_its_files(tmp_path: Path) -> None:
    fill(tmp_path / "deep" / "x")
    assert tree(tmp_path / "deep") == ["x", f"x/{MANIFEST}", "x/a.txt", "x/inner", "x/inner/b.bin"]
    verify(tmp_path / "deep" / "x")


def test_nothing_is_there_before_the_end(tmp_path: Path) -> None:
    with new_folder(tmp_path / "x") as temporary:
        (temporary / "a.txt").write_text("a")
        assert not (tmp_path / "x").exists()
    assert (tmp_path / "x" / "a.txt").exists()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_nothing_is_left_after_an_error(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), new_folder(tmp_path / "x") as temporary:
        (temporary / "a.txt").write_text("a")
        raise error
    assert tree(tmp_path) == []


def test_an_existing_folder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    fill(tmp_path / "x")
    with pytest.raises(OutputError, match="not empty"), new_folder(tmp_path / "x"):
        pytest.fail("the block must not run")
    assert (tmp_path / "x" / "a.txt").read_text() == "one"


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    fill(tmp_path / "x")
    verify(tmp_path / "x")


def test_replace(tmp_path: Path) -> None:
    fill(tmp_path / "x")
    fill(tmp_path / "x", "two", replace=True)
    assert (tmp_path / "x" / "a.txt").read_text() == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_failed_replacement_leaves_the_old_one(tmp_path: Path) -> None:
    fill(tmp_path / "x")
    with pytest.raises(RuntimeError), new_folder(tmp_path / "x", replace=True) as temporary:
        (temporary / "a.txt").write_text("two")
        raise RuntimeError
    assert (tmp_path / "x" / "a.txt").read_text() == "one"
    verify(tmp_path / "x")


def test_a_replacement_cut_between_its_renames_is_recovered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "x")
    rename = Path.rename

    def die_at_second(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            os._exit(9)
        return rename(self, target)

    if os.fork() == 0:
        monkeypatch.setattr(Path, "rename", die_at_second)
        fill(tmp_path / "x", "two", replace=True)
        os._exit(0)
    _, status = os.wait()
    assert os.waitstatus_to_exitcode(status) == 9
    assert not (tmp_path / "x").exists()
    recover(tmp_path / "x")
    assert (tmp_path / "x" / "a.txt").read_text() == "one"
    verify(tmp_path / "x")
    fill(tmp_path / "x", "three", replace=True)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_recover_leaves_a_healthy_folder_alone(tmp_path: Path) -> None:
    fill(tmp_path / "x")
    recover(tmp_path / "x")
    verify(tmp_path / "x")
    recover(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError, match="cannot be written"):
        fill(tmp_path / "file" / "x")
    with pytest.raises(OutputError, match="cannot be written"):
        write_file(tmp_path / "file" / "x", b"")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(tmp_path / "f", b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_file(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "a.txt").write_text("onE"),
        lambda folder: (folder / "a.txt").write_text("on"),
        lambda folder: (folder / "inner" / "b.bin").unlink(),
        lambda folder: (folder / MANIFEST).unlink(),
        lambda folder: (folder / MANIFEST).write_text("nonsense\n"),
        lambda folder: (folder / MANIFEST).write_text(f"{'0' * 64}  ../outside\n"),
        lambda folder: (folder / MANIFEST).write_bytes(b"\xff"),
    ],
    ids=["altered", "truncated", "missing", "no manifest", "malformed", "outside", "not text"],
)
def test_damage_is_found_and_named(tmp_path: Path, damage) -> None:
    fill(tmp_path / "x")
    damage(tmp_path / "x")
    with pytest.raises(DamagedFileError, match=r"a\.txt|b\.bin|SHA256SUMS"):
        verify(tmp_path / "x")


def test_a_moved_folder_is_still_whole(tmp_path: Path) -> None:
    fill(tmp_path / "x")
    shutil.move(tmp_path / "x", tmp_path / "y")
    verify(tmp_path / "y")


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_the_manifest_is_readable_by_sha256sum(tmp_path: Path) -> None:
    fill(tmp_path / "x")
    run = subprocess.run(["sha256sum", "-c", MANIFEST], cwd=tmp_path / "x", capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_second_rename_that_fails_puts_the_old_one_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "x")
    rename = Path.rename

    def fail_for_new(self: Path, target: Path) -> Path:
        if self.name == ".x.new":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_new)
    with pytest.raises(OutputError, match="disk or the connection to it is failing"):
        fill(tmp_path / "x", "two", replace=True)
    assert (tmp_path / "x" / "a.txt").read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_parent_that_is_gone_is_not_made_anew_for_a_replacement(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="removed, or its disk unplugged"):
        fill(tmp_path / "unplugged" / "x", replace=True)
    assert tree(tmp_path) == []


def test_what_is_staged_is_seen_once_it_is_committed(tmp_path: Path) -> None:
    stage_file(tmp_path / "f", b"one")
    assert not (tmp_path / "f").exists()
    assert unfinished(tmp_path / "f").read_bytes() == b"one"
    commit_file(tmp_path / "f")
    assert tree(tmp_path) == ["f"]
    stage_file(tmp_path / "f", b"two")
    discard(tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"one"
    assert tree(tmp_path) == ["f"]


def test_recovery_below_clears_temporary_names_only(tmp_path: Path) -> None:
    fill(tmp_path / "x")
    fill(tmp_path / "y")
    (tmp_path / "y").rename(tmp_path / ".y.old")
    (tmp_path / ".z.new").mkdir()
    (tmp_path / ".f.new").write_text("half")
    (tmp_path / ".keep").write_text("mine")
    recover_below(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".keep", "x", "y"]
    verify(tmp_path / "y")


def test_a_removed_folder_is_gone(tmp_path: Path) -> None:
    fill(tmp_path / "x")
    remove_folder(tmp_path / "x")
    assert tree(tmp_path) == []
    with pytest.raises(OutputError, match="cannot be removed"):
        remove_folder(tmp_path / "x")


def test_a_manifest_without_a_needed_file_is_damaged(tmp_path: Path) -> None:
    fill(tmp_path / "x")
    verify(tmp_path / "x", needs=["a.txt"])
    manifest = tmp_path / "x" / MANIFEST
    manifest.write_text(manifest.read_text().splitlines(keepends=True)[0])
    with pytest.raises(DamagedFileError, match=r"does not list inner/b\.bin"):
        verify(tmp_path / "x", needs=["a.txt", "inner/b.bin"])
    manifest.write_text("")
    with pytest.raises(DamagedFileError, match="empty"):
        verify(tmp_path / "x")


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with locked(tmp_path):
        if os.fork() == 0:
            try:
                with locked(tmp_path):
                    os._exit(0)
            except OutputError:
                os._exit(7)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
    with locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputError, match="No such file"), locked(tmp_path / "absent"):
        pytest.fail("the block must not run")

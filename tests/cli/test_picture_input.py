"""Pictures that a command is given as folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dragoman.cli.picture_input import readable_files
from dragoman.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        Image.fromarray(np.full((8, 8), 40 * number, dtype=np.uint8)).save(tmp_path / f"{number}.png")
    return tmp_path


def test_a_broken_picture_in_a_folder_is_named_and_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "1.png").write_bytes(b"this is no picture")
    assert readable_files([folder]) == [folder / "0.png", folder / "2.png"]
    assert f"left out: {folder / '1.png'}: " in capsys.readouterr().err


def test_a_file_that_is_named_stays_for_whoever_reads_it(folder: Path) -> None:
    (folder / "1.png").write_bytes(b"this is no picture")
    assert readable_files([folder / "1.png"]) == [folder / "1.png"]


def test_a_folder_without_a_readable_picture_is_an_error(folder: Path) -> None:
    for file in folder.iterdir():
        file.write_bytes(b"this is no picture")
    with pytest.raises(InputError, match=r"0\.png"):
        readable_files([folder])

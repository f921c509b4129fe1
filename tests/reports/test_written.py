"""Reports as files."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import OutputError
from dragoman.reports.page import Section
from dragoman.reports.written import check_writable, write_report


class Small:
    """A report."""

    def to_dict(self) -> dict[str, Any]:
        return {"losses": (1.0, math.nan, -math.inf), "by name": {"a": {0.5: "é\udc80"}}}

    def sections(self) -> Sequence[Section]:
        return [Section("Losses", ("1 & \udc80",))]


def test_both_files_are_written_and_hold_the_same(tmp_path: Path) -> None:
    shown = write_report(Small(), "a < b", tmp_path / "new" / "folder", "small")
    assert shown == tmp_path / "new" / "folder" / "small.html"
    assert "<h1>a &lt; b</h1>" in shown.read_text(encoding="utf-8")
    said = json.loads((tmp_path / "new" / "folder" / "small.json").read_text(encoding="utf-8"))
    assert said["losses"] == [1.0, None, None]


def test_a_writable_place_is_left_as_it_is(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    check_writable(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_found_out_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="file is no folder"):
            check_writable(place)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="cannot be written here"):
        check_writable(tmp_path / "below")

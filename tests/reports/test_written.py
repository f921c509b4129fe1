"""Reports as files."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dragoman.reports.page import Section
from dragoman.reports.written import write_report


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

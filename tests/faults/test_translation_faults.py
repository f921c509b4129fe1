"""Whatever strikes while a file is translated, going on ends with the same bytes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from faults import found_by

# Boundaries that are tried; `file_translation_experiment.py` tries all of them.
ONE_IN = {"kill": 5, "io": 7, "full": 12, "read-only": 13}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each fault did."""
    return found_by("file_translation_experiment.py", tmp_path_factory.mktemp("experiment"), ONE_IN)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the boundaries are told apart by /proc")
@pytest.mark.parametrize("fault", ONE_IN)
def test_the_same_bytes_whatever_strikes(found: dict[str, Any], fault: str) -> None:
    one = found[fault]
    assert one["wrong"] == []
    assert {"open", "write", "half", "fsync", "os.rename", "os.remove"} <= set(one["boundaries"])
    assert one["ended"].get("killed" if fault == "kill" else "OutputError", 0) >= 4

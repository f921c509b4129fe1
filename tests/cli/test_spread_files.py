"""Several files behind one option, as the shell writes them for a pattern."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.cli.spread_files import spread_files


@pytest.mark.parametrize(
    ("given", "spread"),
    [
        ("clean --corpus a.mo b.mo c.mo --to de", "clean --corpus a.mo --corpus b.mo --corpus c.mo --to de"),
        ("train --corpus a.mo tiny", "train --corpus a.mo tiny"),
        ("train --corpus a.mo b.mo tiny b.mo", "train --corpus a.mo --corpus b.mo tiny b.mo"),
        ("train --corpus a.mo b.mo r.toml", "train --corpus a.mo --corpus b.mo r.toml"),
        ("evaluate --corpus a.mo model", "evaluate --corpus a.mo model"),
        ("clean --corpus a.mo gone.mo", "clean --corpus a.mo gone.mo"),
        ("clean --output a.mo b.mo", "clean --output a.mo b.mo"),
        ("clean --corpus=a.mo b.mo", "clean --corpus=a.mo b.mo"),
        ("clean --corpus a.mo -- b.mo", "clean --corpus a.mo -- b.mo"),
        ("--corpus", "--corpus"),
        ("", ""),
    ],
)
def test_files_of_one_ending_follow_one_option(
    given: str, spread: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.mo", "b.mo", "c.mo", "r.toml"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert spread_files(given.split()) == spread.split()

"""Explanations as PNG and SVG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from explanations import ARABIC, every_kind, translation

from dragoman.contracts import Fate
from dragoman.errors import InputError, OutputError
from dragoman.explanation.picture_fonts import families_for
from dragoman.explanation.tree import BeamTree, Node
from dragoman.explanation.tree_picture import lanes

pytestmark = pytest.mark.draws


@pytest.mark.parametrize("name", [name for name in every_kind() if name != "attention"])
def test_every_picture_is_drawn(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.reports.figure.DOTS_PER_INCH", 20)
    explanation = every_kind()[name]
    for picture in explanation.pictures():
        explanation.draw(tmp_path / f"{picture}.png", picture)
        assert (tmp_path / f"{picture}.png").read_bytes().startswith(b"\x89PNG")


def test_an_svg_keeps_its_texts_and_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("one.svg", "two.SVG"):
        translation().draw(tmp_path / name, "links")
    text = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert ARABIC in text
    assert "<script" not in text
    assert (tmp_path / "two.SVG").read_text(encoding="utf-8") == text


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    for name, said in (("a.jpg", "ends with '.jpg'"), ("a", "does not say which")):
        with pytest.raises(OutputError, match=said):
            translation().draw(tmp_path / name)
    with pytest.raises(InputError, match="no picture 'moon'"):
        translation().draw(tmp_path / "a.png", "moon")


def test_letters_that_no_font_has_are_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    private = "\ue9f3\ue9f4"
    for _ in range(2):
        assert families_for(["abc", private])[0] == "DejaVu Sans"
    assert capsys.readouterr().err.count("U+E9F3") <= 1


def test_rows_of_a_tree() -> None:
    draws = np.random.default_rng(1)
    for _ in range(30):
        parents: list[int | None] = [None]
        parents += [int(draws.integers(0, n)) if draws.random() < 0.95 else None for n in range(1, 40)]
        best = {39}
        while (parent := parents[min(best)]) is not None:
            best.add(parent)
        nodes = [Node("a", parent, -float(n), -1.0, Fate.CONTINUED, n in best) for n, parent in enumerate(parents)]
        steps: list[int] = []
        for parent in parents:
            steps.append(0 if parent is None else steps[parent] + 1)
        rows = lanes(BeamTree(tuple(nodes)), range(40))
        assert sorted(rows) == list(range(40))
        assert {rows[n] for n in best} == {0}, "the best hypothesis is the straight line at the top"
        assert len({(steps[n], rows[n]) for n in rows}) == 40, "no two hypotheses in one place"
        assert all(parent is None or rows[parent] <= rows[n] for n, parent in enumerate(parents))

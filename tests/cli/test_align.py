"""``dragoman explain --align``: links of whole files, as many lines as there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, save_model
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

Run = Callable[..., tuple[int, str, str]]
STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
LINKS = re.compile(r"(\d+-\d+( \d+-\d+)*)?")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A translator with random weights."""
    folder = tmp_path_factory.mktemp("models") / "model"
    recipe = recipe_from({"model": {"encoder": STACK, "decoder": STACK}})
    codec = Codec(Tokenizer.train(["one two three four"] * 9, vocabulary_size=300))
    save_model(folder, LoadedModel(build(recipe.model, codec.size, codec.size, seed=2), recipe, codec, codec), {})
    return folder


def test_a_line_of_links_for_each_pair(run: Run, model: Path) -> None:
    Path("source").write_text("one two\n\nthree\nfour one\n")
    Path("target").write_text("two\nx\n\nfour three one\n")
    status, printed, _ = run("explain", model, "--align", "--input", "source", "--target", "target")
    assert status == 0
    lines = printed.splitlines()
    assert all(LINKS.fullmatch(line) for line in lines)
    assert [bool(line) for line in lines[1:3]] == [False, False]
    assert len(lines) == 4
    assert run("explain", model, "--align", "--input", "source", "--target", "target", "--output", "links") == (
        0,
        "",
        "",
    )
    assert Path("links").read_text() == printed


def test_without_translations_the_models_own_stand_before_their_links(run: Run, model: Path) -> None:
    status, printed, _ = run("explain", model, "--align", stdin=b"one\n\ntwo three\n")
    assert status == 0
    lines = [line.split("\t") for line in printed.splitlines()]
    assert [len(line) for line in lines] == [2, 2, 2]
    assert all(LINKS.fullmatch(links) for _, links in lines)
    assert lines[1] == ["", ""]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["one", "--target", "two.txt"], "--target is for --align"),
        (["one", "--output", "links"], "--output is for --align"),
        (["one", "--align", "--propose", "x"], "--propose was given too"),
        (["one", "--align", "--target", "two.txt", "--beam", "2"], "an option of a search was given too"),
        (["one", "--align", "--target", "two.txt", "--output", "links"], "a translation in line 2, and no source"),
        (["one", "--align", "--target", "two.txt", "--output", "two.txt"], "two.txt"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    run: Run, model: Path, arguments: list[str], said: str
) -> None:
    Path("two.txt").write_text("a\nb\n")
    status, printed, errors = run("explain", model, *arguments)
    assert (status > 0, printed) == (True, "")
    assert said in errors
    assert "Traceback" not in errors
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["two.txt"]
    assert Path("two.txt").read_text() == "a\nb\n"

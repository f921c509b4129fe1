"""Files that a person names for output and input of commands: what is refused, before any model is loaded."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, save_model
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "one"
    recipe = recipe_from({"model": {"encoder": STACK, "decoder": STACK}, "search": {"beam": 1, "max_length_extra": 3}})
    codec = Codec(Tokenizer.train(["a b c d e f g"] * 9, vocabulary_size=300))
    save_model(folder, LoadedModel(build(recipe.model, codec.size, codec.size, 1), recipe, codec, codec), {})
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "in.txt").write_text("a b\nc\n")
    return tmp_path / "in.txt"


@pytest.fixture
def expected(run, model: Path, source: Path) -> str:
    status, output, _ = run("translate", model, "--quiet", "--input", source)
    assert status == 0
    return output


def test_a_translation_goes_through_links_and_keeps_modes(
    run, model: Path, source: Path, tmp_path: Path, expected: str
) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o604)
    (tmp_path / "link").symlink_to("real")
    assert run("translate", model, "--quiet", "--input", source, "--output", "link")[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == expected
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o604
    assert sorted(os.listdir(tmp_path)) == ["in.txt", "link", "real"]


def test_a_translation_goes_into_devices_and_pipes(
    run, model: Path, source: Path, tmp_path: Path, expected: str
) -> None:
    command = ["translate", model, "--quiet", "--input", source]
    assert run(*command, "--output", "/dev/null") == (0, "", "")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    status, _, errors = run(*command, "--output", "/dev/full")
    assert status == 1
    assert "/dev/full: cannot be written: No space left on device" in errors
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    assert run(*command, "--output", "pipe") == (0, "", "")
    reader.join(10)
    assert read == [expected]
    status, _, errors = run(*command, "--output", "pipe", "--resume")
    assert status == 1
    assert "what goes to a device or a pipe cannot be resumed" in errors


@pytest.mark.parametrize("name", ["a" * 250, "ä" * 125])
def test_a_long_name_is_a_name(run, model: Path, source: Path, tmp_path: Path, expected: str, name: str) -> None:
    assert run("translate", model, "--quiet", "--input", source, "--output", name)[0] == 0
    assert (tmp_path / name).read_text() == expected
    assert len(os.listdir(tmp_path)) == 2


COMMANDS = [
    ["translate", "no-model", "--input", "in.txt", "--output"],
    ["predict", "no-model", "--input", "in.txt", "--output"],
    ["read", "no-model", "in.txt", "--output"],
    ["evaluate", "no-model", "--source", "in.txt", "--target", "other.txt", "--output"],
    ["evaluate", "no-model", "--source", "other.txt", "--target", "in.txt", "--json"],
    ["evaluate", "no-model", "--corpus", "in.txt", "--picture"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command[0]} {command[-1]}")
def test_outputs_are_refused_before_a_model_is_loaded(run, source: Path, command: list[str]) -> None:
    before = source.read_bytes()
    for output, reason in (
        ("in.txt", "the same file as in.txt, which is read"),
        (".", "it is a folder"),
        ("", "an output's name is empty"),
        ("new/", "the name ends as a folder's"),
        ("in.txt/x", "in.txt is no folder"),
        ("a" * 256, "a name of 256 bytes is too long"),
    ):
        status, _, errors = run(*command, output)
        assert status == 1
        assert reason in errors
    assert source.read_bytes() == before
    assert os.listdir(source.parent) == ["in.txt"]


def test_two_outputs_of_one_command_are_two_files(run, source: Path) -> None:
    status, _, errors = run("evaluate", "no-model", "--output", "x", "--json", "./x")
    assert status == 1
    assert "--json and --output name the same file" in errors


def test_an_output_inside_the_model_is_refused(run, model: Path, source: Path) -> None:
    status, _, errors = run("translate", model, "--input", source, "--output", model / "weights.safetensors")
    assert status == 1
    assert "which is read and must stay as it is" in errors


@pytest.mark.parametrize(
    "command",
    [
        ["export", "no-model", "--output", "full"],
        ["clean", "no-recipe", "--output", "full"],
        ["corpus", "plone", "--wheel", "no-wheel", "--output", "full"],
    ],
    ids=lambda command: command[0],
)
def test_folders_that_are_occupied_are_refused_before_the_work(run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    status, _, errors = run(*command)
    assert status == 1
    assert "full: it exists already and is not empty" in errors


@pytest.mark.parametrize("option", [["translate", "no-model", "--input"], ["score", "no-model", "--text"]])
def test_documents_are_refused_before_a_model_is_loaded(run, tmp_path: Path, option: list[str]) -> None:
    (tmp_path / "a.po").write_text('msgid ""\nmsgstr ""\n')
    status, _, errors = run(*option, "a.po")
    assert status == 1
    assert "a.po: this is no plain text: it seems to be a gettext catalogue (PO)" in errors
    assert "dragoman train" in errors


def test_a_document_on_standard_input_is_refused(run, model: Path) -> None:
    status, output, errors = run("translate", model, "--quiet", stdin=b"%PDF-1.7\n")
    assert (status, output) == (1, "")
    assert "standard input: this is no plain text: it seems to be a PDF document" in errors

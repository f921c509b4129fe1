"""``dragoman diagnose shift`` on models of every kind: what it prints, writes and refuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

import dragoman
from dragoman.model.folder import save_model
from dragoman.reference.file import reference_files
from dragoman.reference.measure import profile_of
from dragoman.shift import power

sys.path.insert(0, str(Path(__file__).parents[1] / "reference"))
from kinds import Kind, kind

Command = Callable[..., tuple[int, str, str]]
QUICK = ("--permutations", 99, "--device", "cpu")
EVERY = ("text to text", "text to tags", "picture to label", "nothing to text", "row to number")
"""Every kind of input, and every kind of output."""
TRUTH = {"text": "--reference-translations", "label": "--labels", "number": "--numbers", "tags": "--tags"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a model of each kind, with its reference."""
    place = tmp_path_factory.mktemp("models")

    @cache
    def folder(name: str) -> Path:
        found = kind(name)
        reference = profile_of(found.loaded, found.dataset.validation, origin="the validation set")
        save_model(place / name.replace(" ", "-"), found.loaded, reference_files(reference))
        return place / name.replace(" ", "-")

    return folder


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Power is estimated from few samples: its own tests hold how well."""
    monkeypatch.setattr(power, "DRAWS", 2)


@pytest.fixture
def translator(folders: Callable[[str], Path]) -> Path:
    return folders("text to text")


def write_lines(name: str, lines: list[Any]) -> str:
    Path(name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return name


def given(name: str, found: Kind) -> tuple[list[str], list[str]]:
    """The options that name the inputs of a model, and those that name their true outputs."""
    reads, _, says = name.partition(" to ")
    if reads == "picture":
        for number, picture in enumerate(found.inputs):
            Image.fromarray(picture).save(f"{number:02d}.png")
        inputs = [option for number in range(len(found.inputs)) for option in ("--image", f"{number:02d}.png")]
    elif reads == "row":
        found.inputs.to_csv("new.csv", index=False)
        inputs = ["--input", "new.csv"]
    else:
        inputs = ["--input", write_lines("new.txt", found.inputs)]
    truth = [] if found.outputs is None else [TRUTH[says], write_lines("true.txt", found.outputs)]
    return inputs, truth


@pytest.mark.parametrize("name", EVERY)
def test_the_reference_itself_is_no_shift(run: Command, folders: Callable[[str], Path], name: str) -> None:
    found, model = kind(name), folders(name)
    inputs, truth = given(name, found)
    status, output, errors = run("diagnose", "shift", model, *inputs, *truth, *QUICK, "--json")
    assert status == 0, errors
    report = json.loads(output)
    assert report["verdict"] == "no shift found"
    assert report["new"]["examples"] == report["old"]["examples"] == len(found.inputs)
    assert report["old"]["origin"] == "the validation set"
    told = report["concept_shift"]
    assert told["p_value"] > 0.05 if truth else "reads no input" in told
    if name == "text to text":
        _, output, _ = run("diagnose", "shift", model, *inputs, *QUICK)
        assert "Concept shift: cannot be told without references" in output


def test_foreign_inputs_are_shown_and_the_report_is_written(run: Command, translator: Path) -> None:
    write_lines("new.txt", [f"{'zq' * (number % 7 + 3)} {number}" for number in range(60)])
    status, output, errors = run("diagnose", "shift", translator, "--input", "new.txt", *QUICK)
    assert status == 0, errors
    assert output.startswith("text-to-text: covariate shift")
    assert "zqzqzq" in output
    assert "dragoman adapt" in output
    assert output.endswith(f"\n\nPage: {Path('diagnosis') / 'shift.html'}\n")
    assert "<h1>Shift of text-to-text</h1>" in Path("diagnosis/shift.html").read_text(encoding="utf-8")
    written = json.loads(Path("diagnosis/shift.json").read_text(encoding="utf-8"))
    again = dragoman.diagnose.shift(translator, Path("new.txt").read_text().splitlines(), permutations=99)
    assert again.to_dict()["inputs"]["p_value"] == written["inputs"]["p_value"]
    assert [one["text"] for one in written["inputs"]["foreign"]] == [one.text for one in again.findings.inputs.foreign]


def test_copies_and_blank_lines_are_left_out_with_what_belongs_to_them(run: Command, translator: Path) -> None:
    found = kind("text to text")
    assert found.outputs is not None
    pairs = list(zip(found.inputs, found.outputs, strict=True))
    pairs = [pairs[0], ("", "x"), *pairs]
    write_lines("new.txt", [source for source, _ in pairs])
    write_lines("new.ref", [target for _, target in pairs])
    options = ("--input", "new.txt", "--references", "new.ref", "--json")
    status, output, errors = run("diagnose", "shift", translator, *options, *QUICK)
    assert status == 0, errors
    new = json.loads(output)["new"]
    assert (new["examples"], new["copies"], new["blank"]) == (len(found.inputs), 1, 1)


def test_documents_are_told_by_blank_lines_files_or_a_column(run: Command, translator: Path) -> None:
    texts = [f"ab {number} {'efg ' * (number % 5)}" for number in range(40)]
    blocks = [texts[begin : begin + 2] for begin in range(0, 40, 2)]
    write_lines("blank.txt", [line for block in blocks for line in (*block, "")])
    files = [write_lines(f"{number}.txt", block) for number, block in enumerate(blocks)]
    pd.DataFrame({"source": texts, "page": [number // 2 for number in range(40)]}).to_csv("new.csv", index=False)
    cases: tuple[tuple[object, ...], ...] = (
        ("--input", "blank.txt", "--documents", "blank-lines"),
        (*(option for file in files for option in ("--input", file)), "--documents", "files"),
        ("--input", "new.csv", "--documents", "page"),
    )
    found = []
    for options in cases:
        status, output, errors = run("diagnose", "shift", translator, *options, "--json", *QUICK)
        assert status == 0, errors
        found.append(json.loads(output))
    assert [report["new"]["documents"] for report in found] == [20, 20, 20]
    assert len({report["inputs"]["p_value"] for report in found}) == 1


def test_a_model_without_reference_takes_one_that_is_given(run: Command, tmp_path: Path) -> None:
    found = kind("text to text")
    save_model(tmp_path / "bare", found.loaded, {})
    assert found.outputs is not None
    write_lines("new.txt", found.inputs)
    options = ("diagnose", "shift", "bare", "--input", "new.txt", *QUICK)
    status, _, errors = run(*options)
    assert status == 1
    assert "keeps no reference" in errors
    assert "--reference" in errors
    write_lines("old.txt", found.inputs)
    write_lines("old.ref", found.outputs)
    pd.DataFrame({"source": found.inputs, "target": found.outputs}).to_csv("old.csv", index=False)
    for reference in (("old.txt",), ("old.txt", "--reference-target", "old.ref"), ("old.csv",)):
        status, output, errors = run(*options, "--reference", *reference, "--json")
        assert status == 0, errors
        report = json.loads(output)
        assert report["verdict"] == "no shift found"
        assert (report["expected"]["old_loss"] is None) == (reference == ("old.txt",))


BAD = {
    "nothing in the file": ("TEXT --input empty.txt", "too few new sentences to tell a shift from chance: 0"),
    "too few": ("TEXT --input few.txt", "too few new sentences to tell a shift from chance: 3", "at least 20"),
    "too few without copies": ("TEXT --input copies.txt", "chance: 1, without 29 copies", "at least 20"),
    "fewer references": ("TEXT --input new.txt --references few.txt", "few.txt: 3 lines, and new.txt has 30"),
    "labels of a translator": ("TEXT --input new.txt --labels few.txt", "--labels was given, and this model is a tr"),
    "references of labels": ("LABEL --input new.txt --references few.txt", "--reference-translations was given"),
    "references of a language model": ("LM --input new.txt --references few.txt", "leave it out"),
    "an unknown label": ("LABEL --input new.txt --labels wrong.txt", "wrong.txt:7", "the label `perhaps`", "maybe"),
    "an unknown column": ("LABEL --input new.csv --column text --labels kind", "no column `kind`"),
    "a word for a number": ("NUMBER --input new.csv --numbers text", "new.csv:2", "is not a number"),
    "one file of documents": ("TEXT --input new.txt --documents files", "there is one file only"),
    "a column of no table": ("TEXT --input new.txt --documents page", "--documents page is a column of a table"),
    "blank lines of a table": ("TEXT --input new.csv --column text --documents blank-lines", "is for text files"),
    "few documents": ("TEXT --input new.csv --column text --documents one", "too few to tell a shift"),
    "a lonely target": ("TEXT --input new.txt --reference-target few.txt", "and no --reference"),
    "no such file": ("TEXT --input gone.txt", "gone.txt"),
    "another language": ("TEXT --input french.txt", "the new text is in French, and this model reads English (en)"),
    "no model": ("gone --input new.txt", "no model here"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_is_refused_with_one_message(run: Command, folders: Callable[[str], Path], name: str) -> None:
    texts = [f"ab {number} Cd" for number in range(30)]
    write_lines("new.txt", texts)
    write_lines("few.txt", ["ab", "Cd", "efg"])
    write_lines("empty.txt", [])
    write_lines("copies.txt", ["ab"] * 30)
    write_lines("wrong.txt", ["yes"] * 6 + ["perhaps"] + ["no"] * 23)
    sentence = "la vieille maison est près de la rivière et personne ne vit là depuis des années"
    write_lines("french.txt", [f"{sentence} {number}" for number in range(60)])
    table = pd.DataFrame({"text": texts, "size": 1.0, "town": "Ulm", "day": "2024-01-01", "one": 1})
    table.to_csv("new.csv", index=False)
    models = {"TEXT": "text to text", "LABEL": "text to label", "LM": "nothing to text", "NUMBER": "row to number"}
    arguments, *messages = BAD[name]
    words = [folders(models[word]) if word in models else word for word in arguments.split()]
    status, output, errors = run("diagnose", "shift", *words, *(QUICK if "--alpha" not in arguments else ()))
    assert status == 1, output
    assert all(message in errors for message in messages), errors
    assert "Traceback" not in errors
    assert "Remedy: " in errors

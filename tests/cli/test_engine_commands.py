"""Engines, export and shortlists, as a person meets them."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.cli.constraint_options import GivenTranslationConstraints
from dragoman.errors import DamagedFileError, InputError, UnsupportedError
from dragoman.export.preview_file import PREVIEW
from dragoman.model.folder import load_model
from dragoman.predict.choose_engine import AskedEngine, choose_engine
from dragoman.recipe import recipe_from
from dragoman.storage.folder import replace_files
from dragoman.storage.manifest import verify
from dragoman.tasks import output_previews
from dragoman.training.run import train

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame, recipe

LINES = b"a b c\n\nd e\n"


@pytest.fixture(scope="module")
def transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(recipe(), tmp_path_factory.mktemp("runs") / "run", train=frame("copy", 300)).best


@pytest.fixture(scope="module")
def recurrent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stack = {"kind": "gru", "layers": 1, "width": 16}
    model = recipe_from({"model": {"encoder": stack, "decoder": stack}}).model
    changed = recipe(updates=5).model_copy(update={"model": model})
    return train(changed, tmp_path_factory.mktemp("runs") / "run", train=frame("copy", 300)).best


def test_both_engines_write_the_same_and_auto_says_which_it_took(run, transformer: Path) -> None:
    outputs = [
        run("translate", transformer, "--beam", 1, "--engine", engine, stdin=LINES)
        for engine in ("torch", "ctranslate2", "native")
    ]
    assert [status for status, _, _ in outputs] == [0, 0, 0]
    assert outputs[0][1] == outputs[1][1] == outputs[2][1]
    status, _, errors = run("translate", transformer, "--beam", 1, stdin=LINES)
    assert status == 0
    chosen = json.loads((transformer / "engine.json").read_text())
    assert errors.splitlines()[0] == f"engine: native, {chosen['number']}"
    assert f"Computed by the native engine in: {chosen['number']}, chosen on" in (transformer / "card.md").read_text()


def test_every_architecture_is_translated_natively(run, recurrent: Path) -> None:
    command = ["translate", recurrent, "--beam", 2, "--quiet"]
    status, output, _ = run(*command, "--engine", "native", "--compute", "float32", stdin=LINES)
    assert (status, output) == (0, run(*command, "--engine", "torch", stdin=LINES)[1])
    status, _, errors = run("translate", recurrent, "--beam", 1, "--compute", "bfloat16", stdin=LINES)
    assert (status, errors.splitlines()[0]) == (0, "engine: native, bfloat16")


def test_a_preview_is_learnt_kept_and_used(
    run, recurrent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "run" / "best"
    shutil.copytree(recurrent.parent, tmp_path / "run")
    monkeypatch.setattr(output_previews, "ranks_that_pay", lambda symbols, width: [8])
    assert run("quantize", model)[0] == 0
    (settings,) = [one for one in json.loads((model / "engine.json").read_text())["trials"] if one["preview"]]
    verify(model)
    by_preview = AskedEngine("native", "int8", folder=model, preview=True)
    loaded = load_model(model)
    assert choose_engine(loaded, by_preview).description == "native, int8, preview"
    used = json.loads((model / "engine.json").read_text())["preview"]
    assert used == settings["accepted"]
    status, _, errors = run("translate", model, "--beam", 1, stdin=LINES)
    assert (status, ", preview" in errors.splitlines()[0]) == (0, used)
    for refused in (
        replace(by_preview, name="torch", compute="auto"),
        replace(by_preview, name="ctranslate2"),
        replace(by_preview, compute="float32"),
    ):
        with pytest.raises(UnsupportedError):
            choose_engine(loaded, refused)
    kept = (model / PREVIEW).read_bytes()
    replace_files(model, {PREVIEW: kept[:-9]})
    with pytest.raises(DamagedFileError, match="not a preview"):
        choose_engine(loaded, by_preview)
    with pytest.raises(InputError, match="no preview"):
        choose_engine(loaded, replace(by_preview, folder=recurrent))


def test_the_speed_of_every_engine_is_measured(run, transformer: Path, recurrent: Path) -> None:
    Path("texts.txt").write_bytes(LINES)
    asked = ["--input", "texts.txt", "--json", "speeds.json", "--picture", "speeds.png", "--beam", 2]
    status, output, _ = run("bench", transformer, *asked)
    assert status == 0
    found = json.loads(Path("speeds.json").read_text())
    names = [(one["engine"], one["settings"]) for one in found["speeds"]]
    assert {("torch", "float32"), ("native", "float32"), ("native", "bfloat16"), ("native", "int8")} <= {*names}
    assert all(one["rate"] > 0 and 0 < one["median"] <= one["slowest"] for one in found["speeds"])
    assert all((one["operations"] is not None) == (one["engine"] == "native") for one in found["speeds"])
    assert Path("speeds.png").read_bytes().startswith(b"\x89PNG")
    assert output.splitlines()[0].endswith("3 sentences, beam 2, 1 thread")
    status, output, _ = run("bench", recurrent, "--inputs", 2, "--threads", 2)
    assert status == 0
    assert "left out: ctranslate2, int8: the engine ctranslate2 cannot be used: it computes Transformers" in output
    assert "2 sentences, beam 2, 2 threads" in output


def test_numbers_are_chosen_for_a_model_that_was_saved_without_a_choice(run, recurrent: Path) -> None:
    made = json.loads((recurrent / "engine.json").read_text())
    status, output, _ = run("quantize", recurrent)
    assert status == 0
    assert output.startswith(f"{made['number']}, chosen on 20 sentences of the validation set, beam 2")
    assert json.loads((recurrent / "engine.json").read_text()) == made
    verify(recurrent, ["engine.json", "weights.safetensors"])


def test_export(run, transformer: Path, tmp_path: Path) -> None:
    status, output, _ = run("export", transformer, "--to", "ctranslate2", "--output", "out", "--quantization", "int8")
    assert status == 0
    assert "int8" in output
    verify(tmp_path / "out", ["model.bin", "config.json", "shared_vocabulary.json", "tokenizer.json"])


def test_a_shortlist_is_made_used_and_exported(run, transformer: Path, tmp_path: Path) -> None:
    command = ["translate", transformer, "--beam", 1, "--engine", "ctranslate2", "--shortlist"]
    status, _, errors = run(*command, stdin=LINES)
    assert status == 1
    assert "this model has no shortlist" in errors
    status, output, _ = run("shortlist", transformer)
    assert status == 0
    assert "symbols always" in output
    assert "chosen on 20 sentences of the validation set, beam" in output
    assert run("translate", transformer, "--engine", "native", "--shortlist", stdin=LINES)[0] == 0
    status, output, _ = run(*command, stdin=LINES)
    assert status == 0
    assert output.count("\n") == 3
    assert run("evaluate", transformer, "--engine", "ctranslate2", "--compute", "int8", "--shortlist")[0] == 0
    assert run("export", transformer, "--output", "out", "--shortlist")[0] == 0
    verify(tmp_path / "out", ["vmap.txt"])
    status, _, errors = run("translate", transformer, "--engine", "torch", "--shortlist", stdin=LINES)
    assert status == 1
    assert "scores all symbols" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["translate", "RECURRENT", "--engine", "ctranslate2"], "gru encoder"),
        (["translate", "TRANSFORMER", "--engine", "onnx"], "no engine is called onnx"),
        (
            ["translate", "TRANSFORMER", "--engine", "ctranslate2", "--compute", "int4"],
            "no type of number is called int4",
        ),
        (["evaluate", "RECURRENT", "--compute", "int8"], "float32, not in int8"),
        (["export", "RECURRENT", "--output", "out"], "gru decoder"),
        (["export", "TRANSFORMER", "--output", "out", "--to", "onnx"], "no format to export to is called onnx"),
        (["export", "TRANSFORMER", "--output", "out", "--quantization", "int4"], "no quantization is called int4"),
        (["export", "TRANSFORMER", "--output", "full"], "exists already"),
        (["shortlist", "TRANSFORMER", "--dataset", "full"], "no dataset here"),
        (["quantize", "TRANSFORMER", "--dataset", "full"], "no dataset here"),
        (["quantize", "full"], "no model here"),
        (["bench", "full"], "no model here"),
        (["bench", "TRANSFORMER", "--input", "none.txt"], "none.txt"),
        (["bench", "TRANSFORMER", "--image", "full/mine"], "--image gives pictures"),
        (["translate", "TRANSFORMER", "--engine", "ctranslate2", "--compute", "bfloat16"], "not in bfloat16"),
    ],
)
def test_bad_input(arguments: list[str], message: str, run, transformer: Path, recurrent: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    places = {"TRANSFORMER": transformer, "RECURRENT": recurrent}
    status, output, errors = run(*(places.get(argument, argument) for argument in arguments), stdin=LINES)
    assert status == 1
    assert message in errors
    assert "Remedy:" in errors
    assert "Traceback" not in errors + output
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_auto_takes_pytorch_for_a_search_that_the_native_engine_lacks(run, transformer: Path) -> None:
    command = ["translate", transformer, "--search", "sample", "--seed", 4]
    status, output, errors = run(*command, stdin=LINES)
    assert (status, output.count("\n")) == (0, 3)
    assert errors.splitlines()[0] == "engine: PyTorch, float32, on cpu (the native engine has no sampling)"
    assert output == run(*command, "--engine", "torch", stdin=LINES)[1]
    status, _, errors = run(*command, "--engine", "ctranslate2", stdin=LINES)
    assert status == 1
    assert "CTranslate2's engine has no sampling" in errors
    status, _, errors = run("translate", transformer, "--search", "mbr", "--samples", 3, stdin=LINES)
    assert status == 0
    assert "PyTorch" in errors.splitlines()[0]
    assert run("evaluate", transformer, "--search", "mbr", "--beam", 3)[0] == 0
    assert run("evaluate", transformer, "--search", "sample", "--engine", "ctranslate2")[0] == 1


def test_constraints_hold(run, transformer: Path, tmp_path: Path) -> None:
    Path("terms.csv").write_text("source,target,status\na,e,\na,b,forbidden\n", encoding="utf-8")
    command = ["translate", transformer, "--beam", 2]
    status, output, errors = run(*command, "--terminology", "terms.csv", "--json-lines", stdin=LINES)
    assert status == 0
    first, _, third = map(json.loads, output.splitlines())
    assert "e" in first["text"].lower().split()
    assert "b" not in first["text"].lower().split()
    assert first["terms"] == [{"source": "a", "targets": ["e"], "excluded": ["b"], "kept": True}]
    assert third["text"] == json.loads(run(*command, "--json-lines", stdin=LINES)[1].splitlines()[2])["text"]
    said = errors.splitlines()
    assert said[0].startswith("engine: native, ")
    assert "1 line with terms of the terminology" in said
    status, output, errors = run(*command, "--must-contain", "c a", "--prefix", "b", "--quiet", stdin=LINES)
    lines = output.lower().splitlines()
    assert status == 0
    assert lines[1] == ""
    assert all(line.startswith("b") and "c a" in line for line in (lines[0], lines[2]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--must-contain", "a b", "--must-not-contain", "b"], "“a b” would contain “b”, which it must not"),
        (["--must-contain", "a", "--engine", "ctranslate2"], "CTranslate2, int8 has no constraints on outputs"),
        (["--must-contain", "a " * 200], "line 1: a text that must contain"),
        (["--must-contain", ""], "must_contain = ('',) is no text, or empty"),
        (["--prefix", " "], "--prefix is empty"),
        (["--terminology", "terms.docx"], "no terminology that can be read"),
        (["--terminology", "none.csv"], "none.csv"),
    ],
)
def test_constraints_that_cannot_be_are_one_message(run, transformer: Path, options: list[str], words: str) -> None:
    Path("terms.docx").write_bytes(b"PK\x03\x04word/document.xml")
    status, output, errors = run("translate", transformer, "--quiet", *options, stdin=LINES)
    assert (status, output) == (1, "")
    assert words in errors
    assert "Traceback" not in errors


def test_a_translation_goes_on_only_with_the_same_terms(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_bytes(LINES)
    asked = GivenTranslationConstraints(must_contain=["a"], terminology=tmp_path / "terms.csv")
    other = GivenTranslationConstraints(must_contain=["b"])
    assert asked.settings() != other.settings()
    assert set(asked.settings()) == {"constraints", "terminology"}
    assert GivenTranslationConstraints().settings() == {}

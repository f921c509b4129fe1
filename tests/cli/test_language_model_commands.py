"""Language models on the command line: training, generating, scoring, evaluating, and a say in translating."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from dragoman.recipe import recipe_from
from dragoman.training.run import train

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame, recipe


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(recipe(), tmp_path_factory.mktemp("runs") / "translator", train=frame("copy", 300)).best


@pytest.fixture(scope="module")
def language_model(translator: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    values: dict[str, Any] = recipe().model_dump()
    values["model"] = {"encoder": {"kind": "none"}, "decoder": {"kind": "lstm", "width": 16}}
    values["tokenizer"]["model"] = translator
    words = frame("copy", 300)[["target"]].rename(columns={"target": "text"})
    return train(recipe_from(values), tmp_path_factory.mktemp("runs") / "text", train=words).best


def test_train_on_text_files(run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(frame("copy", 200)["source"]) + "\n")
    (tmp_path / "b.txt").write_text("\n".join(frame("copy", 50, seed=1)["source"]) + "\n")
    settings = ["updates=6", "validate_every=3", "schedule.warmup=2", "threads=1", "batch.tokens=256", "batch.window=8"]
    options = [option for setting in settings for option in ("--set", f"training.{setting}")]
    small = [
        "--set",
        "tokenizer.vocabulary_size=310",
        "--set",
        "model.decoder.width=16",
        "--set",
        "cleaning.repetition=false",
    ]
    texts = ["--text", "a.txt", "--validation-text", "b.txt", "--test-text", "b.txt", "--to", "en"]
    status, output, errors = run("train", "language-model", *texts, *options, *small)
    assert status == 0, errors
    assert "bits per character" in output
    assert "dragoman generate runs/en-language-model/best" in output
    assert run("evaluate", "runs/en-language-model/best")[0] == 0
    shown = run("describe", "runs/en-language-model/best")[1]
    assert "RecurrentLanguageDecoder" in shown
    assert "T × " in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["language-model", "--source", "a.txt", "--target", "a.txt"], "a language model reads no source"),
        (["tiny", "--text", "a.txt"], "text without a source"),
        (["language-model", "--text", "nothing.txt"], "nothing.txt"),
        (["language-model"], "no training data"),
        (["tiny", "--source", "a.txt", "--target", "a.txt", "--set", "model.decoder.kind=grru"], "did you mean `gru`"),
    ],
)
def test_bad_input_is_one_message(run, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "a.txt").write_text("a b\nc d\n")
    status, _, errors = run("train", *arguments)
    assert status == 1
    assert message in errors
    assert "Remedy:" in errors
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


def test_generate(run, language_model: Path) -> None:
    status, output, _ = run("generate", language_model, "--count", 3, "--longest", 6)
    assert status == 0
    assert output.count("\n") == 3
    assert run("generate", language_model, "--count", 3, "--longest", 6)[1] == output
    assert run("generate", language_model, "--count", 3, "--longest", 6, "--seed", 2)[1] != output
    prompted = run("generate", language_model, "--prompt", "a b", "--prompt", "c", "--greedy", "--longest", 3)[1]
    assert [line[:1] for line in prompted.splitlines()] == ["a", "c"]


def test_a_temperature_of_nothing_names_greedy(run, language_model: Path) -> None:
    beam = ["generate", language_model, "--prompt", "a b", "--longest", 3, "--search", "beam", "--beam", 4]
    status, output, _ = run(*beam, "--count", 2)
    assert (status, output.count("\n")) == (0, 2)
    assert all(line.startswith("a b") for line in output.splitlines())
    assert "--greedy cannot be given beside --search beam" in run(*beam, "--greedy")[2]
    status, output, errors = run("generate", language_model, "--temperature", 0)
    assert (status, output) == (1, "")
    assert "--greedy" in errors
    assert run("generate", language_model, "--greedy", "--longest", 3)[0] == 0


def test_score(run, language_model: Path, translator: Path, tmp_path: Path) -> None:
    status, output, _ = run("score", language_model, stdin=b"a b c\n\nd\n")
    rows = [line.split("\t") for line in output.splitlines()]
    assert status == 0
    assert rows[0] == ["line", "log_probability", "tokens", "bits_per_character", "text"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3"]
    assert all(float(row[1]) < 0 for row in rows[1:])
    (tmp_path / "source.txt").write_text("a b\nc\n")
    status, output, _ = run("score", translator, "--source", "source.txt", stdin=b"a b\nc\n")
    assert status == 0
    assert len(output.splitlines()) == 3


def test_a_translators_score_is_that_of_its_search(run, translator: Path, tmp_path: Path) -> None:
    (tmp_path / "source.txt").write_text("a b c\nd\n")
    # CTranslate2 would round, and leaves forbidden symbols out of what it normalises by.
    options = ("--input", "source.txt", "--n-best", 2, "--beam", 4, "--engine", "torch")
    table = run("translate", translator, *options)[1].splitlines()[1:]
    best = [row.split("\t") for row in table if row.split("\t")[1] == "1" and row.split("\t")[4] == "complete"]
    assert best
    for number, _, _, log_probability, *_, text in best:
        line = ["a b c", "d"][int(number) - 1]
        (tmp_path / "one.txt").write_text(line + "\n")
        scored = run("score", translator, "--source", "one.txt", stdin=(text + "\n").encode())[1].splitlines()[1]
        # The same text may be spelt in several ways, of which the search may have taken a better one.
        assert float(scored.split("\t")[1]) <= float(log_probability) + 1e-3


def test_evaluate(run, language_model: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a b c\nd e\n")
    status, output, _ = run("evaluate", language_model, "--text", "t.txt", "--json", "r.json")
    assert status == 0
    assert "2 lines" in output
    assert json.loads((tmp_path / "r.json").read_text())["characters"] == len("a b c\nd e\n")


def test_a_language_model_has_its_say_in_translating(run, translator: Path, language_model: Path) -> None:
    given = "\n".join(frame("copy", 30, seed=3)["source"]).encode()
    alone = run("translate", translator, "--beam", 3, "--engine", "torch", stdin=given)[1]
    fused = ["translate", translator, "--beam", 3, "--language-model", language_model, "--language-model-weight"]
    assert run(*fused, 0, stdin=given)[1] == alone
    status, strong, _ = run(*fused, 5, stdin=given)
    assert status == 0
    assert strong != alone
    assert strong.count("\n") == 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "TRANSLATOR"], "is a translator, and is no language model"),
        (["translate", "TEXT"], "is a language model, and is no translator"),
        (["translate", "TRANSLATOR", "--language-model", "TRANSLATOR"], "is a translator, and is no language model"),
        (["evaluate", "TRANSLATOR", "--text", "x"], "text without a source, which is for language models"),
        (["score", "TRANSLATOR"], "give the lines that the text translates with --source"),
        (["score", "TEXT", "--source", "x"], "a language model reads no source"),
    ],
)
def test_the_wrong_kind_of_model(
    run, translator: Path, language_model: Path, arguments: list[str], message: str
) -> None:
    folders = {"TRANSLATOR": translator, "TEXT": language_model}
    Path("x").write_text("a\n")
    status, _, errors = run(*[folders.get(argument, argument) for argument in arguments], stdin=b"a\n")
    assert status == 1
    assert message in errors
    assert "Traceback" not in errors


def test_another_vocabulary_is_refused(run, translator: Path, tmp_path: Path) -> None:
    values: dict[str, Any] = recipe().model_dump()
    values["model"] = {"encoder": {"kind": "none"}, "decoder": {"kind": "gru", "width": 8}}
    words = frame("copy", 100)[["target"]].rename(columns={"target": "text"})
    words["text"] = words["text"].str.upper()
    other = train(recipe_from(values), tmp_path / "other", train=words).best
    status, _, errors = run("translate", translator, "--language-model", other, stdin=b"a\n")
    assert status == 1
    assert "another vocabulary" in errors
    assert "tokenizer.model" in errors


def test_compare(run, tmp_path: Path) -> None:
    for split, count in (("train", 200), ("test", 20)):
        table = frame("copy", count, longest=4, seed=count)
        for side in ("source", "target"):
            (tmp_path / f"{split}.{side}").write_text("\n".join(table[side]) + "\n")
    small = {"layers": 1, "width": 16, "heads": 2, "feed_forward": 16}
    for name, model in (
        ("one", {"encoder": small, "decoder": small}),
        ("other", {"encoder": {"kind": "gru", "width": 8}, "decoder": {"kind": "gru", "width": 8}}),
    ):
        import tomli_w

        training = {"threads": 1, "batch": {"tokens": 200}, "schedule": {"warmup": 1}}
        (tmp_path / f"{name}.toml").write_text(
            tomli_w.dumps({"model": model, "training": training, "tokenizer": {"vocabulary_size": 310}})
        )
    data = ["--source", "train.source", "--target", "train.target", "--test-source", "test.source", "--test-target"]
    command = ["compare", "one.toml", "other.toml", *data, "test.target", "--set", "cleaning.copies=false"]
    command += ["--set", "cleaning.repetition=false", "--set", "cleaning.language=false"]
    status, _, errors = run(*command)
    assert status == 1
    assert "no budget says how long to train it" in errors
    status, output, errors = run(*command, "--tokens", 2000)
    assert status == 0, errors
    assert "one" in output
    assert "other" in output
    assert "paired bootstrap" in output
    again = run("compare", "comparison/runs/one", "comparison/runs/other", "--names", "a,b", "--output", "again")
    assert again[0] == 0
    assert json.loads((tmp_path / "again/report.json").read_text())["rows"][0]["name"] in ("a", "b")
    assert run(*command, "--tokens", 2000, "--updates", 3)[0] == 1

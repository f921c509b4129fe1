"""Pictures, rows, labels and numbers on the command line: training, evaluating, predicting, reading."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

import dragoman
from dragoman.cli import text_input
from dragoman.cli.main import main
from dragoman.errors import UnsupportedError
from dragoman.recipe.file import presets

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from cases_of_every_kind import BAD_TRAINING, BAD_USE
from toy import frame, recipe

WORDS = {"en": ["the", "and", "house", "with", "water"], "de": ["das", "und", "haus", "mit", "wasser"]}
QUICK = [
    option
    for setting in ("threads=1", "precision=float32", "device=cpu", "validate_every=20", "schedule.warmup=2")
    for option in ("--set", f"training.{setting}")
]
SMALL_READER = [
    *("--set", "model.encoder.channels=[4,8]", "--set", "model.encoder.width=16", "--set", "model.encoder.context=1"),
    *("--set", "pictures.height=16", "--set", "tokenizer.vocabulary_size=300"),
    *("--set", 'rendering.fonts=["DejaVu Sans"]', "--set", "search.beam=2"),
]
SMALL_TEXT = [
    "--set",
    "tokenizer.vocabulary_size=330",
    "--set",
    "model.encoder.width=32",
    "--set",
    "model.encoder.layers=1",
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two languages, a table, a folder of rings and bars, and short words to be rendered."""
    folder = tmp_path_factory.mktemp("data")
    draws = random.Random(0)
    for (name, words), file in zip(WORDS.items(), ("en=old.txt", "de.txt"), strict=True):
        lines = [" ".join(draws.choices(words, k=draws.randint(2, 6))) for _ in range(150)]
        (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8"), name
    with (folder / "houses.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["size", "kind", "id", "price"])
        for number in range(150):
            size, kind = draws.random() * 10, draws.choice("ab")
            rows.writerow([f"{size:.3f}", kind, f"{number:03d}", f"{2 * size + 3 * (kind == 'a'):.4f}"])
    for label in ("ring", "bar"):
        (folder / "shapes" / label).mkdir(parents=True)
        for number in range(50):
            picture = Image.new("L", (12, 12), 255)
            place = draws.randint(1, 4)
            if label == "ring":
                ImageDraw.Draw(picture).ellipse((place, place, place + 6, place + 6), outline=0)
            else:
                ImageDraw.Draw(picture).line((place, 1, place + 5, 10), fill=0, width=2)
            picture.save(folder / "shapes" / label / f"{number:02d}.png")
    words = sorted({"".join(draws.choices("abc", k=draws.randint(2, 5))) for _ in range(80)})
    (folder / "words.txt").write_text("\n".join(words) + "\n")
    return folder


def trained(*arguments: object, folder: Path) -> Path:
    """The best model of a run that the command line makes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["dragoman", "train", *map(str, arguments), *QUICK])
        with pytest.raises(SystemExit) as end:
            main()
    assert not end.value.code
    return folder / "runs" / str(arguments[0]) / "best"


@pytest.fixture(scope="module")
def text_label(data: Path) -> Path:
    texts = ["--text", "en=en=old.txt", "--text", "de=de.txt"]
    return trained("text-label", *texts, *SMALL_TEXT, "--set", "training.updates=40", folder=data)


@pytest.fixture(scope="module")
def row_number(data: Path) -> Path:
    options = ["--columns", "price", "--features", "size,kind", "--set", "training.updates=60"]
    return trained("row-number", "--corpus", "houses.csv", *options, folder=data)


@pytest.fixture(scope="module")
def picture_label(data: Path) -> Path:
    size = ["--set", "pictures.height=16", "--set", "pictures.width=16", "--set", "training.updates=20"]
    return trained("picture-label", "--corpus", "shapes", *size, folder=data)


@pytest.fixture(scope="module")
def reader(data: Path) -> Path:
    options = ["--set", "training.updates=20", "--set", "training.batch.tokens=64"]
    return trained("reader", "--text", "words.txt", *options, *SMALL_READER, folder=data)


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return dragoman.train(recipe(), folder, train=frame("copy", 100)).best


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def picture(path: Path, width: int = 40) -> Path:
    drawn = Image.new("L", (width, 16), 255)
    ImageDraw.Draw(drawn).text((2, 2), "abc", fill=0)
    drawn.save(path)
    return path


def test_the_help_names_every_preset_and_command(run) -> None:
    shown = " ".join(run("train", "--help")[1].replace("│", " ").split())
    assert [name for name in presets() if name not in shown] == []
    commands = run("--help")[1]
    for command in ("predict", "read"):
        assert command in commands
        assert run(command, "--help")[0] == 0


def test_a_run_says_what_to_do_with_its_model(run, data: Path) -> None:
    options = ["--set", "training.updates=5", "--output", "r"]
    status, output, errors = run(
        "train", "row-label", "--corpus", data / "houses.csv", "--columns", "kind", *QUICK, *options
    )
    assert status == 0, errors
    assert "dragoman predict r/best --input table.csv" in output
    assert "r/evaluation.png" in output
    assert "padding" not in output


def test_text_to_label(run, text_label: Path, data: Path, tmp_path: Path) -> None:
    status, output, _ = run("evaluate", text_label)
    assert status == 0
    assert "accuracy" in output
    given = ["--text", f"en={data / 'en=old.txt'}", "--text", f"de={data / 'de.txt'}"]
    options = ["--json", "r.json", "--output", "o.txt", "--picture", "p.png"]
    assert run("evaluate", text_label, *given, *options)[0] == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["examples"] == len((tmp_path / "o.txt").read_text().splitlines()) == 300
    assert report["accuracy"]["value"] > 0.95
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "texts.txt").write_text("the house\ndas haus\n")
    (tmp_path / "labels.txt").write_text("en\nde\n")
    status, output, _ = run("evaluate", text_label, "--source", "texts.txt", "--target", "labels.txt")
    assert status == 0
    assert "2 examples" in output


def test_predicting_texts(run, text_label: Path, tmp_path: Path) -> None:
    assert run("predict", text_label, stdin=b"the house\n\ndas wasser\n")[1].split()[::2] == ["en", "de"]
    (tmp_path / "a.txt").write_text("the house with water\n")
    assert run("predict", text_label, "--input", "a.txt", "--output", "o.txt") == (0, "", "")
    assert (tmp_path / "o.txt").read_text() == "en\n"
    [row] = table(run("predict", text_label, "--input", "a.txt", "--probabilities")[1])
    assert (row["text"], row["prediction"]) == ("the house with water", "en")
    assert float(row["probability of en"]) + float(row["probability of de"]) == pytest.approx(1, abs=1e-5)


def test_lines_without_text_are_no_confident_answers(run, text_label: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the house\n\n  \ndas wasser\n")
    status, output, errors = run("predict", text_label, "--input", "a.txt", "--probabilities")
    rows = table(output)
    assert status == 0
    assert "2 texts (2, 3) have no text" in errors
    for row in rows[1:3]:
        assert 0.3 < float(row["probability of en"]) < 0.7
    assert float(rows[0]["probability of en"]) > 0.9
    (tmp_path / "t.jsonl").write_text('{"text": "the house"}\n{"text": ""}\n')
    _, output, errors = run("predict", text_label, "--input", "t.jsonl", "--column", "text", "--probabilities")
    assert "text 2 has no text" in errors
    assert 0.3 < float(table(output)[1]["probability of en"]) < 0.7


def test_predicting_a_column_of_texts_keeps_the_table_as_it_is(run, text_label: Path, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text('id\tsays\n007\tthe house\nNA\tdas "wasser"\n')
    rows = table(run("predict", text_label, "--input", "t.tsv", "--column", "says")[1])
    assert [row["id"] for row in rows] == ["007", "NA"]
    assert [row["prediction"] for row in rows] == ["en", "de"]
    assert rows[1]["says"] == 'das "wasser"'
    (tmp_path / "t.jsonl").write_text('{"a": {"en": "the house"}, "n": 1}\n{"a": null, "n": 2}\n')
    rows = table(run("predict", text_label, "--input", "t.jsonl", "--column", "a.en")[1])
    assert [row["n"] for row in rows] == ["1", "2"]
    (tmp_path / "bare.csv").write_text("the house,x\ndas haus,y\n")
    rows = table(run("predict", text_label, "--input", "bare.csv", "--column", "1")[1])
    assert [row["prediction"] for row in rows] == ["en", "de"]


def test_row_to_number(run, row_number: Path, data: Path, tmp_path: Path) -> None:
    assert "RMSE" in run("evaluate", row_number)[1]
    options = ["--output", "o.txt", "--picture", "p.png"]
    status, output, _ = run("evaluate", row_number, "--corpus", data / "houses.csv", *options)
    assert status == 0
    assert "150 examples" in output
    assert (tmp_path / "p.png").exists()
    rows = table(run("predict", row_number, "--input", data / "houses.csv")[1])
    assert rows[3]["id"] == "003"
    errors = [float(row["prediction"]) - float(row["price"]) for row in rows]
    assert np.abs(errors).mean() < 3
    assert [row["prediction"] for row in rows] == (tmp_path / "o.txt").read_text().splitlines()
    pd.DataFrame({"size": [1.5, None], "kind": ["a", "c"]}).to_parquet(tmp_path / "t.parquet")
    status, output, errors = run("predict", row_number, "--input", "t.parquet")
    assert status == 0
    assert [row["size"] for row in table(output)] == ["1.5", ""]
    assert "size: 1 cell empty" in errors


def test_picture_to_label(run, picture_label: Path, data: Path, tmp_path: Path) -> None:
    assert "accuracy" in run("evaluate", picture_label)[1]
    status, output, _ = run("evaluate", picture_label, "--corpus", data / "shapes")
    assert status == 0
    assert "100 examples" in output
    one = data / "shapes" / "bar" / "03.png"
    rows = table(run("predict", picture_label, "--image", data / "shapes" / "ring", "--image", one)[1])
    assert len(rows) == 51
    assert rows[-1]["path"] == str(one)
    assert {row["prediction"] for row in rows} <= {"ring", "bar"}
    (data / "shapes.csv").write_text("file,what\nshapes/ring/00.png,ring\nshapes/bar/00.png,bar\n")
    status, output, _ = run("evaluate", picture_label, "--corpus", data / "shapes.csv", "--columns", "file,what")
    assert status == 0
    assert "2 examples" in output
    pd.DataFrame({"n": [7], "picture": [one.read_bytes()]}).to_parquet(tmp_path / "p.parquet")
    options = ["--column", "picture", "--probabilities"]
    [row] = table(run("predict", picture_label, "--input", "p.parquet", *options)[1])
    assert list(row) == ["n", "prediction", "probability of bar", "probability of ring"]


def test_reading(run, reader: Path, data: Path, tmp_path: Path) -> None:
    assert "CER" in run("evaluate", reader, "--beam", 1)[1]
    (tmp_path / "w.txt").write_text("abc\n\nba\n")
    status, output, errors = run("evaluate", reader, "--text", "w.txt", "--output", "o.txt")
    assert status == 0
    assert "2 lines" in output
    assert "1 empty" in errors
    assert (tmp_path / "o.txt").read_text().count("\n") == 2
    assert run("evaluate", reader, "--text", "w.txt")[1] == output
    one = picture(tmp_path / "one.png")
    (tmp_path / "more").mkdir()
    picture(tmp_path / "more" / "two.png", 60)
    status, output, _ = run("read", reader, one, "more", "--beam", 2)
    assert status == 0
    assert output.count("\n") == 2
    assert run("read", reader, one, "--search", "sample", "--seed", 2)[0] == 0
    assert "has no minimum Bayes risk" in run("read", reader, one, "--search", "mbr")[2]
    (tmp_path / "t.csv").write_text("source,n\none.png,1\n")
    lines = run("read", reader, "t.csv", "more", "--paths")[1].splitlines()
    assert [line.split("\t")[0] for line in lines] == ["path", "one.png", "more/two.png"]
    (tmp_path / "known.csv").write_text("file,says\none.png,abc\n")
    assert "1 line," in run("evaluate", reader, "--corpus", "known.csv", "--columns", "file,says")[1]


def test_searches_beside_exact_search(run, reader: Path, translator: Path, tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_text("abc\nba\n")
    (tmp_path / "s.txt").write_text("red\nblue red\n")
    for model, data, metric in (
        (reader, ["--text", "w.txt"], "CER"),
        (translator, ["--source", "s.txt", "--target", "s.txt"], "BLEU"),
    ):
        options = ["--search-report", "--expansions", 40, "--json", "r.json", "--picture", "p.png"]
        status, output, errors = run("evaluate", model, *data, *options)
        assert status == 0, errors
        assert "Search errors on 2" in output
        report = json.loads((tmp_path / "r.json").read_text())["searches"]
        names = [search["name"] for search in report["searches"]]
        assert (names[0], names[-1], report["proved"]["total"]) == ("greedy", "exact", 2)
        assert {search["quality"][0]["metric"] for search in report["searches"]} == {metric}
        assert report["searches"][-1]["calls"] > report["searches"][0]["calls"]
        assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_exact_search_says_what_it_has_proved(run, translator: Path, tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("xylophone\nquiz and quay\n\n")
    exact = ["--search", "exact", "--input", "s.txt"]
    status, output, errors = run("translate", translator, *exact, "--expansions", 1, "--json-lines", "--progress")
    assert status == 0
    *lines, empty = map(json.loads, output.splitlines())
    assert [line["proof"] for line in lines] == [
        {"proved": False, "bound": bound, "gap": pytest.approx(bound - line["score"], abs=1e-5), "expansions": 1}
        for line in lines
        for bound in [line["proof"]["bound"]]
    ]
    assert all("not proved best" in [concern["kind"] for concern in line["concerns"]] for line in lines)
    assert "proof" not in empty
    assert "proved best: 0 of 2 lines" in errors
    told = run("translate", translator, *exact, "--expansions", 1, "--progress")[2]
    assert told.count("best found; the bound leaves ") == 2
    status, output, errors = run("translate", translator, *exact, "--n-best", 2, "--expansions", 1, "--engine", "auto")
    first, *rows = [line.split("\t") for line in output.splitlines()]
    assert "engine: PyTorch" in errors
    assert all(float(row[first.index("bound_leaves")]) > 0 for row in rows[:4])
    assert "optimal" not in output + errors


def test_translating_pictures(run, reader: Path, translator: Path, tmp_path: Path) -> None:
    picture(tmp_path / "one.png")
    read = run("read", reader, "one.png")[1]
    options = ["--image", "one.png", "--reader", reader, "--engine", "torch"]
    status, output, errors = run("translate", translator, *options)
    assert status == 0
    assert f"read: {read.strip()}" in errors
    assert output == run("translate", translator, "--engine", "torch", "--quiet", stdin=read.encode())[1]
    status, output, errors = run("translate", translator, *options, "--quiet", "--output", "o.txt")
    assert (status, output, errors) == (0, "", "")
    assert (tmp_path / "o.txt").read_text().count("\n") == 1


@pytest.fixture(scope="module")
def bad(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the cases of bad input name."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "a.txt").write_text("the house\ndas haus\n")
    (folder / "one.txt").write_text("the house\n")
    (folder / "labels.txt").write_text("en\nfr\n")
    (folder / "lines.txt").write_text("".join(f"the house {number}\n" for number in range(30)))
    (folder / "no.png").write_bytes(b"no picture at all")
    Image.new("1", (16_000, 16_000)).save(folder / "huge.png")
    (folder / "paths.csv").write_text(
        "source,target\n" + "".join(f"gone{n}.png,{('ring', 'bar')[n % 2]}\n" for n in range(30))
    )
    (folder / "shapes.csv").write_text(f"source,target\n{data}/shapes/ring/00.png,cube\n")
    rows = "".join(f"{number},{'ab'[number % 2]},{number}\n" for number in range(30))
    (folder / "nan.csv").write_text("size,kind,price\n1,a,\n" + rows)
    (folder / "text.csv").write_text("size,kind,price\n1,a,3\ntall,b,2\n")
    (folder / "less.csv").write_text("kind,price\na,3\nb,3\n")
    (folder / "done.csv").write_text("size,kind,prediction\n1,a,3\n")
    (folder / "word.csv").write_text("size,kind,price\n" + rows + "2,a,cheap\n")
    (folder / "empty").mkdir()
    for number in range(30):
        shape = folder / "single" / "ring" / f"{number:02d}.png"
        shape.parent.mkdir(parents=True, exist_ok=True)
        shape.write_bytes((data / "shapes" / "ring" / shape.name).read_bytes())
    return folder


@pytest.mark.parametrize("case", BAD_TRAINING)
def test_bad_training_data_is_one_message(run, bad: Path, tmp_path: Path, case: str) -> None:
    shutil.copytree(bad, tmp_path, dirs_exist_ok=True)
    arguments, message = BAD_TRAINING[case]
    status, output, errors = run("train", *arguments.split(), *QUICK)
    assert status == 1
    assert message in errors
    assert "Remedy:" in errors
    assert "Traceback" not in errors + output
    assert not list(tmp_path.glob("runs/*"))


@pytest.mark.parametrize("case", BAD_USE)
def test_bad_use_is_one_message(
    run, case: str, bad: Path, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(bad, tmp_path, dirs_exist_ok=True)
    arguments, message = BAD_USE[case]
    names = {"TEXT": "text_label", "ROW": "row_number", "PICTURE": "picture_label", "READER": "reader"}
    models = {**names, "TRANSLATOR": "translator"}
    called = [request.getfixturevalue(models[word]) if word in models else word for word in arguments.split()]
    capsys.readouterr()
    before = sorted(tmp_path.iterdir())
    status, output, errors = run(*called)
    assert status == 1
    assert message in errors
    assert "Remedy:" in errors
    assert "Traceback" not in errors
    assert output == ""
    assert sorted(tmp_path.iterdir()) == before


def test_an_example_without_a_target_is_left_out_and_counted(run, bad: Path, row_number: Path) -> None:
    status, output, errors = run("evaluate", row_number, "--corpus", bad / "nan.csv")
    assert (status, "dropped 1 no target" in errors) == (0, True)
    rows = len((bad / "nan.csv").read_text().splitlines()) - 1
    assert f"{rows - 1} examples" in output


def test_a_terminal_is_not_waited_for(run, text_label: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_input, "from_terminal", lambda: True)
    status, _, errors = run("predict", text_label)
    assert status == 1
    assert "nothing was given" in errors
    assert "--input" in errors


def test_from_python(text_label: Path, picture_label: Path, reader: Path, tmp_path: Path) -> None:
    assert dragoman.Predictor.load(text_label).predict(["the house", "das haus"]) == ["en", "de"]
    assert len(dragoman.Reader.load(reader).read([picture(tmp_path / "one.png")])) == 1
    assert isinstance(dragoman.load(picture_label), dragoman.Predictor)
    assert isinstance(dragoman.load(reader), dragoman.Reader)
    with pytest.raises(UnsupportedError, match="ctranslate2 cannot be used"):
        dragoman.load(reader, engine="ctranslate2")

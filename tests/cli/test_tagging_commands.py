"""Tags of words, from CoNLL files and tables to a model that is evaluated, compared, diagnosed and used."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import dragoman
from dragoman.cli.main import main
from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.errors import InputError
from dragoman.predict.predictor import Predictor
from dragoman.recipe import load_recipe
from dragoman.tasks.losses import ExampleLoss
from dragoman.tasks.table import task_of
from dragoman.tasks.tagging import word_outputs

NAMES, OTHERS = ("Paris", "Rome", "Otto", "Anna"), ("sees", "the", "of", "and")
SMALL: dict[str, Any] = {
    "tokenizer": {"vocabulary_size": 330, "kind": "words"},
    "data": {"validation_pairs": 40, "test_pairs": 40},
    "model": {"encoder": {"kind": "gru", "width": 16, "embedding_width": 16, "dropout": 0.0}},
    "training": {
        **{"updates": 40, "validate_every": 20, "checkpoint_every": 40},
        **{"threads": 1, "precision": "float32", "device": "cpu"},
        "batch": {"tokens": 256},
        "optimizer": {"learning_rate": 3e-2},
        "schedule": {"warmup": 2},
    },
}


def tagged(count: int, seed: int = 0) -> list[tuple[list[str], list[str]]]:
    """Sentences in which names are places, unless `Mr` stands before them: so a tag follows from the words before."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        words, tags = [], []
        for _ in range(int(draw.integers(2, 5))):
            person = bool(draw.integers(2))
            length = int(draw.integers(0, 3))
            words += ["Mr" if person else str(draw.choice(OTHERS)), *draw.choice(NAMES, length).tolist()]
            kind = "PER" if person else "LOC"
            tags += ["O", *[f"B-{kind}", f"I-{kind}"][:length]]
        found.append((words, tags))
    return found


def conll(path: Path, sentences: list[tuple[list[str], list[str]]]) -> Path:
    rows = ("\n".join(f"{w} _ {t}" for w, t in zip(*pair, strict=True)) for pair in sentences)
    path.write_text("# generated\n" + "\n\n".join(rows) + "\n", encoding="utf-8")
    return path


def frame(sentences: list[tuple[list[str], list[str]]]) -> pd.DataFrame:
    return pd.DataFrame({"source": [" ".join(w) for w, _ in sentences], "target": [" ".join(t) for _, t in sentences]})


@pytest.fixture(scope="module")
def best(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that the command line trained on a CoNLL file."""
    folder = tmp_path_factory.mktemp("tagging")
    conll(folder / "train.conll", tagged(500))
    settings = [f"{a}.{b}={json.dumps(v)}" for a in ("tokenizer", "data") for b, v in SMALL[a].items()]
    settings += [f"model.encoder.{name}={json.dumps(value)}" for name, value in SMALL["model"]["encoder"].items()]
    for name, value in SMALL["training"].items():
        parts = value if isinstance(value, dict) else {"": value}
        settings += [f"training.{name}{'.' * bool(key)}{key}={json.dumps(v)}" for key, v in parts.items()]
    options = [option for setting in settings for option in ("--set", setting)]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["dragoman", "train", "text-tags", "--corpus", "train.conll", *options])
        with pytest.raises(SystemExit) as end:
            main()
    assert not end.value.code
    return folder / "runs" / "text-tags" / "best"


@pytest.fixture(scope="module")
def field(best: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A conditional random field that was trained on the same sentences from Python."""
    settings = {**SMALL, "model": {**SMALL["model"], "decoder": {"kind": "crf"}}}
    run = tmp_path_factory.mktemp("field") / "run"
    return dragoman.train("text-tags", run, changes=settings, train=frame(tagged(500))).best


@pytest.fixture(scope="module", params=["tags", "crf"])
def either(request: pytest.FixtureRequest, best: Path, field: Path) -> Path:
    """Each of the two models."""
    return {"tags": best, "crf": field}[request.param]


def test_it_learns_what_follows_from_the_words_before(either: Path) -> None:
    best = either
    report = json.loads((best.parent / "evaluation.json").read_text())
    assert report["f1"]["value"] > 95
    assert report["accuracy"]["value"] > 95
    history = pd.read_json(best.parent / "history.jsonl", lines=True)
    assert history["span_f1"].max() > 95
    card = (best / "card.md").read_text(encoding="utf-8")
    assert "a tag for each word" in card
    joint = load_recipe(best / "recipe.toml").model.decoder.kind == "crf"
    assert ("are chosen together" in card, "each word's tag is chosen by itself" in card) == (joint, not joint)


def test_a_list_of_tags_for_each_text(either: Path) -> None:
    model = dragoman.load(either)
    assert isinstance(model, Predictor)
    texts = ["Mr Anna Rome of  Paris ", " ", "the"]
    alone = [model.predict([text])[0] for text in texts]
    assert alone == model.predict(texts) == [["O", "B-PER", "I-PER", "O", "B-LOC"], [], ["O"]]
    assert model.predict([]) == model.predict([""])[:0] == []
    assert "predicts tags" in str(model)
    assert model.labels == ("B-LOC", "B-PER", "I-LOC", "I-PER", "O")
    shares = model.probabilities(texts)
    assert [part.shape for part in shares] == [(5, 5), (0, 5), (1, 5)]
    assert all(np.allclose(part.sum(1), 1) for part in shares)
    assert [model.labels[k] for k in shares[0].argmax(1)] == alone[0]
    ranked = model.n_best(texts, 3)
    assert [found[0].prediction for found in ranked] == alone
    assert [len(found) for found in ranked] == [3, 1, 3]
    one = np.exp([found.log_probability for found in model.n_best(["the"], 9)[0]])
    assert np.allclose(np.sort(model.probabilities(["the"])[0][0])[::-1][: len(one)], one, atol=1e-6)
    with pytest.raises(InputError, match="0 predictions were asked for"):
        model.n_best(texts, 0)


def test_a_random_field_never_says_what_names_of_tags_forbid(field: Path) -> None:
    model = dragoman.load(field)
    assert isinstance(model, Predictor)
    for tags in (ranked.prediction for ranked in model.n_best(["Anna Rome Rome"], 1000)[0]):
        for before, tag in zip(["O", *tags], tags, strict=False):
            assert not tag.startswith("I-") or before in (tag, "B" + tag[1:])
    assert len(model.n_best(["Anna Rome Rome"], 1000)[0]) == 41  # of 125


def test_a_text_that_is_too_long_is_read_in_pieces_cut_at_words(best: Path) -> None:
    model = dragoman.load(best)
    assert isinstance(model, Predictor)
    said: list[str] = []
    short = Predictor(model._loaded, said.append)
    short.recipe = model.recipe.model_copy(
        update={"cleaning": model.recipe.cleaning.model_copy(update={"max_tokens": 6})}
    )
    text = " ".join(["Mr Anna and Rome and"] * 5 + ["unfathomable", "the"])
    assert short.predict([text])[0][:-2] == ["O", "B-PER", "O", "B-LOC", "O"] * 5
    assert len(short.predict([text])[0]) == 27
    assert said[0] == "1 texts have more than 5 tokens; they are read in pieces"


def test_lines_and_tables_on_the_command_line(run, best: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Mr Anna sees\n\nthe Rome\n")
    assert run("predict", best, "--input", "a.txt")[:2] == (0, "O B-PER O\n\nO B-LOC\n")
    (tmp_path / "a.csv").write_text('id,source\n7,"of Otto Anna"\n')
    status, output, _ = run("predict", best, "--input", "a.csv")
    assert (status, list(csv.DictReader(io.StringIO(output)))) == (
        0,
        [{"id": "7", "source": "of Otto Anna", "prediction": "O B-LOC I-LOC"}],
    )
    status, output, _ = run("predict", best, "--input", "a.csv", "--probabilities")
    (row,) = csv.DictReader(io.StringIO(output))
    shares = np.array([[float(share) for share in row[f"probability of {tag}"].split()] for tag in ("B-LOC", "O")])
    assert (status, shares.shape, (shares.sum(0) > 0.5).tolist()) == (0, (2, 3), [True, True, False])
    status, output, _ = run("predict", best, "--input", "a.txt", "--n-best", 2)
    rows = list(csv.DictReader(io.StringIO(output)))
    assert [row["rank"] for row in rows] == ["1", "2", "1", "1", "2"]
    assert (status, rows[0]["text"], rows[0]["prediction"]) == (0, "Mr Anna sees", "O B-PER O")
    assert float(rows[0]["log_probability"]) > float(rows[1]["log_probability"])
    assert "give one of them" in run("predict", best, "--input", "a.txt", "--n-best", 2, "--probabilities")[2]


def test_evaluating_and_comparing(run, best: Path, field: Path, tmp_path: Path) -> None:
    conll(tmp_path / "new.iob", tagged(60, seed=1))
    status, output, errors = run("evaluate", best, "--corpus", "new.iob", "--output", "said.txt", "--picture", "p.png")
    assert (status, "span F1" in output) == (0, True), errors
    lines = (tmp_path / "said.txt").read_text().splitlines()
    assert [len(line.split()) for line in lines] == [len(words) for words, _ in tagged(60, seed=1)]
    assert (tmp_path / "p.png").exists()
    status, output, errors = run("compare", best.parent, field.parent, "--names", "each,all", "--output", "both")
    assert (status, "span F1" in output) == (0, True), errors
    rows = {
        row["name"]: row["architecture"] for row in json.loads((tmp_path / "both" / "report.json").read_text())["rows"]
    }
    assert "softmax regression of each word" in rows["each"]
    assert "conditional random field" in rows["all"]


def test_the_demo_of_tags(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = {**SMALL["training"], "updates": 3, "validate_every": 3, "checkpoint_every": 3}
    parts = {"data": SMALL["data"], "model": SMALL["model"], "tokenizer": {"vocabulary_size": 500}}
    short = load_recipe("demo-tags", changes={**parts, "training": training})
    monkeypatch.setattr("dragoman.recipe.load_recipe", lambda name: short if name == "demo-tags" else None)
    status, output, errors = run("demo", "tags", "--pairs", 1000)
    assert status == 0, errors
    assert "A list of words, each with its most frequent tag, has an accuracy of " in output
    assert "https://example.org/en/news says woensdag 5 mars 2031 , men ingen vet varför .\n    →" in output
    assert (tmp_path / "runs" / "demo-tags" / "best" / "card.md").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("source\ttarget\na b\tO\n", r"t.tsv:2: the text has 2 words, and there is 1 tag"),
        ("source\ttarget\na b\tO O\nc\tB-ORG\n", r"t.tsv:3: no training example has the tag `B-ORG`"),
    ],
)
def test_what_a_test_set_cannot_be(content: str, message: str, run, best: Path, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(content)
    status, _, errors = run("evaluate", best, "--corpus", "t.tsv")
    assert status == 1
    assert message in " ".join(errors.split())


def test_examples_without_a_tag_for_each_word_are_dropped_and_listed(tmp_path: Path) -> None:
    sentences = tagged(150)
    sentences[3][1].append("O")
    dataset = prepare(load_recipe("text-tags", changes=SMALL), tmp_path / "d", train=frame(sentences))
    assert dataset.report["cleaning"]["train"]["dropped"]["another length"] == 1
    dropped = pd.read_parquet(tmp_path / "d" / "dropped.parquet").set_index("rule")
    assert dropped.loc["another length", "line"] == 4
    held_out = frame(sentences[:5])
    with pytest.raises(InputError, match="DataFrame:4: the text has"):
        prepare(load_recipe("text-tags", changes=SMALL), tmp_path / "e", train=frame(tagged(150)), validation=held_out)


def test_a_text_whose_tags_cannot_follow_each_other_is_named(tmp_path: Path) -> None:
    sentences = tagged(150)
    sentences[7] = ["the", "Rome", "Otto"], ["O", "B-LOC", "I-PER"]
    settings = {**SMALL, "model": {**SMALL["model"], "decoder": {"kind": "crf"}}}
    with pytest.raises(
        InputError, match="DataFrame:8: word 3 has the tag `I-PER` behind `B-LOC`, and tags of this form"
    ):
        dragoman.train("text-tags", tmp_path / "run", changes=settings, train=frame(sentences))
    assert not (tmp_path / "run").exists()


def test_the_losses_of_words_are_the_same_by_both_ways(either: Path) -> None:
    best = either
    dataset = Dataset.open(best.parent / "dataset")
    loaded = dragoman.load(best)
    assert isinstance(loaded, Predictor)
    task, recipe = task_of(loaded.recipe), loaded.recipe
    measured = task.validator(loaded.model, recipe, dataset).measure(0)
    exact = ExampleLoss(loaded.model, dataset.validation, np.arange(len(dataset.validation)), tokens=64)()
    assert measured.validation.value == pytest.approx(exact.value, rel=1e-5)
    assert np.array_equal(measured.validation.units, exact.units)
    assert task.baseline(recipe, dataset) > exact.value
    some = np.array([5, 2])
    whole = word_outputs(loaded.model, dataset.validation)
    ends = np.cumsum(dataset.validation.target_lengths)
    parts = [whole[ends[place] - dataset.validation.target_lengths[place] : ends[place]] for place in some]
    assert np.allclose(word_outputs(loaded.model, dataset.validation, some), np.concatenate(parts), atol=1e-5)

"""A student that learns from a teacher's translations, at toy size."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame, recipe

from dragoman.cli.main import main
from dragoman.data.dataset import Dataset
from dragoman.distillation import translations
from dragoman.distillation.distill import Distillation, distill, resume_distillation
from dragoman.distillation.plan import Plan
from dragoman.distillation.teacher import Teacher
from dragoman.distillation.translations import KeptTranslations, closest
from dragoman.errors import DamagedFileError, DragomanError, InputError, OutputError, RecipeError, UnsupportedError
from dragoman.evaluation.chrf import chrf
from dragoman.predict.translator import Translator
from dragoman.recipe import Recipe, load_recipe, merge, recipe_from
from dragoman.training.observer import Observer, UpdateRecord
from dragoman.training.run import train

SMALL = {
    "model": {
        "encoder": {"layers": 2, "width": 16, "feed_forward": 16, "heads": 2},
        "decoder": {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2},
    },
    "training": {
        "updates": 6,
        "batch": {"tokens": 200},
        "schedule": {"warmup": 2},
        "validate_every": 3,
        "checkpoint_every": 3,
        "threads": 1,
        "device": "cpu",
    },
}


def student(**changes: Any) -> Recipe:
    return recipe_from(merge(SMALL, changes))


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its run: it has learnt a little, so that its translations are not all alike."""
    folder = tmp_path_factory.mktemp("runs") / "teacher"
    train(recipe(updates=60), folder, train=frame("copy", 200, longest=6))
    return folder


@pytest.fixture(scope="module")
def distilled(teacher: Path, tmp_path_factory: pytest.TempPathFactory) -> Distillation:
    return distill(teacher, student(), tmp_path_factory.mktemp("runs") / "student", beam=2)


def test_the_student_learns_from_what_the_teacher_writes(teacher: Path, distilled: Distillation) -> None:
    original, learnt = (Dataset.open(folder / "dataset") for folder in (teacher, distilled.run.folder))
    written = dict(zip(learnt.train.source_texts(), learnt.train.target_texts(), strict=True))
    sources = original.train.source_texts()
    assert set(written) <= set(sources)
    assert len(written) > 0.5 * len(set(sources))
    expected = Translator.load(teacher / "best", engine="auto").translate(list(written), beam=2)
    assert list(written.values()) == expected


def test_references_stay_real_where_it_is_measured(teacher: Path, distilled: Distillation) -> None:
    original, learnt = (Dataset.open(folder / "dataset") for folder in (teacher, distilled.run.folder))
    assert original.test is not None
    assert learnt.test is not None
    for one, other in ((original.validation, learnt.validation), (original.test, learnt.test)):
        assert one.source_texts() == other.source_texts()
        assert one.target_texts() == other.target_texts()


def test_the_vocabulary_and_the_cleaning_are_the_teachers(teacher: Path, distilled: Distillation) -> None:
    original, learnt = (Dataset.open(folder / "dataset") for folder in (teacher, distilled.run.folder))
    assert learnt.target.tokenizer.vocabulary.symbols == original.target.tokenizer.vocabulary.symbols
    assert distilled.run.recipe().cleaning == Teacher.open(teacher).recipe.cleaning


def test_the_card_and_the_report_say_what_it_was_distilled_from(distilled: Distillation) -> None:
    card = (distilled.run.best / "card.md").read_text()
    assert "written by the translator teacher (sequence-level knowledge distillation, beam 2)" in card
    report = json.loads((distilled.run.folder / "distillation.json").read_text())
    assert report["teacher"]["parameters"] > report["student"]["parameters"]
    assert report["sentences"] > 10
    assert report["difference"]["second"] == pytest.approx(report["student"]["measures"]["quality"]["value"])
    assert distilled.report is not None
    text = distilled.report.as_text()
    assert "sentences/s, greedy" in text
    assert "paired bootstrap" in text


def test_the_closest_of_several_candidates() -> None:
    candidates = [["ein Hund", "eine Katze sitzt auf der Matte", "die Katze saß auf der Matte"], ["a b", "a b"], [""]]
    references = ["eine Katze saß auf der Matte", "a b c", "nichts"]
    assert closest(candidates, references, "de") == [candidates[0][2], "a b", ""]


def test_best_of_n_with_references_beside(teacher: Path, tmp_path: Path) -> None:
    done = distill(teacher, student(), tmp_path / "run", beam=4, best_of=4, keep_original=True)
    dataset, original = Dataset.open(done.run.folder / "dataset"), Dataset.open(teacher / "dataset").train
    assert {corpus.name for corpus in dataset.corpora} >= {"DataFrame", "DataFrame (references)"}
    pairs = set(zip(dataset.train.source_texts(), dataset.train.target_texts(), strict=True))
    assert pairs > set(zip(original.source_texts(), original.target_texts(), strict=True))
    chosen = list(KeptTranslations(done.run.folder / "distilled" / "translations.jsonl"))
    first = Translator.load(teacher / "best", engine="auto").translate(original.source_texts(), beam=4)
    assert chosen != first
    assert chrf(chosen, original.target_texts()) > chrf(first, original.target_texts())


def test_a_limit_takes_sentences_spread_over_the_training_set(
    teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translations, "_CHUNK", 8)
    told: list[str] = []
    done = distill(teacher, student(), tmp_path / "run", beam=1, limit=20, log=told.append)
    sources = Dataset.open(teacher / "dataset").train.source_texts()
    written = [
        json.loads(line)["source"]
        for line in (done.run.folder / "distilled" / "corpora" / "distilled-0.jsonl").read_text().splitlines()
    ]
    assert len(written) == 20
    assert [sources[0], sources[-1]] == [written[0], written[-1]]
    assert any("it will take about" in message for message in told)
    assert Plan.load(done.run.folder / "distilled").limit == 20


def test_a_corpus_of_its_own_for_a_model_without_its_run(teacher: Path, tmp_path: Path) -> None:
    (tmp_path / "copied").symlink_to(teacher / "best")
    data = frame("copy", 120, longest=6, seed=5)
    for side in ("source", "target"):
        (tmp_path / side).write_text("\n".join(data[side]) + "\n")
    with pytest.raises(InputError, match="does not lie in its run"):
        distill(tmp_path / "copied", student(), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    corpora = {
        "train": {"source": tmp_path / "source", "target": tmp_path / "target"},
        "validation_pairs": 10,
        "test_pairs": 10,
    }
    done = distill(tmp_path / "copied", student(data=corpora), tmp_path / "run", beam=1)
    assert done.report is not None
    assert set(Dataset.open(done.run.folder / "dataset").train.source_texts()) <= set(data["source"])


class StopAfter(Observer):
    def __init__(self, update: int) -> None:
        self.update = update

    def on_update(self, record: UpdateRecord) -> None:
        if record.update == self.update:
            os.kill(os.getpid(), signal.SIGINT)


def test_a_distillation_stopped_while_it_trains_goes_on(teacher: Path, tmp_path: Path) -> None:
    stopped = distill(teacher, student(), tmp_path / "run", beam=1, observers=[StopAfter(4)])
    assert stopped.report is None
    done = resume_distillation(tmp_path / "run")
    assert done.report is not None
    assert "all 6 updates" in done.run.reason


def test_a_distillation_killed_while_it_translates_goes_on(
    teacher: Path, distilled: Distillation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was translated is not translated again, and a torn line is."""
    monkeypatch.setattr(translations, "_CHUNK", 16)
    kept = "distilled/translations.jsonl"
    complete = (distilled.run.folder / kept).read_bytes()

    def killed(message: str) -> None:
        if message.startswith("48 of"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        distill(teacher, student(), tmp_path / "run", beam=2, log=killed)
    assert (tmp_path / "run" / kept).read_bytes().count(b"\n") == 48
    with (tmp_path / "run" / kept).open("ab") as stream:
        stream.write(b'"half a li')
    told: list[str] = []
    done = resume_distillation(tmp_path / "run", log=told.append)
    assert any(message.startswith("48 of") and "before" in message for message in told)
    assert (tmp_path / "run" / kept).read_bytes() == complete
    weights = [(run.best / "weights.safetensors").read_bytes() for run in (done.run, distilled.run)]
    assert weights[0] == weights[1]


def test_an_edited_translation_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "translations.jsonl"
    path.write_text('"a"\nb\n"c"\n')
    with pytest.raises(DamagedFileError, match=r"translations.jsonl:2"):
        list(KeptTranslations(path))


def test_any_text_is_kept(tmp_path: Path) -> None:
    texts = ["", "a\nb", "\u2028", 'quo"te', "Größe 漢字 \U0001f600"]
    kept = KeptTranslations(tmp_path / "translations.jsonl")
    kept.append(texts[:2])
    kept.append(texts[2:])
    again = KeptTranslations(tmp_path / "translations.jsonl")
    assert len(again) == len(texts)
    assert list(again) == texts


def language_model_run(folder: Path) -> Path:
    stack = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
    values = recipe(updates=4).model_dump(mode="json", exclude_none=True)
    values["model"] = {"encoder": {"kind": "none"}, "decoder": stack}
    texts = frame("copy", 100)[["source"]].rename(columns={"source": "text"})
    train(recipe_from(values), folder, train=texts)
    return folder


def test_a_language_model_teaches_no_translator(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="language model"):
        distill(language_model_run(tmp_path / "lm"), student(), tmp_path / "run")


def test_what_cannot_be_distilled_is_refused_before_anything_is_written(
    teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "weights.csv"
    weights.write_text("key,weight\n")
    cases: list[tuple[type[DragomanError], str, Path, Recipe]] = [
        (InputError, "data.weights gives training examples", teacher, student(data={"weights": str(weights)})),
        (InputError, "recipe is for a language model", teacher, load_recipe("language-model")),
        (
            InputError,
            "target_language is fr, and the teacher's is de",
            teacher,
            student(data={"target_language": "fr"}),
        ),
        (InputError, "no model", tmp_path / "nowhere", student()),
    ]
    for kind, message, given, learner in cases:
        with pytest.raises(kind, match=message):
            distill(given, learner, tmp_path / "run")
        assert not (tmp_path / "run").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("")
    with pytest.raises(OutputError, match="not empty"):
        distill(teacher, student(), tmp_path / "full")
    with pytest.raises(InputError, match="no distillation to go on with"):
        resume_distillation(tmp_path / "full")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UnsupportedError, match="several processes"):
        distill(teacher, student(), tmp_path / "run")


def test_a_damaged_plan_is_told_of(tmp_path: Path) -> None:
    Plan(tmp_path, student(), 5, 1, False).save(tmp_path / "distilled")
    assert Plan.load(tmp_path / "distilled") == Plan(tmp_path, student(), 5, 1, False)
    (tmp_path / "distilled" / "plan.json").write_text("{")
    with pytest.raises(DamagedFileError, match=r"plan\.json"):
        Plan.load(tmp_path / "distilled")


def test_separate_vocabularies_are_not_taken_over(tmp_path: Path) -> None:
    train(recipe({"shared": False, "vocabulary_size": 300}, updates=4), tmp_path / "teacher", train=frame("copy", 150))
    told: list[str] = []
    learner = student(tokenizer={"vocabulary_size": 305})
    done = distill(tmp_path / "teacher", learner, tmp_path / "run", beam=1, log=told.append)
    assert any("the student learns its own" in message for message in told)
    assert done.run.recipe().tokenizer.model is None


def test_the_command(
    teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {
        "model.encoder.width": 16,
        "model.decoder.width": 16,
        "model.encoder.layers": 1,
        "training.updates": 4,
        "training.schedule.warmup": 1,
        "training.threads": 1,
    }
    settings = [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
    command = ["dragoman", "distill", str(teacher), "--output", "run", "--beam", "1"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [*command, *settings])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert "teacher" in shown
    assert "sentences/s, beam" in shown
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    refusal = capsys.readouterr().err
    assert "--resume" in refusal
    assert RecipeError.__name__ not in refusal

"""The command line as a person meets it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import tomli_w
from pydantic import BaseModel

from dragoman.recipe import load_recipe, preset_values, recipe_from
from dragoman.training.run import train

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame, recipe


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return train(recipe(), folder, train=frame("copy", 300)).best


def test_help_names_every_command(run) -> None:
    status, output, _ = run("--help")
    assert status == 0
    for command in (
        "demo",
        "corpus",
        "clean",
        "train",
        "translate",
        "evaluate",
        "compare",
        "score",
        "generate",
        "describe",
    ):
        assert command in output
        assert run(command, "--help")[0] == 0


def test_as_a_module() -> None:
    shown = subprocess.run([sys.executable, "-m", "dragoman", "--help"], capture_output=True, text=True)
    assert shown.returncode == 0
    assert "train" in shown.stdout


def test_translate_keeps_the_number_of_lines(run, model: Path, tmp_path: Path) -> None:
    given = b"a b c\n\n  \nd\r\nlast without end"
    status, output, _ = run("translate", model, stdin=given)
    assert status == 0
    assert output.count("\n") == 5
    assert output.split("\n")[1:3] == ["", ""]
    (tmp_path / "in.txt").write_bytes(given)
    assert run("translate", model, "--input", "in.txt", "--output", "out.txt")[0] == 0
    assert (tmp_path / "out.txt").read_text() == output


def test_translate_n_best(run, model: Path) -> None:
    status, output, _ = run("translate", model, "--n-best", 3, stdin=b"a b\nc\n")
    rows = [line.split("\t") for line in output.splitlines()]
    assert status == 0
    assert rows[0] == ["line", "rank", "score", "log_probability", "ending", "placeholders_kept", "concerns", "text"]
    assert [row[:2] for row in rows[1:]] == [["1", "1"], ["1", "2"], ["1", "3"], ["2", "1"], ["2", "2"], ["2", "3"]]


def test_evaluate_on_the_test_set_of_the_run_and_on_given_files(run, model: Path, tmp_path: Path) -> None:
    status, output, _ = run("evaluate", model, "--json", "report.json", "--output", "out.txt")
    assert status == 0
    assert "BLEU" in output
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["sentences"] == len((tmp_path / "out.txt").read_text().splitlines())
    (tmp_path / "t.tsv").write_text("en\tde\na b\ta b\nc d e\tc d e\n")
    status, output, _ = run("evaluate", model, "--corpus", "t.tsv", "--columns", "en,de", "--beam", 1)
    assert status == 0
    assert "2 sentences" in output


def test_describe(run, model: Path) -> None:
    for subject in ("tiny", model):
        status, output, _ = run("describe", subject)
        assert status == 0
        assert "parameters" in output
        assert "self_attention" in output
    assert "multiplied by weights: " not in output
    assert "multiplied by weights: new.csv" in run("describe", "tiny", "--set", "data.weights=new.csv")[1]
    status, output, _ = run("describe", "base", "--toml")
    assert "width = 512" in output
    status, _, errors = run("describe", model, "--set", "model.encoder.layers=2")
    assert status == 1
    assert "this is a trained model" in errors


def test_describe_shows_every_setting_with_changes(run) -> None:
    status, output, _ = run("describe", "tiny", "--toml", "--set", "model.encoder.layers=2")
    assert status == 0
    values = tomllib.loads(output)
    assert values["model"]["encoder"]["layers"] == 2

    def names(section: BaseModel) -> list[str]:
        found = []
        for name in type(section).model_fields:
            value = getattr(section, name)
            found += names(value) if isinstance(value, BaseModel) else [name]
        return found

    shown = {line.lstrip("# ").split(" =")[0] for line in output.splitlines()}
    assert set(names(load_recipe("tiny"))) <= shown | set(values["data"])
    assert recipe_from(values) == load_recipe("tiny", changes={"model": {"encoder": {"layers": 2}}})


@pytest.mark.parametrize("preset", ["fast", "reader"])
def test_a_mistake_in_a_recipe_points_to_the_preset_in_use(preset: str, run, tmp_path: Path) -> None:
    status, _, errors = run("describe", preset, "--set", "model.encoder.widht=3")
    assert status == 1
    assert f"dragoman describe {preset} --toml" in errors
    values = preset_values(preset)
    values["model"]["encoder"]["widht"] = 3
    (tmp_path / "own.toml").write_text(tomli_w.dumps(values))
    _, _, errors = run("describe", tmp_path / "own.toml")
    alike = load_recipe(errors.split("dragoman describe ")[1].split(" ")[0]).model
    assert type(alike.encoder) is type(load_recipe(preset).model.encoder)


def test_evaluate_takes_a_catalogue(run, model: Path, tmp_path: Path) -> None:
    for language, text in (("en", "a b"), ("de", "a b")):
        (tmp_path / f"{language}.json").write_text(json.dumps({"key": text}))
    status, output, errors = run("evaluate", model, "--catalogue", tmp_path, "--beam", 1)
    assert status == 0, errors
    assert "1 sentence" in output


@pytest.mark.parametrize("preset", ["tiny", "small", "base", "demo"])
def test_every_preset_trains_at_toy_size(preset: str, run, tmp_path: Path) -> None:
    data = frame("reversal", 60, longest=6)
    for side in ("source", "target"):
        (tmp_path / side).write_text("\n".join(data[side]) + "\n")
    small = ["updates=2", "schedule.warmup=1", "validate_every=2", "batch.tokens=50", "threads=1"]
    settings = [f"training.{setting}" for setting in small]
    for side in ("encoder", "decoder"):
        settings += [f"model.{side}.width=16", f"model.{side}.feed_forward=16", f"model.{side}.heads=2"]
    changes = [part for setting in settings for part in ("--set", setting)]
    status, output, errors = run("train", preset, "--source", "source", "--target", "target", *changes)
    assert status == 0, errors
    assert "dragoman translate" in output
    target = "fr" if preset == "demo" else "de"
    assert (tmp_path / "runs" / f"en-{target}-{preset}" / "best" / "card.md").exists()


def lines(path: Path, *texts: str) -> None:
    path.write_text("".join(f"{text}\n" for text in texts))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


BAD_TRAINING = {
    "no data": ([], "no training data"),
    "only a source": (["--source", "good.en"], "both `source` and `target`"),
    "different length": (["--source", "good.en", "--target", "short.de"], r"short.de has 1 and good.en has 3"),
    "missing file": (["--source", "good.en", "--target", "gone.de"], "gone.de"),
    "not utf-8": (["--source", "latin.en", "--target", "good.de"], "latin.en:2: not UTF-8"),
    "empty corpus": (["--source", "empty", "--target", "empty"], "empty"),
    "all dropped": (["--source", "blank", "--target", "good.de"], "3 empty"),
    "missing column": (["--corpus", "t.tsv", "--columns", "en,fr"], "no column `fr`"),
    "one column": (["--corpus", "t.tsv", "--columns", "en"], "--columns en"),
    "unknown key": (["--source", "good.en", "--target", "good.de", "--set", "training.sead=1"], "did you mean `seed`"),
    "wrong value": (["--source", "good.en", "--target", "good.de", "--set", "training.seed=x"], "valid integer"),
    "no value": (["--source", "good.en", "--target", "good.de", "--set", "training.seed"], "key=value"),
    "existing output": (["--source", "good.en", "--target", "good.de", "--output", "full"], "exists already"),
    "unknown recipe": (["tini", "--source", "good.en", "--target", "good.de"], "did you mean the preset `tiny`"),
    "too few": (["--source", "one", "--target", "one"], "too few"),
    "minutes for a preset": (["tiny", "--source", "good.en", "--target", "good.de", "--minutes", "3"], "preset `auto`"),
    "minutes that are none": (["--source", "good.en", "--target", "good.de", "--minutes", "nan"], "--minutes nan"),
    "minutes beside a resume": (["--resume", "full", "--minutes", "3"], "--minutes cannot be given beside --resume"),
    "nothing to resume": (["--resume", "full"], "no run to resume"),
    "resumed by another recipe": (["small", "--resume", "full"], "small cannot be given beside --resume"),
    "resumed with other data": (
        ["--resume", "full", "--corpus", "t.tsv", "--to", "fr", "--output", "new", "--set", "training.updates=9"],
        "--corpus, --to, --output cannot be given beside --resume",
    ),
}


@pytest.mark.parametrize("case", list(BAD_TRAINING))
def test_bad_training_input(case: str, run, tmp_path: Path) -> None:
    lines(tmp_path / "good.en", "one", "two", "three")
    lines(tmp_path / "good.de", "eins", "zwei", "drei")
    lines(tmp_path / "short.de", "eins")
    lines(tmp_path / "blank", "", " ", "\t")
    lines(tmp_path / "one", "single")
    (tmp_path / "latin.en").write_bytes("one\nzwölf\nthree\n".encode("latin-1"))
    (tmp_path / "empty").touch()
    (tmp_path / "t.tsv").write_text("en\tde\na\tb\n")
    (tmp_path / "full").mkdir()
    lines(tmp_path / "full" / "precious", "x")
    before = files(tmp_path)
    arguments, message = BAD_TRAINING[case]
    status, output, errors = run("train", *arguments)
    assert status == 1
    assert message in errors.replace(f"{tmp_path}/", "")
    assert "Remedy:" in errors
    assert "Traceback" not in errors + output
    assert files(tmp_path) - {"runs"} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["translate", "nowhere"], "no model here"),
        (["evaluate", "nowhere"], "no model here"),
        (
            ["distill", "teacher", "--resume", "runs/x", "--beam", "5"],
            "teacher, --beam cannot be given beside --resume",
        ),
        (["describe", "nowhere"], "no such recipe file or preset"),
        (["demo", "--from", "xx"], "no locale data for the language `xx`"),
        (["demo", "--from", "fr", "--to", "fr"], "both `fr`"),
        (["demo", "tags", "--from", "fr"], "--from fr is a language to translate"),
    ],
)
def test_other_bad_input(arguments: list[str], message: str, run, tmp_path: Path) -> None:
    status, _, errors = run(*arguments)
    assert status == 1
    assert message in errors
    assert not list(tmp_path.iterdir())


def test_bad_input_to_translate(run, model: Path, tmp_path: Path) -> None:
    status, _, errors = run("translate", model, stdin=b"fine\nna\xefve\n")
    assert status == 1
    assert "standard input:2: not UTF-8: byte 0xef" in errors
    status, _, errors = run("translate", model, "--input", "gone.txt")
    assert status == 1
    assert "gone.txt" in errors
    status, _, errors = run("translate", model, "--device", "tpu")
    assert status == 1
    assert "tpu" in errors


def test_a_reader_that_goes_away(model: Path) -> None:
    command = f"yes a | head -20000 | {sys.executable} -m dragoman translate {model} --beam 1 | head -1"
    shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in shown.stderr


def catalogue(folder: Path) -> Path:
    """A project's translations: nested JSON files by language, in a folder."""
    texts = {"en": ("Set up {}", "The {} is ready"), "de": ("{} einrichten", "{} ist bereit")}
    for language, forms in texts.items():
        path = folder / "app" / "translations" / f"{language}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        things = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}{{name}}" for n in range(60)]
        entries = {
            f"key{n}": {"first": forms[0].format(thing), "second": forms[1].format(thing)}
            for n, thing in enumerate(things)
        }
        path.write_text(json.dumps(entries))
    return folder / "app"


SMALL = ["updates=2", "schedule.warmup=1", "validate_every=2", "batch.tokens=99", "threads=1"]


def small_settings() -> list[str]:
    settings = [f"training.{setting}" for setting in SMALL] + ["tokenizer.vocabulary_size=400"]
    settings += [f"model.{side}.{part}=16" for side in ("encoder", "decoder") for part in ("width", "feed_forward")]
    return [part for setting in settings for part in ("--set", setting)]


def test_train_on_a_catalogue(run, tmp_path: Path) -> None:
    folder = catalogue(tmp_path)
    status, output, errors = run("train", "--catalogue", folder, "--from", "en", "--to", "de", *small_settings())
    assert status == 0, errors
    report = json.loads((tmp_path / "runs/en-de-auto/dataset/report.json").read_text())
    assert report["cleaning"]["train"]["read"] == 120
    assert "placeholders" in output


def test_train_on_several_corpora_keeps_them_apart(run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        rows = frame("reversal", 80, longest=6, seed=len(name) + ord(name[0]))
        (tmp_path / f"{name}.jsonl").write_text(
            "".join(
                json.dumps({"source": s, "target": t}) + "\n"
                for s, t in zip(rows["source"], rows["target"], strict=True)
            )
        )
    status, output, errors = run("train", "--corpus", "one.jsonl", "--corpus", "two.jsonl", *small_settings())
    assert status == 0, errors
    assert any(line.startswith("one ") for line in output.splitlines())
    assert any(line.startswith("two ") for line in output.splitlines())
    card = (tmp_path / "runs/en-de-auto/best/card.md").read_text()
    assert "one: one.jsonl; two: two.jsonl" in card


def test_clean(run, tmp_path: Path) -> None:
    lines(tmp_path / "a.en", "A red house", "A green house", "Never translated at all, sorry", "A red house")
    lines(tmp_path / "a.de", "Ein rotes Haus", "", "Never translated at all, sorry", "Ein rotes Haus")
    status, output, errors = run("clean", "--source", "a.en", "--target", "a.de", "--output", "out")
    assert status == 0, errors
    assert "kept 1 of 4 pairs" in output
    for part in ("empty", "copied", "duplicate", "a.en:3"):
        assert part in output
    assert (tmp_path / "out" / "clean.de").read_text() == "Ein rotes Haus\n"
    assert run("clean", "--output", "other")[0] == 1


def test_clean_reads_catalogues_by_pattern_and_remarks_other_regions(run, tmp_path: Path) -> None:
    message = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "{0}"\nmsgstr "{1}"\n'
    choices = "{n, plural, one {# %s} other {# %s}}"
    for name, source, target in (
        ("a", "A red house", "Uma casa vermelha"),
        ("b", choices % ("green house", "green houses"), choices % ("casa verde", "casas verdes")),
    ):
        folder = tmp_path / name / "pt_PT"
        folder.mkdir(parents=True)
        (folder / f"{name}.po").write_text(message.replace("{0}", source).replace("{1}", target), encoding="utf-8")
    files = [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.glob("*/pt_PT/*.po"))]
    languages = ("--from", "en", "--to", "pt-BR")
    for output, given in (("one", ["--corpus", *files]), ("two", ["--corpus", "*/pt_PT/*.po"])):
        status, said, errors = run("clean", *given, *languages, "--output", output)
        assert status == 0, errors
        assert "train, a: kept 1 of 1 pairs" in said
        assert "train, b: kept 2 of 2 pairs" in said
    assert (tmp_path / "one" / "clean.pt-BR").read_text() == (tmp_path / "two" / "clean.pt-BR").read_text()
    status, said, errors = run("clean", "--catalogue", "a", *languages, "--output", "three")
    remark = "a: there is nothing in pt-BR itself; pt_PT is taken for it"
    assert remark in said, errors
    assert json.loads((tmp_path / "three" / "report.json").read_text())["corpora"]["a"]["remarks"] == [remark]


def wheel(folder: Path) -> Path:
    """A wheel with a catalogue, as pip fetches it."""
    path = folder / "homeassistant-2024.1.0-py3-none-any.whl"
    root = catalogue(folder / "made")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.json")):
            archive.write(file, f"homeassistant/components/x/translations/{file.name}")
        archive.writestr("homeassistant-2024.1.0.dist-info/METADATA", "Metadata-Version: 2.1\nVersion: 2024.1.0\n")
    return path


def test_a_ready_made_corpus_trains_and_names_its_terms(run, tmp_path: Path) -> None:
    status, output, errors = run("corpus", "home-assistant", "--to", "de", "--wheel", wheel(tmp_path))
    assert status == 0, errors
    assert "Apache-2.0" in output
    assert "120 pairs" in output
    recipe = tmp_path / "corpora/home-assistant-en-de/recipe.toml"
    status, _, errors = run("train", recipe, "--output", "run", *small_settings())
    assert status == 0, errors
    card = (tmp_path / "run/best/card.md").read_text()
    assert "Apache-2.0" in card
    assert "2024.1.0" in card
    facts = json.loads((tmp_path / "run/dataset/report.json").read_text())["corpora"]["home-assistant"]
    assert facts["licence"] == "Apache-2.0"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["esperanto"], "no ready-made corpus"),
        (["home-assistant", "--wheel", "gone.whl"], "gone.whl"),
        (["home-assistant", "--wheel", "plain.whl"], "not a wheel"),
    ],
)
def test_a_ready_made_corpus_that_cannot_be_had(run, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "plain.whl").write_text("not a zip")
    before = files(tmp_path)
    status, _, errors = run("corpus", *arguments)
    assert status == 1
    assert message in errors
    assert "Remedy" in errors
    assert files(tmp_path) - before <= {"corpora"}

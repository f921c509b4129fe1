"""A library that is not installed: what needs it says so with the remedy, and all else works."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dragoman.diagnosis.machine.software import within
from dragoman.errors import MissingDependencyError
from dragoman.optional import languages, pictures, plots
from dragoman.optional.extra import CTRANSLATE2, EXTRAS, LANGUAGES, PICTURES, PLOTS, Extra

REPOSITORY = Path(__file__).parents[2]
WITHOUT = """
import io, json, sys
from types import SimpleNamespace
for name in sys.argv[1].split(","):
    sys.modules[name] = None
from dragoman.cli.main import main
found = []
for command in json.loads(sys.argv[2]):
    sys.argv = ["dragoman", *command]
    sys.stdin = SimpleNamespace(buffer=io.BytesIO(b"a b\\n"))
    told, sys.stderr = sys.stderr, io.StringIO()
    try:
        main()
    except SystemExit as end:
        found.append([end.code, sys.stderr.getvalue()])
    sys.stderr = told
print("RESULT", json.dumps(found))
"""
SMALL = [
    *("--set", "training.updates=2", "--set", "training.threads=1", "--set", "training.precision=float32"),
    *("--set", "tokenizer.vocabulary_size=300", "--set", "data.validation_pairs=5", "--set", "data.test_pairs=5"),
    *("--set", "model.encoder.layers=1", "--set", "model.encoder.width=16", "--set", "model.encoder.heads=2"),
    *("--set", "model.decoder.layers=1", "--set", "model.decoder.width=16", "--set", "model.decoder.heads=2"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Each command's exit status and standard error, where no extra is installed."""
    folder = tmp_path_factory.mktemp("without")
    lines = [f"{'abcdef'[n % 6]} {'uvwxyz'[n % 5]} {n}" for n in range(40)]
    for name in ("a.en", "a.de"):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    data = ["tiny", "--source", "a.en", "--target", "a.de", "--from", "en", "--to", "de"]
    lenient = ["--set", "cleaning.copies=false", "--set", "cleaning.language=false"]
    best = "made/best"
    commands = {
        "needs languages": ["train", *data, *SMALL, "--output", "refused"],
        "train": ["train", *data, *SMALL, *lenient, "--output", "made"],
        "translate": ["translate", best, "--output", "out.txt"],
        "needs ctranslate2": ["translate", best, "--engine", "ctranslate2", "--output", "out2.txt"],
        "export": ["export", best, "--to", "ctranslate2", "--output", "exported"],
        "diagnose": ["diagnose", "stability", "made"],
        "needs pictures": ["train", "reader", "--text", "a.de", "--to", "de", "--output", "reader"],
        "doctor": ["doctor", "--no-measure"],
    }
    modules = ",".join(module for extra in EXTRAS for module in extra.modules)
    script = [sys.executable, "-c", WITHOUT, modules, json.dumps(list(commands.values()))]
    run = subprocess.run(script, cwd=folder, capture_output=True, text=True, check=True)
    results = json.loads(run.stdout.rpartition("RESULT ")[2])
    return {name: (status, errors) for name, (status, errors) in zip(commands, results, strict=True)}


@pytest.mark.parametrize(
    ("command", "extra", "otherwise"),
    [
        ("needs languages", LANGUAGES, "cleaning.language=false"),
        ("needs ctranslate2", CTRANSLATE2, "--engine torch"),
        ("export", CTRANSLATE2, ""),
        ("needs pictures", PICTURES, ""),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(found, command: str, extra: Extra, otherwise: str) -> None:
    status, errors = found[command]
    assert status == 1
    assert f"run `pip install 'dragoman[{extra.name}]'`" in errors
    assert otherwise in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("command", ["train", "translate", "diagnose", "doctor"])
def test_what_does_not_need_it_works(found, command: str) -> None:
    assert found[command][0] == 0, found[command][1]


def test_a_run_without_pictures_says_so_once(found) -> None:
    assert found["train"][1].count("nothing is drawn: drawing pictures needs the package matplotlib") == 1
    assert "nothing is drawn" not in found["diagnose"][1]


def test_each_extra_is_one_of_the_package() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert {extra.name for extra in EXTRAS} | {"all", "dev"} == set(extras)
    assert extras["all"] == [f"dragoman[{','.join(name for name in extras if name not in ('all', 'dev'))}]"]
    assert "dragoman[all]" in extras["dev"]
    core = " ".join(project["dependencies"])
    for extra in EXTRAS:
        for package in extras[extra.name]:
            assert re.split("[<>=]", package)[0] not in core


def test_both_ends_of_pytorch_are_tested_and_the_readme_installs_one_between() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (limits,) = (text.removeprefix("torch") for text in project["dependencies"] if re.match("torch[<>=]", text))
    script = (REPOSITORY / ".ci" / "versions").read_text(encoding="utf-8")
    lowest, newest = re.search(r"ENDS=\((\S+) (\S+)\)", script).groups()
    assert limits == f">={lowest.removesuffix('.0')},<2.{int(newest.split('.')[1]) + 1}"
    for file in ("README.md", "CONTRIBUTING.md", ".ci/run"):
        text = (REPOSITORY / file).read_text(encoding="utf-8")
        for installed in re.findall(r"torch==([\d.]+)", text):
            assert within(installed, limits), file
        assert "-e '.[dev]'" in text or "--editable '.[dev]'" in text, file


def test_one_place_imports_them() -> None:
    modules = "|".join(module for extra in EXTRAS for module in extra.modules)
    for file in (REPOSITORY / "dragoman").rglob("*.py"):
        if file.parent.name != "optional":
            assert not re.search(rf"^ *(?:import|from) (?:{modules})\b", file.read_text(encoding="utf-8"), re.M), file


@pytest.mark.parametrize(
    ("module", "name", "extra"),
    [(plots, "Figure", PLOTS), (pictures, "Image", PICTURES), (languages, "Language", LANGUAGES)],
)
def test_a_name_is_imported_when_it_is_asked_for(module, name: str, extra: Extra, monkeypatch) -> None:
    assert getattr(module, name)
    assert extra.missing() == ()
    for missing in [one for one in sys.modules if one.split(".")[0] in extra.modules]:
        monkeypatch.delitem(sys.modules, missing)
    for missing in extra.modules:
        monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingDependencyError, match=rf"dragoman\[{extra.name}\]"):
        getattr(module, name)
    assert extra.missing() == extra.modules
    with pytest.raises(AttributeError):
        module.nothing  # noqa: B018


def test_nothing_is_a_picture_of_pillow_where_pillow_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = pictures.Image.new("L", (1, 1))
    assert isinstance(picture, pictures.OpenedPicture)
    assert not isinstance("a.png", pictures.OpenedPicture)
    monkeypatch.delitem(sys.modules, "PIL.Image")
    assert not isinstance(picture, pictures.OpenedPicture)

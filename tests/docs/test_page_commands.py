"""Every command and every piece of code that the pages show: it is run on tiny data, or at least understood.

Each page stands in ``MODELS`` with the models that it takes for granted. What cannot be run here stands in ``PARSED``
or ``OTHERS``, with the reason; a command that stands nowhere is run, so that nothing is passed over in silence.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

import dragoman.cli.main
from dragoman.cli.main import app, main
from dragoman.recipe import load_recipe, recipe_from

sys.path.insert(0, str(Path(__file__).parent))
from blocks import PAGES, Command, blocks, commands, prose
from workspace import draw_nothing, fill, shrink_presets

COMMANDS = typer.main.get_command(app)
MODELS = {
    "CHANGELOG.md": (),
    "CONTRIBUTING.md": (),
    "README.md": ("runs/mine", "runs/reader", "runs/prices"),
    "docs/adapt.md": ("runs/mine",),
    "docs/compare.md": ("runs/one", "runs/two", "runs/three"),
    "docs/data.md": (),
    "docs/diagnosis.md": ("runs/mine",),
    "docs/explain.md": (
        "runs/mine",
        "runs/de-language-model",
        "runs/prices",
        "runs/text-label",
        "runs/text-tags",
        "runs/reader",
    ),
    "docs/glossary.md": (),
    "docs/language-models.md": ("runs/mine", "runs/de-language-model"),
    "docs/layout.md": (),
    "docs/models.md": ("runs/mine",),
    "docs/monitor.md": ("runs/mine",),
    "docs/pictures-tables-labels.md": ("runs/fr-en-tiny", "runs/reader", "runs/text-label", "runs/text-tags"),
    "docs/search.md": ("runs/mine",),
    "docs/shift.md": ("runs/mine", "runs/text-label", "runs/prices"),
    "docs/speed-engineering.md": (),
    "docs/speed.md": ("runs/mine",),
    "docs/terminology.md": ("runs/mine",),
    "docs/using.md": ("runs/mine",),
}
TRAINED = {
    "runs/mine": "tiny --source train.en --target train.de --from en --to de",
    "runs/de-language-model": "language-model --text corpus.de --to de --set tokenizer.model=runs/mine/best",
    "runs/reader": "reader --text corpus.de --to de",
    "runs/prices": "row-number --corpus houses.csv --columns price",
    "runs/text-label": "text-label --text en=a.en --text de=a.de",
    "runs/text-tags": "text-tags --corpus names.conll",
}
SAME = dict.fromkeys(("runs/one", "runs/two", "runs/three", "runs/fr-en-tiny"), "runs/mine")
SMALLER = {
    "--search exact": "--search exact --expansions 2",
    "adapt runs/mine": "adapt runs/mine --set training.updates=2 --set training.optimizer.learning_rate=0.001",
    "--search-report": "--search-report --expansions 2",
    "training.updates=20000": "training.updates=4",
    "--tokens 5000000": "--tokens 300",
    "doctor": "doctor --no-measure",
    "generate": "generate --longest 5",
}
PARSED = {
    "dragoman train auto --minutes 10": "it times updates; the tests of budgets run it with a clock of their own",
    "dragoman demo": "the tests of the demo run it",
    "dragoman translate runs/mine/best --input huge.txt --output huge.de.txt --resume": "the tests of faults kill it",
    "dragoman explain runs/reader/best --image photo.png --propose": "the photo of these tests holds one letter",
    "dragoman adapt --resume": "the tests of the adaptation interrupt one and go on with it",
    "dragoman diagnose fit runs/demo": "the page shows what it prints of the demo's run",
    "dragoman diagnose fit runs/mine --probe 20": "the tests of the diagnosis run its experiments",
    "dragoman diagnose shift": "models here hold out too few examples; tests/cli/test_diagnose_shift.py runs it",
    "dragoman train tiny --source train.en --target train.de --from en --to de --weights": "there are no weights here",
    "dragoman diagnose capacity": "the tests of the diagnosis run its grid",
    "torchrun --nproc-per-node 2 -m dragoman": "the tests of training start two processes",
}
OTHERS = {
    "python3 -m venv .venv": "installing",
    ". .venv/bin/activate": "installing",
    "pip install": "installing; tests/optional reads what",
    "python -m pytest": "these tests",
    "ruff": "a check of CI",
    "mypy": "a check of CI",
}


@pytest.fixture(scope="module")
def patch() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Path:
    """All files that the pages name, and the models in ``TRAINED``."""
    folder = tmp_path_factory.mktemp("workspace")
    fill(folder)
    shrink_presets(patch, tmp_path_factory.mktemp("package"))
    draw_nothing(patch)
    patch.setattr(dragoman.cli.main, "app", COMMANDS)
    patch.chdir(folder)
    for output, arguments in TRAINED.items():
        call(["train", *shlex.split(arguments), "--output", output])
    return folder


def call(arguments: list[str], stdin: bytes = b"") -> None:
    """Run the command line in this process; it has to succeed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dragoman", *arguments])
        patch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            main()
    assert end.value.code in (0, None), shlex.join(arguments)


def parse(arguments: list[str]) -> None:
    """See to it that the command and its options exist, without running it."""
    command: Any = COMMANDS
    context = None
    while True:
        context = command.make_context(command.name, list(arguments), parent=context)
        if not hasattr(command, "commands"):
            return
        _, command, arguments = command.resolve_command(context, [*context._protected_args, *context.args])


def listed(command: Command, table: dict[str, str]) -> bool:
    text = " ".join(command.words)
    return any(text == start or text.startswith(f"{start} ") for start in table)


def test_every_page_with_commands_is_known() -> None:
    assert {page for page in PAGES if not page.startswith("docs/benchmarks/")} == set(MODELS)


def test_nothing_is_excused_that_no_page_shows() -> None:
    shown = [command for page in PAGES for command in commands(page)]
    for start in (*PARSED, *OTHERS):
        assert any(listed(command, {start: ""}) for command in shown), start


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_every_command_is_understood(page: str) -> None:
    for command in commands(page):
        if command.words[0] != "dragoman" and not listed(command, PARSED):
            assert listed(command, OTHERS), f"{page}: {command}"
            continue
        parse(list(command.words[command.words.index("dragoman") + 1 :]))


@pytest.mark.parametrize("page", [page for page in MODELS if commands(page)])
def test_every_command_runs(page: str, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = _copied(workspace, tmp_path, MODELS[page])
    monkeypatch.chdir(place)
    for number, command in enumerate(commands(page)):
        if not listed(command, PARSED) and not listed(command, OTHERS):
            stdin = (place / command.input).read_bytes() if command.input else b""
            call(_shortened(command, place, number), stdin)


@pytest.mark.parametrize("page", [page for page in MODELS if blocks(page, "python")])
def test_all_code_runs(page: str, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_copied(workspace, tmp_path, MODELS[page]))
    for block in blocks(page, "python"):
        exec(compile(block, page, "exec"), {"__name__": page})


@pytest.mark.parametrize("page", [page for page in MODELS if blocks(page, "toml")])
def test_every_recipe_is_valid(page: str) -> None:
    for block in blocks(page, "toml"):
        recipe_from(tomllib.loads(block))


@pytest.mark.parametrize("page", PAGES)
def test_commands_within_sentences_exist(page: str) -> None:
    for text in re.findall(r"`dragoman ([a-z][^`]*)`", prose(page).replace("\n", " ")):
        words = [word for word in text.split() if word not in "<>…"]
        names = [word for word in words if re.fullmatch("[a-z]+", word)]
        command: Any = COMMANDS
        while hasattr(command, "commands") and names:
            assert names[0] in command.commands, f"{page}: `dragoman {text}`"
            command = command.commands[names.pop(0)]
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        used = {word for word in words if word.startswith("--")}
        assert used <= options | {"--help", "--version"}, f"{page}: `dragoman {text}`"


def test_settings_within_sentences_exist() -> None:
    for page in PAGES:
        for setting in re.findall(r"--set ([a-z_]+(?:\.[a-z_]+)+)=", prose(page)):
            section: Any = load_recipe("tiny")
            for name in setting.split("."):
                if name in ("kind", "encoder", "decoder"):
                    break
                assert hasattr(section, name), f"{page}: {setting}"
                section = getattr(section, name)


def _copied(workspace: Path, folder: Path, models: tuple[str, ...]) -> Path:
    place = folder / "place"
    shutil.copytree(workspace, place, ignore=shutil.ignore_patterns("runs"))
    for name in models:
        shutil.copytree(workspace / SAME.get(name, name), place / name)
    return place


def _shortened(command: Command, place: Path, number: int) -> list[str]:
    """The same, but shorter; training goes to a folder that is not there yet."""
    text = shlex.join(command.words[1:])
    for long, short in SMALLER.items():
        text = re.sub(rf"(?<!\S){re.escape(long)}(?!\S)", short, text)
    arguments = shlex.split(text)
    if arguments[0] in ("train", "distill", "compare") and "--resume" not in arguments:
        if "--output" in arguments:
            shutil.rmtree(place / arguments[arguments.index("--output") + 1], ignore_errors=True)
        else:
            arguments += ["--output", f"made/{number}"]
    return arguments

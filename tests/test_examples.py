"""Every example in a docstring does what it says; shapes in signatures are checked meanwhile."""

from __future__ import annotations

import ast
import doctest
import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

from dragoman.recipe import recipe_from
from dragoman.training.run import train

sys.path.insert(0, str(Path(__file__).parent / "training"))
from toy import frame, recipe

PACKAGE = Path(__file__).parents[1] / "dragoman"
MODULES = [module for module in sorted(PACKAGE.rglob("*.py")) if ">>> " in module.read_text(encoding="utf-8")]


def examples_in(module: Path) -> Iterator[doctest.DocTest]:
    """The docstrings with examples, found in the source: what decorates a function would hide it from `doctest`."""
    name = ".".join(module.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    names = vars(importlib.import_module(name))
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text and ">>> " in text:
                line = node.body[0].lineno - 1
                yield doctest.DocTestParser().get_doctest(
                    text, dict(names), getattr(node, "name", name), str(module), line
                )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what examples name: a translator's run and a language model's, as short as they can be."""
    folder = tmp_path_factory.mktemp("examples")
    train(recipe(updates=6, validate_every=3), folder / "runs" / "demo", train=frame("copy", 80))
    alone = {"encoder": {"kind": "none"}, "decoder": {"kind": "gru", "width": 16}}
    values = {**recipe(updates=6, validate_every=3).model_dump(exclude={"model"}), "model": alone}
    lines = pd.DataFrame({"text": frame("copy", 80)["source"]})
    train(recipe_from(values), folder / "runs" / "text", train=lines)
    for side in ("source", "target"):
        (folder / f"test.{side}").write_text("\n".join(frame("copy", 30, seed=1)[side]) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_examples_do_what_they_say(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if "runs/" in module.read_text(encoding="utf-8"):
        shutil.copytree(request.getfixturevalue("runs"), tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    with torch.random.fork_rng(devices=[]):
        for example in examples_in(module):
            torch.manual_seed(1)
            runner.run(example, out=report.append)
    assert not runner.failures, "".join(report)
    assert runner.tries, f"no docstring of {module.name} has the examples that stand in it"

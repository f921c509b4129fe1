"""Every example in a docstring does what it says; shapes in signatures are checked meanwhile."""

from __future__ import annotations

import ast
import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

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


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_examples_do_what_they_say(module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    with torch.random.fork_rng(devices=[]):
        for example in examples_in(module):
            torch.manual_seed(1)
            runner.run(example, out=report.append)
    assert not runner.failures, "".join(report)
    assert runner.tries, f"no docstring of {module.name} has the examples that stand in it"

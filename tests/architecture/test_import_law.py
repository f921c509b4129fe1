"""The house: who may import whom, and no cycles. `docs/layout.md` says why."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "dragoman"
MODULES = sorted(PACKAGE.rglob("*.py"))

# What every room may import: the contracts, the errors, and the foundation that writes folders safely.
FOUNDATION = {"contracts", "errors", "optional", "storage", "__init__"}
LAW: dict[str, set[str]] = {
    "contracts": {"errors"},
    "errors": set(),
    "storage": {"errors"},
    "optional": {"errors"},
    "recipe": {"reports"},
    "presets": set(),
    "text": {"native"},
    "native": set(),
    "layers": {"native"},
    "images": set(),
    "fields": {"images", "text"},
    "search": {"native"},
    "evaluation": {"reports", "text"},
    "shift": set(),
    "encoders": {"layers"},
    "decoders": {"layers", "native"},
    "data": {"progress", "reports", "fields", "images", "text", "recipe", "native"},
    "model": {"encoders", "decoders", "layers", "fields", "text", "recipe", "native"},
    "alignment": {"data", "text"},
    "plan": {"model", "encoders", "decoders", "layers"},
    "export": {"plan", "model", "encoders", "decoders", "layers", "alignment", "text", "recipe"},
    "predict": {
        "plan",
        "encoders",
        "progress",
        "reports",
        "evaluation",
        "export",
        "alignment",
        "model",
        "search",
        "data",
        "fields",
        "text",
        "recipe",
        "native",
    },
    "tasks": {
        "alignment",
        "plan",
        "progress",
        "reports",
        "predict",
        "evaluation",
        "model",
        "data",
        "fields",
        "text",
        "recipe",
        "export",
    },
    "reference": {
        "tasks",
        "predict",
        "search",
        "model",
        "data",
        "fields",
        "text",
        "recipe",
        "progress",
        "reports",
    },
    "assessment": {
        "plan",
        "alignment",
        "export",
        "native",
        "progress",
        "reports",
        "predict",
        "evaluation",
        "model",
        "data",
        "fields",
        "text",
        "recipe",
        "tasks",
    },
    "explanation": {
        "progress",
        "reports",
        "tasks",
        "predict",
        "alignment",
        "model",
        "search",
        "data",
        "fields",
        "images",
        "native",
        "text",
        "recipe",
    },
    "embeddings": {"data", "model", "layers", "text"},
    "training": {
        "embeddings",
        "reference",
        "tasks",
        "assessment",
        "progress",
        "reports",
        "predict",
        "evaluation",
        "model",
        "decoders",
        "layers",
        "data",
        "fields",
        "text",
        "recipe",
        "native",
    },
    "comparison": {
        "progress",
        "reports",
        "tasks",
        "assessment",
        "training",
        "predict",
        "evaluation",
        "model",
        "data",
        "fields",
        "recipe",
    },
    "distillation": {
        "tasks",
        "assessment",
        "progress",
        "reports",
        "comparison",
        "training",
        "predict",
        "evaluation",
        "model",
        "data",
        "text",
        "recipe",
    },
    "adaptation": {
        "tasks",
        "assessment",
        "progress",
        "reports",
        "training",
        "evaluation",
        "model",
        "data",
        "fields",
        "text",
        "recipe",
        "native",
    },
    "reports": set(),
    "progress": set(),
    "diagnosis": {
        "shift",
        "assessment",
        "reference",
        "text",
        "tasks",
        "progress",
        "reports",
        "training",
        "predict",
        "evaluation",
        "model",
        "data",
        "fields",
        "recipe",
        "native",
    },
    "monitoring": {
        "progress",
        "shift",
        "reference",
        "predict",
        "model",
        "data",
        "fields",
        "text",
        "recipe",
        "reports",
    },
    "cli": {
        "reference",
        "monitoring",
        "tasks",
        "assessment",
        "explanation",
        "progress",
        "reports",
        "diagnosis",
        "shift",
        "native",
        "adaptation",
        "distillation",
        "comparison",
        "training",
        "predict",
        "export",
        "alignment",
        "evaluation",
        "model",
        "data",
        "fields",
        "images",
        "text",
        "recipe",
    },
}


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(module: Path) -> set[str]:
    """Dotted names of the package's modules that this one imports anywhere, type-checking blocks included."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            if node.module.split(".")[0] == "dragoman":
                found.add(node.module)
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name.split(".")[0] == "dragoman")
    return found


def test_every_room_stands_in_the_law() -> None:
    rooms = {room_of(module) for module in MODULES} - {"__init__", "__main__"}
    assert rooms <= set(LAW)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_imports_obey_the_law(module: Path) -> None:
    room = room_of(module)
    if room in ("__init__", "__main__"):
        return
    allowed = LAW[room] | {room} | (FOUNDATION if room not in ("contracts", "errors", "optional", "storage") else set())
    imported = {name.split(".")[1] for name in imports_of(module) if "." in name and name != "dragoman.__version__"}
    assert imported <= allowed, f"{room} may not import {sorted(imported - allowed)}"


def test_no_cycles_between_modules() -> None:
    names = {
        ".".join(m.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): m for m in MODULES
    }
    graph = {name: imports_of(module) & set(names) - {name} for name, module in names.items()}
    del graph["dragoman"]  # the public face imports lazily
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join((*path, name))
        if name not in done and name in graph:
            for other in sorted(graph[name] - {"dragoman"}):
                # A package's own __init__ re-exports its modules; that is no dependency of theirs.
                if not name.startswith(f"{other}."):
                    visit(other, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_every_name_is_defined() -> None:
    """What linters and type checkers pass over because the axes of shapes look like names without a definition."""
    command = [sys.executable, "-m", "ruff", "check", "--select", "F821", "--output-format", "json", "--exit-zero"]
    run = subprocess.run([*command, str(PACKAGE)], capture_output=True, text=True, check=True)
    places: dict[str, set[tuple[int, int]]] = {}
    for fault in json.loads(run.stdout):
        at = fault["location"]
        places.setdefault(fault["filename"], set()).add((at["row"], at["column"] - 1))
    undefined = [
        f"{file}:{node.lineno}: {node.id}"
        for file, found in places.items()
        for node in _outside_of_annotations(ast.parse(Path(file).read_text(encoding="utf-8")))
        if (node.lineno, node.col_offset) in found
    ]
    assert not undefined


def _outside_of_annotations(tree: ast.AST) -> Iterator[ast.Name]:
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.Name):
                yield node
            if isinstance(node, ast.AST):
                yield from _outside_of_annotations(node)


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    names = {part for module in MODULES for part in module.relative_to(PACKAGE).with_suffix("").parts}
    assert not names & {"utils", "util", "helpers", "common", "misc"}


@pytest.mark.parametrize("statement", ["import dragoman", "import dragoman.cli.main"])
def test_import_loads_nothing_heavy(statement: str) -> None:
    script = f"{statement}; import sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"torch", "pandas", "numpy", "pyarrow", "matplotlib", "sacrebleu", "tokenizers", "babel", "safetensors"}
    assert not heavy & set(run.stdout.split())

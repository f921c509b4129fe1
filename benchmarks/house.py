"""How simple the package is built, in counts that are taken from its syntax, not from its letters.

    python benchmarks/house.py                                 # counted now, beside what was recorded before
    python benchmarks/house.py --list "asks for a kind"        # the places of one count
    python benchmarks/house.py --package DIR --revision NAME   # record those of another working tree

What counts:

- *asks for a kind*: outside ``tasks/`` and ``recipe/``, each comparison with ``reads`` or ``says``, which are called
  ``input_kind`` and ``output_kind`` now, or with what ``kind_of`` gives (variable or attribute, alone or in a tuple),
  each look-up by one of them (``table[model.reads]``, ``table.get(says)``, ``match model.says``,
  ``READERS[reads, says]``), each reading of ``is_translator`` or ``is_language_model``, each ``isinstance``,
  ``issubclass`` or ``case`` of a field: see :data:`FIELDS`.
- *asks for an object's kind*: each ``isinstance``, ``issubclass`` or ``case`` there of another class that only some
  kinds of models have an object of: see :data:`OBJECTS`.
- *cast*: each call of ``typing.cast``.
- *Any in signatures*: each parameter and each return of a function whose annotation has ``Any`` in it; *but in JSON*:
  those of them where it is not the value of a ``dict`` or ``Mapping`` from ``str``.
- *lines*, *modules*: of Python files in the package, blank lines included.
- *lines of code*: those of them that have more than a comment, or a text that stands by itself, such as a docstring.
- *shared runs*: each text of six lines or more that stands in two files alike; the longest for each two files, and each
  text once. Blank lines, comments, imports and lines of brackets alone are passed over.
- *entries without a subject*: each docstring, and each entry of ``Args``, ``Attributes``, ``Returns`` or ``Raises``,
  that begins with one of the words of :data:`NO_SUBJECT`.
- *without an example*: each public class and function of a module, those of the command line aside, that has no ``>>>``
  in its docstring or, of a class, in that of a method.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "dragoman"
RESULT = Path(__file__).parent / "results" / "house.json"

FIELDS = re.compile(r"\w*Field|Codec")
"""Names of the classes that turn a raw text, picture, row, label or number into numbers."""
OBJECTS = re.compile(
    r"NoEncoderRecipe|LabelDecoderRecipe|NumberDecoderRecipe"  # what a recipe says of its kind
    r"|LanguageModel|EncoderDecoder|\w*Task|\w+Report"  # models, tasks, and what was measured of them
    r"|Grid\w+|TextBatch|Batch|Pictures|Rows|Labels|Numbers|Tags|PictureSize|RowSize"  # datasets and batches
)
"""Names of other classes of which only some kinds of models have an object."""
SIDES = {"reads", "says", "_reads", "_says", "input_kind", "output_kind", "kind_of"}
PROPERTIES = {"is_translator", "is_language_model"}
NO_SUBJECT = {"of", "as", "its", "that", "likewise"}
LONGEST_UNSHARED = 5

Place = tuple[Path, int]


def modules_in(package: Path) -> list[Path]:
    """The Python files of a package, in order."""
    return sorted(package.rglob("*.py"))


def _nodes(package: Path, without: tuple[str, ...] = ()) -> Iterator[tuple[Path, ast.AST]]:
    for module in modules_in(package):
        if module.relative_to(package).parts[0] not in without:
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                yield module, node


def questions_for_a_kind(package: Path) -> list[Place]:
    """Where somebody asks what kind a model is."""
    found = _nodes(package, without=_MAY_ASK)
    return [(module, node.lineno) for module, node in found if _asks_for_a_side(node) or _asks_for(FIELDS, node)]


def questions_for_an_object(package: Path) -> list[Place]:
    """Where somebody asks which class an object has, and so what kind of model it belongs to."""
    found = _nodes(package, without=_MAY_ASK)
    return [(module, node.lineno) for module, node in found if _asks_for(OBJECTS, node) and not _asks_for(FIELDS, node)]


_MAY_ASK = ("tasks", "recipe")


def _asks_for_a_side(node: ast.AST) -> bool:
    match node:
        case ast.Compare():
            return any(map(_is_side, (node.left, *node.comparators)))
        case ast.Subscript(slice=key) | ast.Match(subject=key):
            return _is_side(key)
        case ast.Call(func=ast.Attribute(attr="get"), args=[key, *_]):
            return _is_side(key)
        case ast.Attribute(attr=name, ctx=ast.Load()):
            return name in PROPERTIES
    return False


def _asks_for(classes: re.Pattern[str], node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, wanted]) | ast.MatchClass(cls=wanted):
            return any(classes.fullmatch(_name(part)) for part in ast.walk(wanted))
    return False


def _is_side(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return any(map(_is_side, node.elts))
    return _name(node) in SIDES


def _name(node: ast.AST) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def casts(package: Path) -> list[Place]:
    """Calls of ``cast``."""
    return [
        (module, node.lineno)
        for module, node in _nodes(package)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("cast", "typing.cast")
    ]


def any_in_signatures(package: Path) -> list[Place]:
    """Parameters and returns that may be anything, or hold it."""
    return [(module, annotation.lineno) for module, annotation in _annotations_in(package) if _has_any(annotation)]


def any_but_in_json(package: Path) -> list[Place]:
    """Those of them that are not what JSON holds."""
    found = _annotations_in(package)
    return [(module, annotation.lineno) for module, annotation in found if _has_any(_without_json(annotation))]


def _has_any(annotation: ast.AST) -> bool:
    return any(_name(part) == "Any" for part in ast.walk(annotation))


def _without_json(annotation: ast.expr) -> ast.AST:
    text = re.sub(r"\b(dict|Mapping)\[str, Any\]", "object", ast.unparse(annotation))
    return ast.parse(text, mode="eval")


def _annotations_in(package: Path) -> Iterator[tuple[Path, ast.expr]]:
    for module, node in _nodes(package):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from ((module, annotation) for annotation in _annotations(node))


def _annotations(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    given = function.args
    parameters = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
    for parameter in parameters:
        if parameter is not None and parameter.annotation is not None:
            yield parameter.annotation
    if function.returns is not None:
        yield function.returns


def lines(package: Path) -> list[Place]:
    """All lines."""
    return [
        (module, number + 1)
        for module in modules_in(package)
        for number in range(len(module.read_text(encoding="utf-8").splitlines()))
    ]


def lines_of_code(package: Path) -> list[Place]:
    """Lines with something to be executed on them."""
    found = []
    for module in modules_in(package):
        text = module.read_text(encoding="utf-8")
        said = {
            number
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        for number, line in enumerate(text.splitlines(), start=1):
            if number not in said and line.strip() and not line.lstrip().startswith("#"):
                found.append((module, number))
    return found


def modules(package: Path) -> list[Place]:
    """All files."""
    return [(module, 1) for module in modules_in(package)]


def shared_runs(package: Path) -> list[Place]:
    """The first place of each text that two files share."""
    size = LONGEST_UNSHARED + 1
    texts = {module: _telling_lines(module) for module in modules_in(package)}
    homes: dict[tuple[str, ...], list[tuple[Path, int]]] = defaultdict(list)
    for module, found in texts.items():
        for start in range(len(found) - LONGEST_UNSHARED):
            homes[tuple(text for _, text in found[start : start + size])].append((module, start))
    pairs = {
        ((one, first), (other, second))
        for places in homes.values()
        for (one, first), (other, second) in combinations(places, 2)
        if one != other
    }
    runs: dict[tuple[str, ...], Place] = {}
    for (one, first), (other, second) in sorted(pairs):
        if ((one, first - 1), (other, second - 1)) in pairs:
            continue
        length = size
        while ((one, first + length - LONGEST_UNSHARED), (other, second + length - LONGEST_UNSHARED)) in pairs:
            length += 1
        run = texts[one][first : first + length]
        runs.setdefault(tuple(text for _, text in run), (one, run[0][0]))
    return list(runs.values())


def _telling_lines(module: Path) -> list[tuple[int, str]]:
    """The lines that count when two files are compared, with their numbers."""
    text = module.read_text(encoding="utf-8")
    imported = {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), start=1)
        if number not in imported and re.search(r"\w", line) and not line.lstrip().startswith("#")
    ]


def entries_without_subject(package: Path) -> list[Place]:
    """Docstrings and their entries that begin with a word that points at something outside them."""
    found = []
    for module, node in _nodes(package):
        for statement in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                text = statement.value.value
                if isinstance(text, str):
                    found += [(module, statement.lineno + number) for number in _without_subject(text)]
    return found


_SECTION = re.compile(r"\s*(Args|Attributes|Returns|Yields|Raises):")
_ENTRY = re.compile(r"(\s+)[*\w.]+(?:, [*\w.]+)*: +(\w+)")


def _without_subject(docstring: str) -> Iterator[int]:
    """The numbers of the lines, from 0, that begin so."""
    section = None
    for number, line in enumerate(docstring.splitlines()):
        words = re.findall(r"\w+", line)
        first = words[0].lower() if words else ""
        if number == 0 and first in NO_SUBJECT:
            yield number
        elif heading := _SECTION.fullmatch(line):
            section, begins, indent = heading[1], True, None
        elif section is not None and words:
            entry = _ENTRY.match(line)
            if section in ("Returns", "Yields"):
                if begins and first in NO_SUBJECT:
                    yield number
            elif entry and indent in (None, len(entry[1])):
                indent = len(entry[1])
                if entry[2].lower() in NO_SUBJECT:
                    yield number
            begins = False
        elif not words:
            section = None


def without_example(package: Path) -> list[Place]:
    """Public classes and functions that no docstring shows at work."""
    found = []
    for module in modules_in(package):
        parts = module.relative_to(package).parts
        if parts[0] in ("cli", "__main__.py") or any(part.startswith("_") and part != "__init__.py" for part in parts):
            continue
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                inside = node.body if isinstance(node, ast.ClassDef) else []
                texts = [ast.get_docstring(part) for part in (node, *inside) if isinstance(part, _DOCUMENTED)]
                if not any(">>> " in (text or "") for text in texts):
                    found.append((module, node.lineno))
    return found


_DOCUMENTED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

COUNTS: dict[str, Callable[[Path], list[Place]]] = {
    "asks for a kind": questions_for_a_kind,
    "asks for an object's kind": questions_for_an_object,
    "cast": casts,
    "Any in signatures": any_in_signatures,
    "Any but in JSON": any_but_in_json,
    "shared runs": shared_runs,
    "lines": lines,
    "lines of code": lines_of_code,
    "modules": modules,
    "entries without a subject": entries_without_subject,
    "without an example": without_example,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path, default=PACKAGE, help="the package's folder")
    parser.add_argument("--list", choices=COUNTS, help="print the places of one count")
    parser.add_argument("--revision", help="record the counts under this name in results/house.json")
    arguments = parser.parse_args()
    if arguments.list is not None:
        for module, number in COUNTS[arguments.list](arguments.package):
            text = module.read_text(encoding="utf-8").splitlines()
            print(f"{module.relative_to(arguments.package)}:{number}: {text[number - 1].strip() if text else ''}")
        return
    counts = {name: len(count(arguments.package)) for name, count in COUNTS.items()}
    recorded = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    if arguments.revision is not None:
        text = json.dumps({**recorded, arguments.revision: counts}, indent=2)
        RESULT.write_text(text + "\n", encoding="utf-8")
    print(f"{'':26}", *(f"{revision:>9}" for revision in recorded), f"{'now':>9}")
    for name, count in counts.items():
        print(f"{name:26}", *(f"{before.get(name, 0):9,}" for before in recorded.values()), f"{count:9,}")


if __name__ == "__main__":
    sys.exit(main())

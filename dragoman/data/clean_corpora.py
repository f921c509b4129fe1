"""Cleaning by itself, without a dataset: the kept pairs as text, and an account of the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from dragoman.data.cells import lines_of
from dragoman.data.cleaning_picture import draw_cleaning
from dragoman.data.drops import DROPPED, DropList
from dragoman.data.gather import Gatherer
from dragoman.data.pipes import remembering_pipes
from dragoman.data.spool import Spool
from dragoman.errors import InputError
from dragoman.native.lines import Lines
from dragoman.recipe import Recipe, load_recipe
from dragoman.reports.figure import drawing
from dragoman.storage.folder import new_folder
from dragoman.storage.given import given_path
from dragoman.storage.json import JsonObject

_SAMPLE = 3000


def clean(
    recipe: Recipe | Path | str,
    output: Path | str,
    *,
    changes: Mapping[str, object] | None = None,
    log: Callable[[str], None] = lambda message: None,
) -> JsonObject:
    """Clean the training corpora of a recipe.

    >>> sides = {"source": "de.txt", "target": "en.txt"}
    >>> Path("de.txt").write_text("ein Haus\\n\\nein Baum\\nein Haus\\n")
    28
    >>> Path("en.txt").write_text("a house\\na hat\\na tree\\na house\\n")
    29
    >>> changes = {
    ...     "data": {"train": [sides], "source_language": "de", "target_language": "en"},
    ...     "cleaning": {"language": False},
    ... }
    >>> report = clean("small", "cleaned", changes=changes)
    >>> report["kept"], report["dropped"]
    (2, {'empty': 1, 'duplicate': 1})
    >>> Path("cleaned", "clean.en").read_text().splitlines()
    ['a house', 'a tree']

    Args:
        recipe: a recipe, a TOML file, or a preset's name; it names the corpora, the languages and the rules.
        output: the folder to be made; it gets ``clean.SOURCE`` and ``clean.TARGET`` with one sentence a line,
            ``dropped.parquet``, ``report.json`` and ``dropped.png``; nothing is left there if anything fails.
        changes: nested values that replace those of a file or preset.
        log: function that is given a sentence on each corpus.

    Returns:
        The report: what was read, kept and dropped, in all and by corpus, and what counts as a placeholder.

    Raises:
        InputError: if a corpus cannot be read, or nothing is left of it.
        OutputError: if the folder exists or cannot be written.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, changes=changes)
    folder = given_path(output, "the folder of what is kept")
    data = recipe.data
    with remembering_pipes(), new_folder(folder) as temporary:
        with DropList(temporary) as drops:
            gatherer = Gatherer(recipe, temporary, drops, log)
            gathered = gatherer.gather("train")
        if gathered is None:
            raise InputError("no corpus to clean", remedy="give `data.train` in the recipe.")
        report = {**gathered.total(), "placeholders": gatherer.placeholders.to_dict()}
        names = (f"clean.{data.source_language}", f"clean.{data.target_language}")
        lengths = _write_lines(gathered.spool, temporary, names)
        (temporary / "train.spool").unlink()
        text = json.dumps(report, indent=2, ensure_ascii=False)
        (temporary / "report.json").write_text(text + "\n", encoding="utf-8")
        with drawing():
            draw_cleaning(report, temporary / DROPPED, lengths, temporary / "dropped.png")
    return report


def _write_lines(spool: Spool, folder: Path, names: tuple[str, str]) -> list[tuple[int, int]]:
    """Write both sides line by line; the lengths of the first few thousand pairs."""
    lengths: list[tuple[int, int]] = []
    with (
        (folder / names[0]).open("w", encoding="utf-8", newline="\n") as left,
        (folder / names[1]).open("w", encoding="utf-8", newline="\n") as right,
    ):
        for batch in spool:
            sources = batch.sources if isinstance(batch.sources, Lines) else batch.targets
            for source, target in zip(lines_of(sources), lines_of(batch.targets), strict=True):
                left.write(_one_line(source))
                right.write(_one_line(target))
                if len(lengths) < _SAMPLE:
                    lengths.append((len(source), len(target)))
    return lengths


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ") + "\n"

"""What counts as a placeholder is chosen before cleaning judges, shown, and kept with the dataset."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from dragoman.data import choose_placeholders as module
from dragoman.data.choose_placeholders import look_ahead
from dragoman.data.chunk import Chunk, Pair
from dragoman.data.clean_corpora import clean
from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.errors import DamagedFileError, RecipeError
from dragoman.recipe import Recipe, dump_recipe, recipe_from
from dragoman.recipe.placeholders import PlaceholderFamily
from dragoman.storage.manifest import write_manifest
from dragoman.text.placeholder_families import FAMILIES
from dragoman.text.placeholders import LEGACY_SYNTAX, SURE_SYNTAX, UNITS, PlaceholderSyntax

NAMES = ("red", "blue", "green", "grey", "white", "black", "brown", "pink", "cyan", "teal")
QT = [(f"Open the {name} file %1", f"Datei {name[::-1]} %1 öffnen") for name in NAMES]
LOST = ("Close the last file %1", "Letzte Datei schließen")


def recipe_for(folder: Path, rows: list[tuple[str, str]], **tokenizer: object) -> Recipe:
    for side, name in enumerate(("a.en", "a.de")):
        (folder / name).write_text("".join(f"{row[side]}\n" for row in rows), encoding="utf-8")
    corpus = {"source": folder / "a.en", "target": folder / "a.de"}
    return recipe_from({"data": {"train": corpus}, "tokenizer": {"vocabulary_size": 400, **tokenizer}})


def test_a_learnt_family_is_judged_shown_and_reported(tmp_path: Path) -> None:
    told: list[str] = []
    report = clean(recipe_for(tmp_path, [LOST, *QT]), tmp_path / "out", log=told.append)
    assert told[0] == "placeholders: qt (%1)"
    assert report["dropped"] == {"placeholders": 1}
    written = json.loads((tmp_path / "out" / "report.json").read_text())["placeholders"]
    assert written["families"] == list(PlaceholderSyntax.of(*SURE_SYNTAX.names, "qt").names)
    assert written["seen"] == {"qt": {"pairs": 11, "agreeing": 10}}


def test_a_recipe_settles_it(tmp_path: Path) -> None:
    rows = [LOST, *QT, ("Hello {name}", "Hallo du")]
    told: list[str] = []
    report = clean(
        recipe_for(tmp_path, rows, placeholder_families=["printf", "url"]), tmp_path / "out", log=told.append
    )
    assert report["dropped"] == {}
    assert report["placeholders"]["families"] == ["url", "printf"]
    with pytest.raises(RecipeError, match=r"placeholder_families.*'url', .*'bbcode' .got 'gtk'"):
        recipe_for(tmp_path, rows, placeholder_families=["gtk"])


def test_recipes_know_the_families_that_there_are() -> None:
    assert get_args(PlaceholderFamily) == tuple(family.name for family in FAMILIES)


def test_it_stays_with_the_dataset(tmp_path: Path) -> None:
    prepare(recipe_for(tmp_path, QT), tmp_path / "dataset")
    dataset = Dataset.open(tmp_path / "dataset")
    assert dataset.source.placeholders == dataset.target.placeholders
    assert "qt" in dataset.source.placeholders.names
    assert dataset.source.units == {UNITS[0]}
    ids = dataset.train.batch(np.arange(1)).source.rows()[0]
    assert UNITS[0] in "".join(dataset.source.tokenizer.vocabulary.symbols[number] for number in ids)
    assert json.loads((tmp_path / "dataset" / "report.json").read_text())["placeholders"]["seen"]["qt"]["pairs"] == 10


def test_a_text_is_no_witness_of_what_a_translation_keeps(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"{source}\n" for source, _ in QT), encoding="utf-8")
    values = tmp_path / "a.txt"
    recipe = recipe_from(
        {
            "data": {"train": {"text": values}},
            "model": {"encoder": {"kind": "none"}, "decoder": {"kind": "transformer"}},
        }
    )
    prepare(recipe, tmp_path / "dataset")
    assert Dataset.open(tmp_path / "dataset").source.placeholders == SURE_SYNTAX


def test_the_vocabulary_of_an_older_model_brings_what_counted_there(monkeypatch: pytest.MonkeyPatch) -> None:
    class Older:
        placeholders = LEGACY_SYNTAX

    monkeypatch.setattr(module, "codecs_of_model", lambda folder: (Older, Older))
    recipe = Recipe.model_validate({"tokenizer": {"model": "RUN", "placeholder_families": ["qt"]}})
    assert module.choose_placeholders(recipe, [], paired=True).syntax == LEGACY_SYNTAX


def test_recipes_are_written_as_they_were_given(tmp_path: Path) -> None:
    recipe = recipe_for(tmp_path, QT, placeholder_families=["qt"])
    assert 'placeholder_families = ["qt"]' in dump_recipe(recipe).replace("\n    ", "").replace(",\n]", "]")
    assert "placeholder_families" not in dump_recipe(recipe_for(tmp_path, QT))


def test_a_corpus_is_read_once_and_no_further_than_the_look_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK", 3)
    read: list[int] = []

    def chunks():
        for number in range(5):
            read.append(number)
            yield Chunk.of([Pair(f"s{number}", f"t{number}", "x", number)] * 2)

    first, every = look_ahead(chunks())
    assert (len(first), read) == (2, [0, 1])
    assert [next(chunk.pairs()).line for chunk in every] == read == [0, 1, 2, 3, 4]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_lose_nothing(tmp_path: Path) -> None:
    recipe = recipe_for(tmp_path, [LOST, *QT])
    contents = {tmp_path / name: (tmp_path / name).read_bytes() for name in ("a.en", "a.de")}
    writers = []
    for path, content in contents.items():
        path.unlink()
        os.mkfifo(path)
        writers.append(threading.Thread(target=path.write_bytes, args=(content,)))
        writers[-1].start()
    report = clean(recipe, tmp_path / "out")
    for writer in writers:
        writer.join()
    assert (report["read"], report["kept"]) == (11, 10)


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"version": 2, "families": []}', '{"version": 1, "families": ["gtk"]}']
)
def test_a_file_that_names_no_known_families_is_damage(tmp_path: Path, content: str) -> None:
    prepare(recipe_for(tmp_path, QT), tmp_path / "dataset")
    (tmp_path / "dataset" / "placeholders.json").write_text(content)
    with pytest.raises(DamagedFileError, match="checksum"):
        Dataset.open(tmp_path / "dataset")
    write_manifest(tmp_path / "dataset")
    with pytest.raises(DamagedFileError, match=r"placeholders\.json"):
        Dataset.open(tmp_path / "dataset")

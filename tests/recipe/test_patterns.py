"""Corpora whose paths have wildcards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import InputError
from dragoman.recipe import load_recipe
from dragoman.recipe.patterns import expand_patterns


def files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x\n")


def paths(folder: Path, sections: list[dict[str, Any]], key: str = "path") -> list[str]:
    return [str(Path(section[key]).relative_to(folder)) for section in sections]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.tmx", ["a.tmx", "b.tmx"]),
        ("?.t[ms]x", ["a.tmx", "b.tmx"]),
        ("**/*.tmx", ["a.tmx", "b.tmx", "d/a.tmx", "d/e/z.tmx"]),
        ("d/*", ["d/a.tmx", "d/e"]),
        ("[!a].tmx", ["b.tmx"]),
    ],
)
def test_every_file_that_matches_is_a_corpus(tmp_path: Path, pattern: str, found: list[str]) -> None:
    files(tmp_path, "b.tmx", "a.tmx", "c.txt", "d/a.tmx", "d/e/z.tmx")
    sections = expand_patterns([{"path": tmp_path / pattern, "weight": 2}])
    assert paths(tmp_path, sections) == found
    assert {section["weight"] for section in sections} == {2}


def test_a_name_tells_files_of_one_name_apart(tmp_path: Path) -> None:
    files(tmp_path, "de/app.po", "fr/app.po")
    assert [section["name"] for section in expand_patterns([{"path": tmp_path / "*/app.po"}])] == ["de/app", "fr/app"]
    labelled = expand_patterns([{"text": tmp_path / "*" / "*.po", "label": "x"}])
    assert [(section["label"], section["name"]) for section in labelled] == [("x", "x: de/app"), ("x", "x: fr/app")]


def test_aligned_files_go_together_where_the_wildcards_stand_for_the_same(tmp_path: Path) -> None:
    files(tmp_path, "one.en", "two.en", "t/two.de", "t/one.de")
    sections = expand_patterns([{"source": tmp_path / "*.en", "target": tmp_path / "t" / "*.de"}])
    assert paths(tmp_path, sections, "source") == ["one.en", "two.en"]
    assert paths(tmp_path, sections, "target") == ["t/one.de", "t/two.de"]
    (tmp_path / "t/two.de").unlink()
    with pytest.raises(InputError, match=r"two\.en: this source has no target"):
        expand_patterns([{"source": tmp_path / "*.en", "target": tmp_path / "t" / "*.de"}])
    with pytest.raises(InputError, match="`source` is a pattern and `target` is none"):
        expand_patterns([{"source": tmp_path / "*.en", "target": tmp_path / "t" / "one.de"}])


def test_nothing_that_matches_is_an_error_and_a_real_name_is_no_pattern(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file matches this pattern"):
        expand_patterns([{"path": tmp_path / "*.tmx"}])
    files(tmp_path, "a[1].tmx")
    assert expand_patterns([{"path": tmp_path / "a[1].tmx"}]) == [{"path": tmp_path / "a[1].tmx"}]


def test_a_recipe_may_have_patterns_that_count_from_its_folder(tmp_path: Path) -> None:
    files(tmp_path, "m/b.tmx", "m/a.tmx")
    (tmp_path / "r.toml").write_text('[data.train]\npath = "m/*.tmx"\n')
    assert [corpus.title for corpus in load_recipe(tmp_path / "r.toml").data.train] == ["a", "b"]
    changed = load_recipe(tmp_path / "r.toml", changes={"data": {"train": [{"path": tmp_path / "m/a.tmx"}]}})
    assert [corpus.title for corpus in changed.data.train] == ["a"]

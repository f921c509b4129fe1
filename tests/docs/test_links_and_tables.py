"""The pages hold together: links lead somewhere, tables are whole, and figures are those of the result files."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import tables
from blocks import PAGES, REPOSITORY, languages, prose, text_of


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        place = (REPOSITORY / page).parent / file if file else REPOSITORY / page
        assert place.exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(place), f"{page}: {target}"


@pytest.mark.parametrize("page", PAGES)
def test_every_table_is_whole(page: str) -> None:
    lines = ["", *prose(page).splitlines(), ""]
    for number, line in enumerate(lines):
        if line.startswith("|"):
            first = number
            while lines[first - 1].startswith("|"):
                first -= 1
            assert re.fullmatch(r"\|( ?:?-+:? ?\|)+", lines[first + 1]), f"{page}: a table without a head: {line}"
            cells = [len(re.findall(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", row))) for row in (line, lines[first])]
            assert cells[0] == cells[1], f"{page}: {line}"


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_its_language(page: str) -> None:
    assert languages(page) <= {"sh", "console", "python", "toml", "text"}


def test_figures_are_those_of_the_result_files() -> None:
    for page, text in tables.pages().items():
        assert text_of(page) == text, f"{page} is out of date: run `python benchmarks/tables.py`"


def test_every_file_that_prose_names_exists() -> None:
    folders = ("benchmarks", "tests", "docs", "dragoman")
    for page in PAGES:
        for name in re.findall(rf"`((?:{'|'.join(folders)})/[\w./-]+\.\w+)`", prose(page)):
            assert (REPOSITORY / name).exists(), f"{page}: {name}"


def test_the_readme_is_short() -> None:
    readme = text_of("README.md")
    assert len(readme.splitlines()) <= 150
    table = readme[readme.index("<!-- results") : readme.index("<!-- end of results")]
    assert len(re.findall(r"^\| ", table, re.MULTILINE)) <= 1 + 8

"""Tables that different programs write, and the rows that no program should."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.data.corpora import read_table
from dragoman.data.table import is_quoted, read_rows
from dragoman.errors import InputError


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(path: Path) -> list[list[str]]:
    return [row for _, row in read_rows(path)]


PLAIN = [
    ('"Stop," he said.', "„Halt“, sagte er."),
    ('He said "stop".', 'Er sagte "halt".'),
    ('"', '""'),
    ('"open', "auf"),
    ('5" pipe', 'Rohr "'),
    ("lone\rreturn", "nul\0"),
    ("", " spaces "),
]


def test_tabs_without_quoting_are_taken_as_they_stand(tmp_path: Path) -> None:
    text = "en\tde\n" + "".join(f"{left}\t{right}\n" for left, right in PLAIN)
    assert rows(write(tmp_path / "t.tsv", text)) == [["en", "de"], *map(list, PLAIN)]


def test_a_mark_that_opens_and_one_that_closes_later_swallow_nothing(tmp_path: Path) -> None:
    text = 'en\tde\nHi\t"Hallo\nyes\tja\nbye\tTschüss"\n'
    assert rows(write(tmp_path / "t.tsv", text))[1:] == [["Hi", '"Hallo'], ["yes", "ja"], ["bye", 'Tschüss"']]


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_every_quoting_of_pandas_is_read_back(tmp_path: Path, separator: str) -> None:
    cells = [
        "plain",
        'a "b" c',
        '"all"',
        '"',
        "tab\there",
        "two\nlines",
        "\n\t\n",
        "comma, semi;",
        " ",
        "é\u2028é",
        "x\0y",
    ]
    frame = pd.DataFrame({"en": cells, "de": cells[::-1]})
    path = tmp_path / ("t.tsv" if separator == "\t" else "t.csv")
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        for end in ("\n", "\r\n"):
            frame.to_csv(path, sep=separator, index=False, quoting=quoting, lineterminator=end)
            assert [(p.source, p.target) for p in read_table(path, "en", "de")] == list(
                zip(cells, cells[::-1], strict=True)
            )


LINE = st.text(st.sampled_from('ab" ,'), max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(LINE, LINE), min_size=1, max_size=6))
def test_no_row_of_a_plain_table_is_lost(tmp_path_factory: pytest.TempPathFactory, sides) -> None:
    """At worst the marks around a field are taken for quoting: the number of rows and the letters stay."""
    path = tmp_path_factory.mktemp("plain") / "t.tsv"
    write(path, "en\tde\n" + "".join(f"{left}\t{right}\n" for left, right in sides))
    found = rows(path)[1:]
    assert len(found) == len(sides)
    for row, expected in zip(found, sides, strict=True):
        assert [cell.replace('"', "") for cell in row] == [cell.replace('"', "") for cell in expected]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a\tb", "c\td"], False),
        (['"a"\tb', "c\td"], True),
        (['"a ""b"""\tb'], True),
        (['"a "b""\tb'], False),
        (['a "b"\tc'], False),
        (["a\tb", '"c', 'd"\te'], True),
        (["a\tb", '"c', "d\te"], False),
        ([], False),
    ],
)
def test_quoting_is_recognised(lines: list[str], expected: bool) -> None:
    assert is_quoted(lines) is expected


def test_a_quoted_field_that_never_ends_names_the_row_where_it_begins(tmp_path: Path) -> None:
    text = 'en,de\na,b\n"c,d\n' + "e,f\n" * 100
    with pytest.raises(InputError, match=r"t\.csv:3: .*cannot be read"):
        rows(write(tmp_path / "t.csv", text))


def test_a_mark_inside_a_quoted_field_that_is_not_doubled(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t\.csv:2:") as caught:
        rows(write(tmp_path / "t.csv", 'en,de\n"a "b" c",d\n'))
    assert '""' in caught.value.remedy


@pytest.mark.parametrize(("row", "fields"), [("a\n", 1), ("a\tb\tc\n", 3)])
def test_a_row_of_another_width_is_named(tmp_path: Path, row: str, fields: int) -> None:
    with pytest.raises(InputError, match=rf"t\.tsv:4: this row has {fields} fields?, and the header has 2"):
        rows(write(tmp_path / "t.tsv", "en\tde\nx\ty\n\n" + row))


def test_a_field_may_be_longer_than_the_csv_module_allows_by_default(tmp_path: Path) -> None:
    long = "x" * 300_000
    assert rows(write(tmp_path / "t.csv", f'en,de\n"{long}",y\n'))[1] == [long, "y"]


def test_a_byte_order_mark_does_not_hide_the_first_column(tmp_path: Path) -> None:
    for name, text in (
        ("t.csv", "\ufeffen,de\na,b\n"),
        ("t.tsv", "\ufeffen\tde\na\tb\n"),
        ("q.csv", '\ufeff"en","de"\na,b\n'),
    ):
        assert rows(write(tmp_path / name, text)) == [["en", "de"], ["a", "b"]]


def test_rows_are_made_as_they_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "en,de\na,b\nbroken\n")
    pairs = read_table(path, "en", "de")
    assert next(pairs)[:2] == ("a", "b")
    with pytest.raises(InputError):
        next(pairs)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Thank you, Maria;Danke, Maria\nUntil tomorrow;Bis morgen\nNo, never;Nein, nie\n", 2),
        ("size;level;y\n5;3,5;13,5\n7;1,5;11,0\n", 3),
        ("a|b\n1,5|2;5\n3|4\n", 2),
        ("name,notes\nx,first; second\ny,third; fourth\n", 2),
        ('en;de\n"Stop; now";Halt\nyes;ja\n', 2),
        ("sep=|\na|b;c,d\n1|2;3,4\n", 2),
        ("\ufeffsep=;\r\na;b\r\n1;2\r\n", 2),
        ("only\n1\n2\n", 1),
        ("a\tb\nx; y\tz, w\n", 2),
    ],
)
def test_the_separator_is_told_by_many_rows(tmp_path: Path, text: str, right: int) -> None:
    found = rows(write(tmp_path / "t.csv", text))
    assert {len(row) for row in found} == {right}
    assert "sep=" not in found[0][0]


def test_lines_are_counted_with_the_one_that_states_the_separator(tmp_path: Path) -> None:
    assert [line for line, _ in read_rows(write(tmp_path / "t.csv", "sep=;\na;b\n1;2\n"))] == [2, 3]


def test_a_separator_that_was_given_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "a:b\n1,5:2,5\n")
    assert [row for _, row in read_rows(path, ":")] == [["a", "b"], ["1,5", "2,5"]]


def test_a_column_that_is_there_twice_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 columns are called `en`"):
        list(read_table(write(tmp_path / "t.csv", "en,de,en\n1,2,3\n"), "en", "de"))

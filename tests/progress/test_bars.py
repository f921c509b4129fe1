"""How far long work is: shown where a person watches, and nowhere else."""

from __future__ import annotations

import io
import sys
from types import ModuleType, SimpleNamespace

import pytest
from rich.console import Console

from dragoman.progress.bar import NotebookBar, open_bar
from dragoman.progress.counting import Counting
from dragoman.progress.watched import console_for, logger


def terminal() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, force_terminal=True, force_interactive=True, width=90, color_system=None), text


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_where_no_one_watches_nothing_is_shown_unless_asked_for(capsys: pytest.CaptureFixture[str]):
    assert console_for(None) is None
    assert console_for(False) is None
    logger()("unseen")
    logger(True)("a [line] seen")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "a [line] seen\n")


def test_short_work_is_not_shown_and_long_work_has_a_bar():
    console, text = terminal()
    clock = Clock()
    with Counting(400, "lines", console=console, clock=clock) as counting:
        counting.add(100)
        assert text.getvalue() == ""
        clock.now = 2.0
        counting.add(100)
        counting.add(100)
    for expected in ("200/400 lines", "100 lines/s", "0:00:02", "left 0:00:02"):
        assert expected in text.getvalue()


def test_where_there_is_no_bar_a_line_comes_now_and_then():
    text, clock = io.StringIO(), Clock()
    console = Console(file=text, force_terminal=False, width=90)
    with Counting(100, "pictures", True, console, clock) as counting:
        for _ in counting.over(range(30)):
            clock.now += 1.0
    assert [line.split()[0] for line in text.getvalue().splitlines()] == ["10/100", "20/100", "30/100"]


def test_parts_count_as_many_as_they_hold():
    counting = Counting(6, "inputs", False)
    assert list(counting.over([[1, 2], [3], []], size=len)) == [[1, 2], [3], []]
    assert counting.done == 3


def test_one_bar_at_a_time_and_a_failure_gives_its_place_back():
    console, _ = terminal()
    first = open_bar(console, 3, 0, str, str)
    assert first is not None
    assert open_bar(console, 3, 0, str, str) is None
    first.close()
    first.close()
    clock = Clock()
    with pytest.raises(RuntimeError, match="stopped"), Counting(9, "lines", console=console, clock=clock) as counting:
        clock.now = 5.0
        counting.add()
        raise RuntimeError("stopped")
    last = open_bar(console, 3, 0, str, str)
    assert last is not None
    last.close()


def test_a_notebook_has_a_bar_of_its_own_whose_texts_are_no_markup(monkeypatch: pytest.MonkeyPatch):
    shown: list[str] = []
    module = ModuleType("IPython.display")
    module.HTML = str
    module.display = lambda html, display_id: (shown.append(html), SimpleNamespace(update=shown.append))[1]
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    console = Console(file=io.StringIO(), force_jupyter=True)
    bar = open_bar(console, 8, 2, lambda: "<script>2/8</script>", lambda: "left 0:00:01")
    assert isinstance(bar, NotebookBar)
    bar.close()
    assert "&lt;script&gt;2/8" in shown[0]
    assert '<progress value="2" max="8">' in shown[0]
    assert shown[-1] == ""

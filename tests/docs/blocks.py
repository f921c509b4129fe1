"""The fenced blocks of the pages, and the shell commands in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted(
    str(page.relative_to(REPOSITORY))
    for page in (*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"))
    if page.is_file()
)
_BLOCK = re.compile(r"^( *)```(\S*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A command as a page writes it: its words, and the files that its input comes from and its output goes to."""

    words: tuple[str, ...]
    input: str | None = None
    output: str | None = None

    def __str__(self) -> str:
        return shlex.join(self.words)


def text_of(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def blocks(page: str, *languages: str) -> list[str]:
    """The fenced blocks of a page in one of these languages."""
    return [found[3] for found in _BLOCK.finditer(text_of(page)) if found[2] in languages]


def languages(page: str) -> set[str]:
    """The languages of all fenced blocks of a page."""
    return {found[2] for found in _BLOCK.finditer(text_of(page))}


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return _BLOCK.sub("", text_of(page))


def commands(page: str) -> list[Command]:
    """What a reader is told to type, in order: every line of the shell blocks, and those behind ``$`` in recordings."""
    lines = [line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    typed = [line[2:] for block in blocks(page, "console") for line in block.splitlines() if line.startswith("$ ")]
    return [one for line in (*lines, *typed) for one in _commands_of(line)]


def _commands_of(line: str) -> list[Command]:
    parts: list[list[str]] = [[]]
    for word in shlex.split(line, comments=True):
        if word == "&&":
            parts.append([])
        else:
            parts[-1].append(word)
    return [_without_streams(words) for words in parts if words]


def _without_streams(words: list[str]) -> Command:
    streams: dict[str, str] = {}
    for sign in ("<", ">"):
        if sign in words:
            place = words.index(sign)
            streams[sign] = words[place + 1]
            words = words[:place] + words[place + 2 :]
    return Command(tuple(words), streams.get("<"), streams.get(">"))

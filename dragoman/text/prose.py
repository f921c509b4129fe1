"""The words of a text that are natural language, apart from file names, commands, options, keys and other code."""

from __future__ import annotations

import html

import regex

from dragoman.text.placeholders import SURE_SYNTAX, PlaceholderSyntax

_EDGES = "()[]{}<>.,:;!?¡¿…\"'`´‘’‚‛“”„‟«»‹›*•·"
_HAS_LETTER = regex.compile(r"\p{L}")
_HAS_SIGN = regex.compile(r"[\p{S}{}\[\]\\/@#%*]")
_NUMBER = regex.compile(r"[^\p{L}]*\p{N}[^\p{L}]*")
_PROMPT = regex.compile(r"(?:[a-z]+\d*)?\$ |(?:[a-z]+\d+)?# (?:# )?\p{Ll}|import [\w.]+ (?:import|from) |\.[A-Z]{2} ")
_FIELD = regex.compile(r"\p{L}:(?= |$)")
_WORDS_OF_A_FIELD = 5
_HEADINGS = regex.compile(r"(?:\p{Lu}{2,}[ ]){3}")
_SENTENCE_END = regex.compile(r"[.!?…:。！？؟।]\W*$")
_LISTED = regex.compile(r"[\p{L}\p{M}\p{N}_.-]+[,、،]$")
# Letters, with hyphens and apostrophes inside; a capital behind a small letter is a name of a program's making.
_WORD = regex.compile(r"(?!\p{L}*\p{Ll}\p{Lu})\p{L}[\p{L}\p{M}]*(?:[-‐'’·\u200c\u200d]\p{L}[\p{L}\p{M}]*)*[-‐]?")


def without_markup(text: str, syntax: PlaceholderSyntax = SURE_SYNTAX) -> str:
    """The text with a space in place of each placeholder, tag and URL, and with entities decoded.

    >>> without_markup("Fish &amp; <b>chips</b>").split()
    ['Fish', '&', 'chips']
    """
    if "&" in text:
        text = html.unescape(text)
    return syntax.without(text)


def is_prose(text: str, words: list[str], code: int) -> bool:
    """Whether a text is natural language rather than code.

    Code is a text with half as many parts that are code as words (see :func:`split_prose`); one that begins with a
    small letter, ends without a full stop and has any such part, as commands with their options and names do; a list
    of single words; the input of a shell, a piece of a program, and what programs print in columns or as fields.
    """
    if len(words) <= 2 * code or (code and text[:1].islower() and not _SENTENCE_END.search(text)):
        return False
    is_list = sum(bool(_LISTED.match(part)) for part in text.split()) > len(words) // 2
    return not is_list and not _is_program(text) and not (code > 1 and _is_printed(text, words))


def _is_printed(text: str, words: list[str]) -> bool:
    """Whether a text has headings of columns, names of many fields, each with a colon, or most words in capitals."""
    fields = len(_FIELD.findall(text))
    in_capitals = sum(map(str.isupper, words))
    return (
        _HEADINGS.match(text) is not None
        or (fields > 2 and fields * _WORDS_OF_A_FIELD >= len(words))
        or 2 * in_capitals > len(words)
    )


def _is_program(text: str) -> bool:
    """Whether a text begins with the prompt of a shell, or has the semicolons and the signs of statements."""
    statements = text.count(";")
    if statements and text.rstrip().endswith(";"):
        return statements > 1 or any(sign in text for sign in "={}()*")
    return _PROMPT.match(text) is not None or (statements > 1 and any(sign in text for sign in "={}"))


def split_prose(text: str, syntax: PlaceholderSyntax = SURE_SYNTAX) -> tuple[list[str], int]:
    """The words of a text, without the signs around them, and how many of its other parts are code.

    Parts are what stands between spaces. Code is each part that has letters but is no word, such as ``sync(8)``,
    ``--help``, ``/etc/fstab``, ``Type=``, ``org.example.Name``, ``max_size`` and ``getName``, each of signs alone, such
    as ``{`` and ``==``, and each of digits, such as ``14:40:30`` and ``0``, beside the first, as tables have many.

    >>> split_prose("Run the command with --help.")
    (['Run', 'the', 'command', 'with'], 1)
    """
    words: list[str] = []
    code = numbers = 0
    for part in without_markup(text, syntax).split():
        core = part.strip(_EDGES)
        if _WORD.fullmatch(core):
            words.append(core)
        elif _NUMBER.fullmatch(part):
            numbers += 1
        elif _HAS_LETTER.search(core) or _HAS_SIGN.search(part):
            code += 1
    return words, code + max(numbers - 1, 0)

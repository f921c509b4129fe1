"""Characters that are spelt byte by byte, followed until they are whole.

Only valid UTF-8 can be spelt: what a byte may follow is held to the table of the Unicode Standard (table 3-7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_Partial = bytes | tuple[int, int, int]
"""Bytes with which a known character begins; or, of any other, how many follow and between which the next one lies."""
_CONTINUES = (0x80, 0xBF)
_SECOND = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}


class PartialCharacters:
    """The states of a character of several bytes that is not whole yet, numbered from 1.

    Args:
        known: characters that are told apart; all others are the same. None where nothing is spelt byte by byte, which
            leaves the state 0 alone.

    Attributes:
        states: number of states, with 0 for between two characters.
        partial: from state and byte, the state in which the character is still not whole.
        whole: from state and byte, the character that is whole then; the empty text for one that is not known.

    >>> spelt = PartialCharacters(["é"])
    >>> first = spelt.partial[0, 0xC3]
    >>> spelt.whole[first, 0xA9], spelt.whole[first, 0xA8]
    ('é', '')
    """

    def __init__(self, known: Iterable[str] | None) -> None:
        spelt = {character.encode(): character for character in known or () if not character.isascii()}
        begun = {code[:length] for code in spelt for length in range(1, len(code))}
        number: dict[_Partial, int] = {b"": 0}
        self.partial: dict[tuple[int, int], int] = {}
        self.whole: dict[tuple[int, int], str] = {}
        queue: list[_Partial] = [b""]
        for state in queue if known is not None else ():
            for byte, following in _following(state, spelt, begun):
                if isinstance(following, str):
                    self.whole[number[state], byte] = following
                    continue
                if following not in number:
                    number[following] = len(number)
                    queue.append(following)
                self.partial[number[state], byte] = number[following]
        self.states = len(number)


def _following(state: _Partial, spelt: Mapping[bytes, str], begun: set[bytes]) -> Iterable[tuple[int, _Partial | str]]:
    if isinstance(state, tuple):
        missing, least, most = state
        for byte in range(least, most + 1):
            yield byte, (missing - 1, *_CONTINUES) if missing > 1 else ""
        return
    least, most = _second(state)
    for byte in range(least, most + 1):
        read = state + bytes([byte])
        missing = _length(read[0]) - len(read)
        if read in begun:
            yield byte, read
        else:
            yield byte, (missing, *_second(read)) if missing else spelt.get(read, "")


def _second(read: bytes) -> tuple[int, int]:
    """Between which bytes the next one lies."""
    if not read:
        return 0xC2, 0xF4
    return _SECOND.get(read[0], _CONTINUES) if len(read) == 1 else _CONTINUES


def _length(lead: int) -> int:
    return 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4

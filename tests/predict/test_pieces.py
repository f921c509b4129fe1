"""Long lines are cut where a reader would pause, and nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dragoman.predict.pieces import cut

SYMBOLS = ["a", " b", ".", "。", " c", "!", " d."]


def spelled(ids: list[int]) -> str:
    return "".join(SYMBOLS[token] for token in ids)


@given(st.lists(st.integers(0, len(SYMBOLS) - 1), max_size=60), st.integers(1, 12))
def test_pieces_are_the_whole_and_fit(ids: list[int], limit: int) -> None:
    pieces = cut(ids, SYMBOLS, limit)
    assert [token for piece in pieces for token in piece] == ids
    assert all(0 < len(piece) <= limit for piece in pieces) or not ids


def test_cuts_fall_after_sentences_then_before_words_then_anywhere() -> None:
    sentence = [1, 0, 1, 0, 2, 1, 1]  # " ba ba." then " b b"
    assert [spelled(piece) for piece in cut(sentence, SYMBOLS, 6)] == [" ba ba.", " b b"]
    assert [spelled(piece) for piece in cut([0, 0, 0, 1, 0, 0], SYMBOLS, 5)] == ["aaa", " baa"]
    assert [spelled(piece) for piece in cut([0] * 7, SYMBOLS, 3)] == ["aaa", "aaa", "a"]
    assert [spelled(piece) for piece in cut([0, 0, 3, 0, 0], SYMBOLS, 4)] == ["aa。", "aa"]


def test_a_point_inside_a_number_is_no_end() -> None:
    assert [spelled(piece) for piece in cut([1, 0, 0, 2, 0, 0], SYMBOLS, 4)] == [" baa.", "aa"]
    assert [spelled(piece) for piece in cut([0, 0, 2, 0, 1, 0], SYMBOLS, 5)] == ["aa.a", " ba"]


def test_long_lines_are_cut_into_sentences_not_into_all_that_fits() -> None:
    sentence = [1] + [0] * 28 + [2]  # thirty symbols
    assert [len(piece) for piece in cut(sentence * 9, SYMBOLS, 128)] == [60, 60, 60, 90]

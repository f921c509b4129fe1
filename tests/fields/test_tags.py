from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import InputError
from dragoman.fields.files import field_from_dict
from dragoman.fields.tags import TagField
from dragoman.text.ragged import Ragged
from dragoman.text.tokenizer import KINDS, Tokenizer
from dragoman.text.word_starts import word_starts

TAGS = st.text("BIO-x", min_size=1, max_size=3)
FIELD = TagField.learn(["B-PER I-PER O", "O O"])
WORDS = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=6)


@given(st.lists(st.lists(TAGS, min_size=1), min_size=2).filter(lambda rows: len({t for r in rows for t in r}) > 1))
def test_every_tag_comes_back_and_through_json(rows: list[list[str]]) -> None:
    texts = [" ".join(row) for row in rows]
    field = TagField.learn(texts)
    assert field.decode(field.encode(texts)) == rows
    assert sum(field.counts) == sum(map(len, rows))
    assert field_from_dict(json.loads(json.dumps(field.to_dict()))) == field


def test_an_unseen_tag_names_the_place_and_the_nearest() -> None:
    with pytest.raises(InputError, match=r"news.tsv:7: no training example has the tag `B-Per`(.|\n)*mean `B-PER`"):
        FIELD.encode(["O", "O B-Per"], [(Path("news.tsv"), 6), (Path("news.tsv"), 7)])


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], "no tag"),
        (["O O", "O"], "only one tag, `O`"),
        ([f"word{n}" for n in range(300)], "300 different tags, `word0` among them"),
    ],
)
def test_what_can_be_no_tags_is_refused(targets: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TagField.learn(targets)


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_word_begins_with_one_token(kind: str) -> None:
    tokenizer = Tokenizer.train(["a house, a tree and 21 birds"] * 3, vocabulary_size=320, kind=kind)

    @given(st.lists(WORDS, min_size=1, max_size=6))
    def begins(words: list[str]) -> None:
        words = " ".join(words).split() or ["a"]
        ids = tokenizer.encode_ragged([" ".join(words), *words])
        first, *alone = word_starts(tokenizer.vocabulary, ids).to_lists()
        assert alone == [[0]] * len(words)
        text, *parts = ids.to_lists()
        assert text == [token for part in parts for token in part], "the ids are those of the words"
        assert first == [sum(map(len, parts[:place])) for place in range(len(words))]

    begins()


def test_rows_of_ids_are_cut_each_at_its_own_length() -> None:
    rows = Ragged.of([[1, 2, 3], [4], []])
    assert rows.cut(Ragged.of([[0], [0, 0], []]).lengths).to_lists() == [[1], [4], []]

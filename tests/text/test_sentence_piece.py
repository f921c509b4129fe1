"""A SentencePiece model stands behind the same protocol as our tokenizer."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from dragoman.contracts import SpecialSymbols
from dragoman.errors import DamagedFileError, InputError
from dragoman.storage.folder import new_folder
from dragoman.storage.verified import VerifiedFolder
from dragoman.text.codec import Codec, masks_for
from dragoman.text.codec_files import load_codecs, save_codecs
from dragoman.text.segmenter import Segmenter
from dragoman.text.sentence_piece import SentencePieceSegmenter

sentencepiece = pytest.importorskip("sentencepiece")

TEXTS = ["one two three four five", "two three four", "the red house stands by the sea", "a small house"] * 20


def segmenter(**ids: int) -> SentencePieceSegmenter:
    model = io.BytesIO()
    numbers = ids or {"pad_id": 5, "unk_id": 3, "bos_id": 7, "eos_id": 0}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS),
        model_writer=model,
        vocab_size=60,
        hard_vocab_limit=False,
        minloglevel=2,
        **numbers,
    )
    return SentencePieceSegmenter(model.getvalue())


OURS = segmenter()


def test_it_is_a_segmenter_with_its_own_special_symbols() -> None:
    assert isinstance(OURS, Segmenter)
    assert OURS.vocabulary.special == SpecialSymbols(padding=5, unknown=3, start=7, end=0)
    assert segmenter(pad_id=-1, unk_id=0, bos_id=1, eos_id=2).vocabulary.special == SpecialSymbols(None, 0, 1, 2)
    assert segmenter(pad_id=0, unk_id=2, bos_id=-1, eos_id=1).vocabulary.special == SpecialSymbols(0, 2, 0, 1)


def test_text_comes_back_with_single_spaces() -> None:
    assert OURS.decode_batch(OURS.encode_batch(TEXTS[:4])) == TEXTS[:4]
    (ids,) = OURS.encode_batch(["  one   two "])
    assert "".join(OURS.vocabulary.symbols[id] for id in ids) == " one two"
    assert OURS.encode_ragged(["one", "", " "]).to_lists() == [*OURS.encode_batch(["one"]), [], []]
    special = OURS.vocabulary.special
    assert OURS.decode_batch([[special.start, *ids, special.end], [special.end], []]) == ["one two", "", ""]
    assert special.unknown in OURS.encode_batch(["ö"])[0]
    with pytest.raises(InputError, match="text 2"):
        OURS.encode_batch(["one", "a\ud800"])


def test_a_codec_and_a_folder_hold_it(tmp_path: Path) -> None:
    codec = Codec(OURS)
    masks = masks_for(TEXTS[:2], codec, codec)
    assert codec.decode_batch(codec.encode_batch(TEXTS[:2], masks), masks) == TEXTS[:2]
    with new_folder(tmp_path / "codecs") as folder:
        save_codecs(folder, codec, codec)
    source, target = load_codecs(VerifiedFolder.open(tmp_path / "codecs"))
    assert source.tokenizer is target.tokenizer
    assert source.tokenizer.vocabulary == OURS.vocabulary
    assert source.tokenizer.encode_batch(TEXTS[:4]) == OURS.encode_batch(TEXTS[:4])


@pytest.mark.parametrize("content", [b"", b"junk"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.model").write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"x\.model"):
        SentencePieceSegmenter.load(tmp_path / "x.model")

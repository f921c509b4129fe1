"""A vocabulary that is taken over from a model: each side has its own where they differ."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dragoman.data.learn_codecs import codecs_of_model
from dragoman.data.prepare import prepare
from dragoman.errors import InputError
from dragoman.recipe import Recipe, recipe_from
from dragoman.storage.folder import new_folder
from dragoman.text.codec import Codec
from dragoman.text.codec_files import save_codecs
from dragoman.text.tokenizer import Tokenizer

PAIRS = pd.DataFrame({"source": [f"ab {n} ba" for n in range(60)], "target": [f"yz {n} zy" for n in range(60)]})


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """What a model's folder holds of its vocabularies, one for each side."""
    source, target = (
        Codec(Tokenizer.train(PAIRS[side], kind="bpe", vocabulary_size=size))
        for side, size in (("source", 290), ("target", 300))
    )
    with new_folder(tmp_path / "model") as folder:
        save_codecs(folder, source, target)
        (folder / "model.json").write_text("{}")
    return tmp_path / "model"


def taking(model: Path, tie: str) -> Recipe:
    stack = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 1}
    return recipe_from(
        {
            "data": {"validation_pairs": 5, "test_pairs": 0},
            "cleaning": {"copies": False, "repetition": False, "language": False, "script": False},
            "tokenizer": {"model": str(model)},
            "model": {"encoder": stack, "decoder": stack, "tie": tie},
        }
    )


def test_each_side_takes_its_own(model: Path, tmp_path: Path) -> None:
    dataset = prepare(taking(model, "decoder"), tmp_path / "dataset", train=PAIRS)
    source, target = codecs_of_model(model)
    assert source.tokenizer.vocabulary != target.tokenizer.vocabulary
    found = [codec.tokenizer.vocabulary for codec in dataset.codecs]
    assert found == [source.tokenizer.vocabulary, target.tokenizer.vocabulary]


def test_two_vocabularies_have_no_common_embeddings(model: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a vocabulary for each side"):
        prepare(taking(model, "all"), tmp_path / "dataset", train=PAIRS)
    assert not (tmp_path / "dataset").exists()

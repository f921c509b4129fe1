from __future__ import annotations

import json
from pathlib import Path

import ctranslate2
import pytest

from dragoman.contracts import TextSize
from dragoman.errors import InputError, OutputError, UnsupportedError
from dragoman.export.ctranslate2_model import QUANTIZATIONS, export_ctranslate2, symbol_names
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.vocabulary import Vocabulary

STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
TEXTS = ["one two three", "four five six"] * 5


def loaded(**model: object) -> LoadedModel:
    recipe = recipe_from({"model": {"encoder": STACK, "decoder": STACK, **model}})
    tokenizer = Tokenizer.train(TEXTS, vocabulary_size=300)
    codec = Codec(tokenizer)
    return LoadedModel(build(recipe.model, TextSize(tokenizer.size), TextSize(tokenizer.size), 1), recipe, codec, codec)


def test_the_folder_is_all_that_ctranslate2_needs(tmp_path: Path) -> None:
    model = loaded()
    export_ctranslate2(model, tmp_path / "out")
    names = json.loads((tmp_path / "out" / "shared_vocabulary.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.load(tmp_path / "out" / "tokenizer.json")
    translator = ctranslate2.Translator(str(tmp_path / "out"))
    source = [names[token] for token in tokenizer.encode("one five")]
    (result,) = translator.translate_batch([[*source, "</s>"]], beam_size=1, max_decoding_length=10)
    assert set(result.hypotheses[0]) <= set(names)
    assert (tmp_path / "out" / "SHA256SUMS").is_file()


@pytest.mark.parametrize("quantization", QUANTIZATIONS)
def test_every_quantization_can_be_read(tmp_path: Path, quantization: str) -> None:
    export_ctranslate2(loaded(), tmp_path / "out", quantization=quantization)
    ctranslate2.Translator(str(tmp_path / "out"), compute_type="default")


def test_names_are_told_apart_and_hold_nothing_that_separates() -> None:
    symbols = ["<pad>", " ", "▁", " a", "a", "\t", "\n", "<0x09>x", "\u2028"]
    names = symbol_names(Vocabulary.of({symbol: place for place, symbol in enumerate(symbols)}))
    assert len(set(names)) == len(names)
    assert not any(character.isspace() for name in names for character in name)


def test_what_stands_there_stays(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        export_ctranslate2(loaded(), tmp_path / "out")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine"]


def test_what_cannot_be_exported_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    recurrent = loaded(decoder={"kind": "lstm", "layers": 1, "width": 16})
    with pytest.raises(UnsupportedError, match="lstm decoder"):
        export_ctranslate2(recurrent, tmp_path / "out")
    with pytest.raises(UnsupportedError, match="language model"):
        export_ctranslate2(loaded(encoder={"kind": "none"}), tmp_path / "out")
    with pytest.raises(InputError, match="int4"):
        export_ctranslate2(loaded(), tmp_path / "out", quantization="int4")
    assert not list(tmp_path.iterdir())

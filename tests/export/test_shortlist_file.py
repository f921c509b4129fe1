from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import DEFAULT_SYMBOLS, Beam, Packed, SearchRequest
from dragoman.errors import DamagedFileError, InputError
from dragoman.export.shortlist_file import SHORTLIST, add_shortlist, load_shortlist
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, load_model, save_model
from dragoman.predict.ctranslate2_engine import CTranslate2Engine
from dragoman.recipe import recipe_from
from dragoman.storage.manifest import read_manifest
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

END = DEFAULT_SYMBOLS.end

STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}


def of(source: int, target: int, size: int, always: list[int]) -> Shortlist:
    """One source symbol allows one target."""
    offsets = (np.arange(size + 1) > source).astype(np.int64)
    return Shortlist(np.array(always, dtype=np.int32), offsets, np.array([target], dtype=np.int32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    recipe = recipe_from({"model": {"encoder": STACK, "decoder": STACK}})
    codec = Codec(Tokenizer.train(["one two three"] * 5, vocabulary_size=300))
    save_model(tmp_path / "m", LoadedModel(build(recipe.model, codec.size, codec.size, 1), recipe, codec, codec), {})
    return tmp_path / "m"


def test_it_is_one_more_file_of_the_model(folder: Path) -> None:
    before = read_manifest(folder)
    size = load_model(folder).source.size.symbols
    with pytest.raises(InputError, match="no shortlist"):
        load_shortlist(folder, size, size)
    add_shortlist(folder, of(9, 20, size, [0, END]))
    add_shortlist(folder, of(9, 21, size, [0, END]))
    after = read_manifest(folder)
    assert {**before, SHORTLIST: after[SHORTLIST]} == after
    assert load_shortlist(folder, size, size).of_source(9).tolist() == [21]
    assert load_model(folder).source.size.symbols == size
    with pytest.raises(InputError, match="other vocabularies"):
        load_shortlist(folder, size + 1, size)
    (folder / SHORTLIST).write_bytes(b"damaged")
    with pytest.raises(DamagedFileError, match="checksum"):
        load_model(folder)


def test_outputs_are_written_with_what_it_allows(folder: Path) -> None:
    loaded = load_model(folder)
    shortlist = of(10, 20, loaded.source.size.symbols, [END, 30, 31])
    engine = CTranslate2Engine(loaded, threads=1, shortlist=shortlist)
    request = SearchRequest(Beam(2, 1.0), n_best=2, limits=[12])
    allowed = {20, 30, 31}
    for row, symbols in (([10, END], allowed), ([11, END], allowed - {20})):
        (found,) = engine.search(Packed.of([row]), request).hypotheses
        assert {token for hypothesis in found for token in hypothesis.tokens} <= symbols
    assert "shortlist" in engine.description

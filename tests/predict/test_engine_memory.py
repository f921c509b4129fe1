"""What the native engine is about to take is compared with what is free before it takes it."""

from __future__ import annotations

import pytest
import torch

from dragoman.contracts import Beam, Greedy, Packed, SearchRequest, TextSize
from dragoman.errors import UnsupportedError
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.model.memory import Room
from dragoman.native.library import load
from dragoman.predict import engine_memory
from dragoman.predict.native_engine import NativeEngine
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

pytestmark = pytest.mark.skipif(load("engine") is None, reason="the engine was not built")

STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
RECIPE = recipe_from({"model": {"encoder": STACK, "decoder": STACK}, "search": {"beam": 2, "max_length_extra": 3}})


class Free:
    """The memory that is free."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked = 0

    def __call__(self) -> Room:
        self.asked += 1
        return Room(self.size, "what a small machine has left")


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Free:
    found = Free(1 << 40)
    monkeypatch.setattr(engine_memory, "free_room", found)
    return found


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    codec = Codec(Tokenizer.train(["a b c d e f g"] * 9, vocabulary_size=300))
    model = build(RECIPE.model, TextSize(codec.size.symbols), TextSize(codec.size.symbols), 1)
    return LoadedModel(model, RECIPE, codec, codec)


def engine(loaded: LoadedModel, threads: int = 1) -> NativeEngine:
    assert isinstance(loaded.model, EncoderDecoder)
    return NativeEngine(loaded.model, loaded.codecs[1].special, threads=threads)


def test_a_search_that_needs_more_than_is_free_is_refused_before_it_begins(loaded: LoadedModel, free: Free) -> None:
    native, source = engine(loaded, threads=3), Packed.of([[7] * 40] * 3)
    each = native.native.memory(40, 50, 4)
    request = SearchRequest(Beam(4), limits=[50] * 3)
    free.size = 3 * each - 1
    for search in (native.search, native.stream):
        with pytest.raises(UnsupportedError, match=r"for each of 3 threads.*a small machine has left") as refused:
            search(source, request)
        assert "OMP_NUM_THREADS" in str(refused.value)
    # One row is for one thread.
    assert native.search(source.select(torch.tensor([0])), request.select([0])).hypotheses
    free.size = 3 * each
    assert len(native.search(source, request).hypotheses) == 3


def test_memory_that_is_held_is_asked_for_once(loaded: LoadedModel, free: Free) -> None:
    native = engine(loaded)
    native.search(Packed.of([[7] * 40]), SearchRequest(Greedy(), limits=[50]))
    asked, free.size = free.asked, 0
    native.search(Packed.of([[7] * 40, [7]]), SearchRequest(Greedy(), limits=[50, 20]))
    assert free.asked == asked
    with pytest.raises(UnsupportedError, match="outputs of up to 5,000 symbols"):
        native.search(Packed.of([[7]]), SearchRequest(Beam(4), limits=[5000]))


def test_a_model_that_does_not_fit_is_refused_before_it_is_read(loaded: LoadedModel, free: Free) -> None:
    free.size = 1000
    with pytest.raises(UnsupportedError, match="for the model in float32 at the least"):
        engine(loaded)

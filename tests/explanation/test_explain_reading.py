"""What is explained of a text that was read: with every kind of decoder, the spans, and complete contributions."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dragoman.errors import InputError, UnsupportedError
from dragoman.explanation.explain_reading import TOLERANCE, explain_reading
from dragoman.fields.picture import PictureField
from dragoman.images.preparation import Preparation
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.reader import Reader
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

CODEC = Codec(Tokenizer.train(["a b", "ab ba"] * 5, vocabulary_size=300, kind="characters"))
FIELD = PictureField(Preparation(height=8, width=None, channels=1, contrast=False), 10**6)
ENCODER = {"kind": "residual", "channels": [3, 4], "halvings": 1, "width": 8, "context": 1}
DECODERS = {
    "ctc": {"kind": "ctc"},
    "gru": {"kind": "gru", "width": 8, "embedding_width": 8},
}
PICTURE = np.full((8, 20), 255, dtype=np.uint8)
PICTURE[2:7, 4:9] = PICTURE[1:6, 13:16] = 0


def reader(kind: str) -> Reader:
    recipe = recipe_from({"model": {"encoder": ENCODER, "decoder": DECODERS[kind]}, "search": {"beam": 1}})
    model = build(recipe.model, FIELD.size, CODEC.size, seed=1)
    assert isinstance(model, EncoderDecoder)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.2)
    return Reader(model, FIELD, CODEC, recipe)


@pytest.mark.parametrize("kind", DECODERS)
def test_every_character_has_its_pixels(kind: str) -> None:
    model = reader(kind)
    found = explain_reading(model, PICTURE, text="ba")
    assert [character.text for character in found.characters] == ["b", "a"]
    assert found.text == "ba"
    assert found.read == model.read([PICTURE])[0]
    assert found.picture.shape == (1, 8, 20)
    assert found.first_layer is not None
    assert found.first_layer.responses.shape == (3, 4, 10)
    for character in found.characters:
        attribution = character.attribution
        assert attribution is not None
        assert attribution.contributions.shape == (1, 8, 20)
        assert attribution.value == pytest.approx(character.log_probability, abs=1e-4)
        difference = attribution.value - attribution.baseline_value
        assert attribution.contributions.sum() + attribution.gap == pytest.approx(difference)
        assert abs(attribution.gap) <= TOLERANCE * max(1, abs(difference))
        # Blank paper is what the picture is compared with.
        assert not attribution.contributions[:, :, 19].any()
    if kind == "ctc":
        assert found.alignment is not None
        spans = found.alignment.characters
        assert [span.log_probability for span in spans] == pytest.approx(
            [character.log_probability for character in found.characters], abs=1e-4
        )
        assert found.alignment.to_dict() == model.align([PICTURE], ["ba"])[0].to_dict()
    else:
        assert found.alignment is None
        with pytest.raises(UnsupportedError, match="aligns no characters"):
            model.align([PICTURE])
    assert found.as_text()
    assert len(found.frame()) == 2


def test_pixels_may_be_left_out() -> None:
    found = explain_reading(reader("ctc"), PICTURE, pixels=False)
    assert found.read == found.text
    assert all(character.attribution is None for character in found.characters)
    with pytest.raises(InputError, match="positions"):
        explain_reading(reader("ctc"), PICTURE, text="a" * 40)

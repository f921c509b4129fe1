"""The first convolution of an encoder of pictures, as it responds to one picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dragoman.contracts import Pictures, PictureSize
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.first_convolution import first_convolution
from dragoman.recipe import recipe_from

PIXELS = np.random.default_rng(0).integers(0, 256, (1, 12, 13), dtype=np.uint8)


def model(encoder: dict[str, Any], width: int | None) -> EncoderDecoder:
    size = {"height": 12} if width is None else {"height": 12, "width": width}
    recipe = recipe_from({"model": {"encoder": encoder, "decoder": {"kind": "label"}}, "pictures": size})
    built = build(recipe.model, PictureSize(1, 12, width), 2, seed=1)
    assert isinstance(built, EncoderDecoder)
    return built


@pytest.mark.parametrize(
    ("encoder", "width", "padding"),
    [
        ({"kind": "lenet", "channels": [3, 4], "hidden": [8]}, 13, 2),
        ({"kind": "residual", "channels": [3, 4], "halvings": 1, "width": 8, "context": 0}, None, 1),
    ],
    ids=["lenet", "residual"],
)
def test_responses_are_the_kernels_over_the_ink(encoder: dict[str, Any], width: int | None, padding: int) -> None:
    found = first_convolution(model(encoder, width), Pictures.of([PIXELS]))
    assert found is not None
    ink = torch.from_numpy((255 - PIXELS).astype(np.float32) / 255)[None]
    expected = F.conv2d(ink, found.kernels, stride=found.strides, padding=padding)[0]
    assert found.responses.shape == expected.shape
    assert torch.allclose(found.responses, expected, atol=1e-5)


def test_without_convolutions_there_is_none() -> None:
    assert (
        first_convolution(model({"kind": "mlp", "reads": "picture", "hidden": [4]}, 13), Pictures.of([PIXELS])) is None
    )

"""Convolution over pictures that stand side by side is convolution over each alone."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.contracts import Layout
from dragoman.layers.convolution.cross_correlation_2d import CrossCorrelation2d
from dragoman.layers.convolution.side_by_side import SideBySide

WIDTHS = st.lists(st.integers(1, 17), min_size=1, max_size=5)


@given(WIDTHS, st.integers(1, 6), st.integers(1, 3))
def test_pictures_keep_their_distance(widths: list[int], multiple: int, reach: int) -> None:
    place = SideBySide.of(Layout.of(widths), multiple, reach)
    starts, real = place.starts.tolist(), place.real.flatten()
    assert place.width % multiple == 0
    assert all(start % multiple == 0 for start in starts)
    assert int(real.sum()) == sum(widths)
    for start, width, following in zip(starts, widths, [*starts[1:], place.width], strict=True):
        assert real[start : start + width].all()
        assert following - start - width >= multiple * reach
    after = place.strided(multiple)
    assert after.layout.lengths.tolist() == [-(-width // multiple) for width in widths]
    assert after.width - int(after.real.sum()) >= reach * len(widths)


@given(WIDTHS)
def test_columns_come_back(widths: list[int]) -> None:
    values = torch.randn(3, 4, sum(widths))
    place = SideBySide.of(Layout.of(widths), 4)
    long = place.lay(values)
    assert long.masked_select(~place.real).abs().sum() == 0
    assert place.columns(long).equal(values.permute(2, 1, 0).flatten(1))


@given(WIDTHS, st.lists(st.integers(1, 3), min_size=1, max_size=3), st.integers(1, 2))
@settings(max_examples=40)
def test_strided_convolutions_do_for_each_what_they_do_for_it_alone(
    widths: list[int], strides: list[int], reach: int
) -> None:
    torch.manual_seed(0)
    layers = [
        CrossCorrelation2d(2, 2, (3, 2 * reach + 1), stride=(1, stride), padding=(1, reach)).double()
        for stride in strides
    ]
    values = torch.randn(2, 3, sum(widths), dtype=torch.float64, requires_grad=True)
    place = SideBySide.of(Layout.of(widths), torch.Size(strides).numel(), reach)
    x = place.lay(values)
    for layer, stride in zip(layers, strides, strict=True):
        place = place.strided(stride)
        x = torch.tanh(layer(x)) * place.real
    alone = []
    for picture in values.split(widths, 2):
        y = picture[None]
        for layer in layers:
            y = torch.tanh(layer(y))
        alone.append(y[0].permute(2, 1, 0).flatten(1))
    assert place.layout.lengths.tolist() == [len(y) for y in alone]
    assert torch.allclose(place.columns(x), torch.cat(alone), atol=1e-12)
    direction = torch.randn_like(torch.cat(alone))
    one, other = (torch.autograd.grad((z * direction).sum(), values)[0] for z in (place.columns(x), torch.cat(alone)))
    assert torch.allclose(one, other, atol=1e-12)


def test_a_stride_that_was_not_foreseen_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 4 cannot be strided by 3"):
        SideBySide.of(Layout.of([5]), 4).strided(3)

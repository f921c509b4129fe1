"""How many places a sliding window has."""

from __future__ import annotations

from dragoman.errors import UnsupportedError


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1, the outputs of a convolution or pooling along one axis.

    Args:
        size: places n of the input.
        kernel: places k of the kernel.
        stride: step s from one output to the next, in places of the input.
        padding: zeros p before and after the input.
        dilation: step d from one place of the kernel to the next, in places of the input.

    Raises:
        UnsupportedError: if the kernel has no place in the input.
    """
    places = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    if places < 1:
        raise UnsupportedError(
            f"a kernel of {kernel} places (stride {stride}, padding {padding}, dilation {dilation}) does not fit into "
            f"{size}: ⌊({size} + 2·{padding} − {dilation}·({kernel} − 1) − 1) / {stride}⌋ + 1 = {places} outputs",
            cause="a picture that is too small for so many convolutions and poolings.",
            remedy="use larger pictures, fewer or smaller steps, or more padding.",
        )
    return places

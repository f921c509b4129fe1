"""The number of positions of a sliding window."""

from __future__ import annotations

from dragoman.errors import UnsupportedError


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1, the number of outputs of a convolution or pooling along one axis.

    >>> output_size(28, kernel=3, stride=2, padding=1)
    14

    Args:
        size: length n of the input along the axis.
        kernel: length k of the kernel along the axis.
        stride: step s from one output to the next, in elements of the input.
        padding: number of zeros p before the input, and again after it.
        dilation: step d from one element of the kernel to the next, in elements of the input.

    Raises:
        UnsupportedError: if the kernel does not fit into the input.
    """
    places = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    if places < 1:
        raise UnsupportedError(
            f"a kernel of length {kernel} (stride {stride}, padding {padding}, dilation {dilation}) does not fit into "
            f"{size}: ⌊({size} + 2·{padding} − {dilation}·({kernel} − 1) − 1) / {stride}⌋ + 1 = {places} outputs",
            cause="the picture is too small for so many convolutions and poolings.",
            remedy="use larger pictures, fewer or smaller steps, or more padding.",
        )
    return places

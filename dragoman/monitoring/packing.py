"""Arrays as values of JSON, bit by bit."""

from __future__ import annotations

import base64

import numpy as np

from dragoman.shift.sequential import Array
from dragoman.storage.json import JsonObject


def packed(array: Array) -> JsonObject:
    """An array as its type, its shape and its bytes.

    >>> unpacked(packed(np.array([0.5, 2.0])))
    array([0.5, 2. ])
    """
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return {
        "type": little.dtype.str,
        "shape": list(little.shape),
        "bytes": base64.b64encode(little.tobytes()).decode(),
    }


def unpacked(value: JsonObject) -> Array:
    """The array that was :func:`packed`.

    Raises:
        KeyError, TypeError, ValueError: if it is none.
    """
    kind = np.dtype(value["type"])
    if kind.kind not in "fiu":
        raise ValueError(f"an array of numbers is expected, and this is one of type {kind}")
    data = np.frombuffer(base64.b64decode(value["bytes"], validate=True), dtype=kind)
    return data.astype(kind.newbyteorder("=")).reshape(value["shape"])

"""What was met lately, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from jaxtyping import UInt64

MOST = 1 << 14


class Recent:
    """The last different keys that were met, so many at most; a key that is met again counts as new.

    >>> recent = Recent(most=2)
    >>> [recent.meet(key) for key in (1, 2, 1, 3, 2)]
    [False, False, True, False, False]

    Args:
        keys: keys that were met before, the oldest first.
        most: how many are kept.
    """

    def __init__(self, keys: Iterable[int] = (), most: int = MOST) -> None:
        self._keys = OrderedDict.fromkeys(keys)
        self._most = most

    def meet(self, key: int) -> bool:
        """Whether the key was met among the last ones; it is kept as the newest."""
        met = key in self._keys
        if met:
            self._keys.move_to_end(key)
        else:
            self._keys[key] = None
            if len(self._keys) > self._most:
                self._keys.popitem(last=False)
        return met

    def keys(self) -> UInt64[np.ndarray, " n"]:
        """The keys, the oldest first."""
        return np.array(list(self._keys), dtype=np.uint64)

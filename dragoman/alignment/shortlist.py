"""Lexical shortlist: the few target symbols that a sentence's translation can need, so that no others are scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from dragoman.alignment.ibm_model_1 import TranslationTable
from dragoman.errors import DamagedFileError

_SEEN_BY_CHANCE = 1e-6
"""Pairs of symbols with a smaller probability only occurred in the same sentences by chance."""


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The target symbols that an output may contain (L'Hostis et al. 2016): symbols that are always allowed, and for
    each symbol of the source its most probable translations.

    >>> shortlist = Shortlist(np.array([0, 3]), offsets=np.array([0, 0, 2]), targets=np.array([5, 9]))
    >>> shortlist.of_source(1)
    array([5, 9])

    Attributes:
        always: ids of target symbols that are always allowed, ascending.
        offsets: the translations of source symbol e are ``targets[offsets[e] : offsets[e + 1]]``.
        targets: ids of target symbols, ascending for each source symbol.
    """

    always: Int[np.ndarray, " a"]
    offsets: Int[np.ndarray, " o"]
    targets: Int[np.ndarray, " t"]

    @classmethod
    def of(
        cls,
        table: TranslationTable,
        counts: Int[np.ndarray, " w"],
        *,
        sources: int,
        always: Sequence[int],
        shared: bool,
        frequent: int,
        per_symbol: int,
    ) -> Shortlist:
        """The shortlist of a corpus.

        Args:
            table: translation probabilities t(f | e) learnt from the corpus.
            counts: number of occurrences of each target symbol in the corpus.
            sources: number of symbols of the source vocabulary.
            always: ids of symbols that are allowed whatever the corpus: special symbols, bytes, placeholders.
            shared: whether both languages have one vocabulary; each symbol is then its own translation too, so that
                names can be copied.
            frequent: how many of the most frequent target symbols are always allowed.
            per_symbol: the most targets of each source symbol.
        """
        most_frequent = np.argsort(-counts, kind="stable")[:frequent]
        fixed = np.union1d(np.array(always, dtype=np.int64), most_frequent[counts[most_frequent] > 0])
        known = (table.sources >= 0) & (table.probabilities >= _SEEN_BY_CHANCE) & ~np.isin(table.targets, fixed)
        e, f, t = table.sources[known], table.targets[known], table.probabilities[known]
        order = np.lexsort((f, -t, e))
        e, f = e[order], f[order]
        # The rank of each entry among the entries of its source symbol.
        begins = np.searchsorted(e, np.arange(sources))
        best = np.arange(len(e)) - begins[e] < per_symbol
        e, f = e[best], f[best]
        if shared:
            own = np.setdiff1d(np.arange(sources), fixed)
            e, f = np.concatenate([e, own]), np.concatenate([f, own])
        keys = np.unique(e * max(len(counts), sources) + f)
        e, f = np.divmod(keys, max(len(counts), sources))
        offsets = np.searchsorted(e, np.arange(sources + 1))
        return cls(fixed.astype(np.int32), offsets.astype(np.int64), f.astype(np.int32))

    def of_source(self, symbol: int) -> Int[np.ndarray, " k"]:
        """The targets of one source symbol, without those that are always allowed."""
        return self.targets[self.offsets[symbol] : self.offsets[symbol + 1]]

    def fits(self, sources: int, targets: int) -> bool:
        """Whether the shortlist can belong to vocabularies of these sizes."""
        ids = np.concatenate([self.always, self.targets])
        inside = not len(ids) or bool(0 <= ids.min() <= ids.max() < targets)
        return len(self.offsets) == sources + 1 and inside

    def to_bytes(self) -> bytes:
        """The shortlist as the content of a file."""
        return save({"always": self.always, "offsets": self.offsets, "targets": self.targets})

    def save(self, path: Path) -> None:
        """Write the shortlist to a file."""
        path.write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: Path) -> Shortlist:
        """Read a shortlist that :meth:`save` wrote.

        Raises:
            DamagedFileError: if the file is no shortlist.
        """
        remedy = "make it anew with `dragoman shortlist`."
        try:
            arrays = load_file(path)
            found = cls(arrays["always"], arrays["offsets"], arrays["targets"])
            found._check()
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            raise DamagedFileError(f"not a shortlist: {error}", file=path, remedy=remedy) from error
        return found

    def _check(self) -> None:
        for name in ("always", "offsets", "targets"):
            array = getattr(self, name)
            if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
                raise ValueError(f"{name} is no vector of integers")
        ends = (0, len(self.targets))
        if not len(self.offsets) or (self.offsets[0], self.offsets[-1]) != ends or (np.diff(self.offsets) < 0).any():
            raise ValueError(f"its offsets do not go from 0 up to its {len(self.targets):,} targets")

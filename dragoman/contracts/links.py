"""Links between the tokens of sources and targets, and the attention that is guided by them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Links:
    """Links of target tokens to source tokens in the rows of a mini-batch. A token may have no link, or several.

    >>> links = Links.of([[(0, 1), (2, 0)], [], [(0, 0)]])  # of each row: source token, target token
    >>> links.rows
    tensor([0, 0, 2])
    >>> links.select(torch.tensor([2, 0])).targets
    tensor([0, 1, 0])

    Attributes:
        counts: number of links of each row.
        sources: place in its row of each link's source token; the links of all rows end to end.
        targets: place in its row of each link's target token.
    """

    counts: Int[Tensor, " B"]
    sources: Int[Tensor, " K"]
    targets: Int[Tensor, " K"]

    @classmethod
    def of(cls, rows: list[list[tuple[int, int]]]) -> Links:
        """The links of rows that are given as pairs of a source and a target token."""
        flat = [link for row in rows for link in row]
        sources, targets = (torch.tensor([link[side] for link in flat], dtype=torch.int64) for side in (0, 1))
        return cls(torch.tensor([len(row) for row in rows]), sources, targets)

    @property
    def rows(self) -> Int[Tensor, " K"]:
        """The row of each link."""
        return torch.repeat_interleave(self.counts)

    def select(self, rows: Int[Tensor, " R"]) -> Links:
        """The links of rows ``rows``, in that order; a row may be repeated or left out."""
        rows = rows.to(self.counts.device)
        starts = self.counts.cumsum(0) - self.counts
        counts = self.counts[rows]
        begins = counts.cumsum(0) - counts
        of_row = torch.repeat_interleave(counts)
        places = starts[rows][of_row] + torch.arange(len(of_row), device=rows.device) - begins[of_row]
        return Links(counts, self.sources[places], self.targets[places])

    def to(self, device: torch.device | str) -> Links:
        """The same links on another device."""
        return Links(self.counts.to(device), self.sources.to(device), self.targets.to(device))


@dataclass(frozen=True, slots=True)
class GuidedAlignment:
    """Which attention is guided, and how strongly.

    Attributes:
        weight: factor λ of the alignment loss, which is added to the loss of the decoder.
        layer: number of the attention layer, from 0.
        heads: number of its heads that are guided, the first ones.
    """

    weight: float
    layer: int
    heads: int

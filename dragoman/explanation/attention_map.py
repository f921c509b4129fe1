"""An attention layer's weights for one sentence, with the tokens that they lie between, and what each head looks at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from dragoman.explanation.explanation import Explanation
from dragoman.explanation.page import explanation_page
from dragoman.explanation.text_panels import maps_panel
from dragoman.explanation.text_pictures import attention_picture, weights_picture
from dragoman.model.attention_weights import LayerWeights, Side
from dragoman.optional import plots
from dragoman.reports.shown import Summary
from dragoman.reports.text import aligned, percent_text
from dragoman.storage.json import JsonObject

if TYPE_CHECKING:
    from pandas import DataFrame

MOSTLY = 0.5
"""The share of a head's attention above which it is said to look mostly at one place."""

PLACES = {
    "itself": "the token itself",
    "previous": "the previous token",
    "next": "the next token",
    "same place": "the token at the same relative place",
    "first": "the first token",
    "last": "the last token",
}
"""The places that a summary names, and what they are in words."""


@dataclass(frozen=True, slots=True, repr=False)
class AttentionMap(Explanation):
    """The weights of all heads of one attention layer for one sentence.

    >>> one_head = np.array([[[0.9, 0.1], [0.2, 0.8]]])
    >>> attended = AttentionMap("decoder layer 1, to the source", ["das", "Haus"], ["the", "house"], one_head)
    >>> attended.summaries()[0].words
    'mostly looks at the token at the same relative place'

    Attributes:
        name: Name of the layer, such as "decoder layer 2, to the source".
        queries: The tokens from which the layer looks: in a decoder's attention to the source those that are written,
            in self-attention those that are read.
        keys: The tokens that it looks at.
        heads: For each head the weights of every query (rows) over the keys (columns); the weights of a query sum
            to 1.
        side: What attends to what.
    """

    name: str
    queries: list[str]
    keys: list[str]
    heads: Float[np.ndarray, "H T S"]
    side: Side = Side.CROSS

    @property
    def mean(self) -> Float[np.ndarray, "T S"]:
        """The mean of the heads."""
        mean: Float[np.ndarray, "T S"] = self.heads.mean(0)
        return mean

    def summary(self) -> Summary:
        """The layer's name, and what each head looks at."""
        return Summary(self.name, {f"head {head.number}": head.words for head in self.summaries()})

    def summaries(self) -> list[HeadSummary]:
        """What each head looks at in this sentence."""
        return head_summaries([self])

    def as_text(self) -> str:
        """The table of the heads' summaries."""
        return f"{self.name}\n" + summaries_as_text(self.summaries())

    def in_words(self) -> list[tuple[str, int, str]]:
        """For each head the name of its layer, its number, and what it looks at in words."""
        return [(self.name, head.number, head.words) for head in self.summaries()]

    def page(self) -> str:
        """The map as a page."""
        summary = self.summary()
        data = {"attention": [self.to_dict()]}
        return explanation_page(self.name, "an attention layer", summary.facts, [maps_panel(self.in_words())], data)

    def pictures(self) -> Mapping[str, Callable[[], plots.Figure]]:
        """The mean of the heads, all heads side by side, and each head."""

        def of_head(head: int) -> Callable[[], plots.Figure]:
            title = f"{self.name}, head {head + 1}"
            return lambda: weights_picture(title, self.queries, self.keys, self.heads[head])

        return {
            "mean": lambda: weights_picture(f"{self.name}, mean of the heads", self.queries, self.keys, self.mean),
            "heads": lambda: attention_picture([(self.name, self.heads)]),
            **{f"head-{head + 1}": of_head(head) for head in range(len(self.heads))},
        }

    def frame(self) -> DataFrame:
        """The weights as a table in long form; see :func:`attention_frame`."""
        return attention_frame([self])

    def to_dict(self) -> JsonObject:
        """The map in types of JSON, weights rounded to six digits after the point."""
        return {
            "name": self.name,
            "side": self.side.value,
            "queries": self.queries,
            "keys": self.keys,
            "heads": self.heads.astype(np.float64).round(6).tolist(),
            "summaries": [head.to_dict() for head in self.summaries()],
        }


def attention_maps(
    layers: Sequence[LayerWeights], row: int, *, source: list[str], read: list[str], written: list[str]
) -> list[AttentionMap]:
    """The maps of one sentence from the weights of a mini-batch.

    Args:
        layers: The weights of each layer, as :func:`~dragoman.model.attention_weights.attention_weights` returns them.
        row: Number of the sentence in the mini-batch.
        source: The tokens that the encoder read, the end symbol included; for pictures, names of its positions.
        read: The tokens that the decoder read: the start symbol, and what it wrote without the last symbol.
        written: The tokens that the decoder wrote, the end symbol included.
    """
    tokens = {Side.ENCODER: (source, source), Side.DECODER: (read, read), Side.CROSS: (written, source)}
    return [
        AttentionMap(found.layer.name, *tokens[found.layer.side], found.rows[row], found.layer.side) for found in layers
    ]


@dataclass(frozen=True, slots=True)
class HeadSummary:
    """What one head of a layer looks at, over all queries of one or more sentences.

    Shares are means over the queries that have such a key and could look elsewhere. In self-attention the diagonal is
    the token itself, and the previous and the next one are beside it. In attention to the source the diagonal is the
    token at the same relative place.

    Attributes:
        number: Number of the head, counted from 1.
        entropy: Mean entropy of a query's weights, in nats; 0 if all weight lies on one key.
        shares: Share of the attention on each place, by its name in :data:`PLACES`.
    """

    number: int
    entropy: float
    shares: Mapping[str, float]

    @property
    def spread(self) -> float:
        """The number of keys over which even weights would have this entropy."""
        return math.exp(self.entropy)

    @property
    def words(self) -> str:
        """The place that the head mostly looks at; otherwise over how many tokens it spreads."""
        place, share = max(self.shares.items(), key=lambda item: item[1], default=("", 0.0))
        if share > MOSTLY:
            return f"mostly looks at {PLACES[place]}"
        return f"looks at about {self.spread:.1f} tokens at a time"

    def to_dict(self) -> JsonObject:
        """The summary in types of JSON."""
        shares = {place: round(share, 6) for place, share in self.shares.items()}
        return {"head": self.number, "words": self.words, "entropy": round(self.entropy, 6), "shares": shares}


def head_summaries(maps: Sequence[AttentionMap]) -> list[HeadSummary]:
    """What each head of a layer looks at, over all queries of its maps of several sentences."""
    places = [_places(found) for found in maps]
    summaries = []
    for head in range(len(maps[0].heads)):
        weights = [found.heads[head].astype(np.float64) for found in maps]
        entropies = np.concatenate([_entropies(each) for each in weights])
        shares = {}
        for place in places[0]:
            looked = [
                each[queries, keys] for each, (queries, keys) in zip(weights, (p[place] for p in places), strict=True)
            ]
            found_at = np.concatenate(looked)
            if len(found_at):
                shares[place] = float(found_at.mean())
        summaries.append(HeadSummary(head + 1, float(entropies.mean()), shares))
    return summaries


def summaries_as_text(summaries: Sequence[HeadSummary]) -> str:
    """The summaries of a layer's heads as a table for a terminal.

    >>> print(summaries_as_text([HeadSummary(1, 0.0, {"first": 1.0})]))
    head  entropy    first
    1        0.00  100.0 %
    head 1 mostly looks at the first token
    """
    places = list(summaries[0].shares)
    heading = ("head", "entropy", *places)
    cells = [
        (str(head.number), f"{head.entropy:.2f}", *(percent_text(head.shares.get(place, 0.0)) for place in places))
        for head in summaries
    ]
    return "\n".join([*aligned([heading, *cells]), *(f"head {head.number} {head.words}" for head in summaries)])


def attention_frame(maps: Sequence[AttentionMap]) -> DataFrame:
    """The weights of several layers as one table in long form.

    Returns:
        The columns ``layer``, ``head`` (from 1), ``query`` and ``key`` (places from 0), ``query_token``, ``key_token``
        and ``weight``, with a row for each weight.
    """
    import pandas as pd

    return pd.concat([_frame(found) for found in maps], ignore_index=True)


def _frame(found: AttentionMap) -> DataFrame:
    import pandas as pd

    head, query, key = (places.ravel() for places in np.indices(found.heads.shape))
    return pd.DataFrame(
        {
            "layer": found.name,
            "head": head + 1,
            "query": query,
            "key": key,
            "query_token": np.array(found.queries, dtype=object)[query],
            "key_token": np.array(found.keys, dtype=object)[key],
            "weight": found.heads.ravel(),
        }
    )


_Cells = tuple[np.ndarray, np.ndarray]
"""The queries that have a key of some kind, and that key."""


def _places(found: AttentionMap) -> dict[str, _Cells]:
    """The cells of a map that belong to each place that a summary names."""
    queries, keys = len(found.queries), len(found.keys)
    each = np.arange(queries)
    if found.side is Side.CROSS:
        same = np.rint(each * ((keys - 1) / max(queries - 1, 1))).astype(np.int64)
        first, last = np.zeros(queries, dtype=np.int64), np.full(queries, keys - 1)
        return {"same place": (each, same), "first": (each, first), "last": (each, last)}
    # A query that sees one key alone looks at it in any case.
    free = each[1:] if found.side is Side.DECODER else each if keys > 1 else each[:0]
    places = {"itself": (free, free), "previous": (each[1:], each[1:] - 1)}
    if found.side is Side.ENCODER:
        places["next"] = (each[:-1], each[:-1] + 1)
    places["first"] = (free, np.zeros(len(free), dtype=np.int64))
    if found.side is Side.ENCODER:
        places["last"] = (free, np.full(len(free), keys - 1))
    return places


def _entropies(weights: Float[np.ndarray, "T S"]) -> Float[np.ndarray, " T"]:
    """The entropy of each query's weights in nats."""
    logarithms = np.log(weights, where=weights > 0, out=np.zeros_like(weights))
    entropies: Float[np.ndarray, " T"] = -(weights * logarithms).sum(1)
    return entropies

"""Searches with a language model in PyTorch."""

from __future__ import annotations

import torch

from dragoman.contracts import Nothing, SearchFeature, SearchRequest, SearchResult, SpecialSymbols
from dragoman.errors import InputError
from dragoman.model.language_model import LanguageModel
from dragoman.predict.engine import computed_by_torch
from dragoman.search.rules import SearchRules
from dragoman.search.search import SEARCH_FEATURES, search


class LanguageModelEngine:
    """An :class:`~dragoman.predict.engine.Engine` for what reads nothing. All rows are computed together.

    Args:
        model: the language model; used in evaluation mode.
        special: the special symbols of its vocabulary.
    """

    def __init__(self, model: LanguageModel, special: SpecialSymbols) -> None:
        self.model = model
        self.special = special

    @property
    def description(self) -> str:
        """Where PyTorch computes, and with which numbers."""
        return computed_by_torch(self.model)

    @property
    def features(self) -> frozenset[SearchFeature]:
        """All that a search by steps can do."""
        return SEARCH_FEATURES

    def search(self, source: Nothing, request: SearchRequest) -> SearchResult:
        """The best texts, which go on from their prefixes; see :meth:`~dragoman.predict.engine.Engine.search`.

        Args:
            source: how many texts to write.
            request: what is asked, with limits.

        Raises:
            InputError: if the request has no limits: there is no source that outputs could be as long as.
            UnsupportedError: if something is asked for that no search by steps can do, or the model's scores are not
                numbers.
        """
        request.check(source.rows, self.features, "PyTorch's engine")
        if request.limits is None:
            raise InputError(
                "a language model was asked to write texts of any length",
                remedy="give limits: most tokens of each text.",
            )
        rules = SearchRules.of(request, special=self.special)
        self.model.eval()
        with torch.inference_mode():
            return SearchResult(search(self.model.step, self.model.start(source.rows), request.method, rules))

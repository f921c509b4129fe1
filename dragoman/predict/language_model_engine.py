"""The search engine for language models, in PyTorch."""

from __future__ import annotations

import torch

from dragoman.contracts import Nothing, SearchRequest, SearchResult, SpecialSymbols
from dragoman.errors import InputError
from dragoman.model.language_model import LanguageModel
from dragoman.predict.engine import StepByStep
from dragoman.search.rules import SearchRules
from dragoman.search.search import search


class LanguageModelEngine(StepByStep):
    """An :class:`~dragoman.predict.engine.Engine` for models without a source. All rows are computed together.

    Args:
        model: language model; put into evaluation mode.
        special: special symbols of its vocabulary.
    """

    model: LanguageModel

    def __init__(self, model: LanguageModel, special: SpecialSymbols) -> None:
        self.model = model
        self.special = special

    def search(self, source: Nothing, request: SearchRequest) -> SearchResult:
        """The best texts, which continue their prefixes; see :meth:`~dragoman.predict.engine.Engine.search`.

        Args:
            source: the number of texts to write.
            request: the search method, with limits of length.

        Raises:
            InputError: if the request has no limits: there is no source that would bound the length of outputs.
            UnsupportedError: if the request asks for a feature that no search by steps has, or the model's scores are
                not finite.
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
            return search(self.model.step, self.model.start(source.rows), request.method, rules)

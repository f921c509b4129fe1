"""Operations of the native engine's products in a translation, beside what the processor reaches at most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import Packed, SearchRequest, SearchResult
from dragoman.contracts.expect import expect
from dragoman.contracts.search_methods import SearchFeature
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.native.engine_kernels import Number, products_limit
from dragoman.plan.compile import program_of
from dragoman.plan.operations import operations_of
from dragoman.plan.output_preview import OutputPreview
from dragoman.plan.plan_of import plan_of
from dragoman.predict.engine import Engine
from dragoman.predict.translator import Translator


class CountingEngine:
    """An engine that counts what another one reads.

    Args:
        engine: the engine that searches.
        symbols: number of symbols that an output can have.
        shortlist: the shortlist that it has, if any.

    Attributes:
        positions: symbols of all sources.
        rows: symbols that hypotheses read.
        scored: symbols that were scored for all of these.
    """

    def __init__(self, engine: Engine[Packed], symbols: int, shortlist: Shortlist | None) -> None:
        self._engine = engine
        self._symbols = symbols
        self._shortlist = shortlist
        self.positions = self.rows = 0
        self.scored = 0.0

    @property
    def description(self) -> str:
        """The description of the engine that searches."""
        return self._engine.description

    @property
    def features(self) -> frozenset[SearchFeature]:
        """The features of the engine that searches."""
        return self._engine.features

    def search(self, source: Packed, request: SearchRequest) -> SearchResult:
        """What the other engine finds."""
        result = self._engine.search(source, request)
        calls = result.calls or 0
        self.positions += int(source.layout.tokens)
        self.rows += calls
        self.scored += calls * float(np.mean([self._allowed(row) for row in source.rows()]))
        return result

    def _allowed(self, row: list[int]) -> int:
        """How many symbols are scored for a source."""
        if self._shortlist is None:
            return self._symbols
        of_source = [self._shortlist.of_source(symbol) for symbol in row]
        return len(self._shortlist.always) + len(np.unique(np.concatenate(of_source)))


def operations_of_use(
    translator: Translator, shortlist: Shortlist | None, preview: OutputPreview | None, use: Callable[[], object]
) -> float:
    """The operations of the products of all searches of a translator in one use.

    Args:
        translator: a translator whose engine is the native one.
        shortlist: the shortlist that it has, if any.
        preview: the preview of the output layer that it has, if any.
        use: what is counted.
    """
    engine = translator.engine
    counting = CountingEngine(engine, translator.target.size.symbols, shortlist)
    translator.engine = counting
    try:
        use()
    finally:
        translator.engine = engine
    model = expect(translator.model, EncoderDecoder)
    each = operations_of(program_of(plan_of(model), translator.target.special, preview))
    return each.encode * counting.positions + each.step * counting.rows + each.symbol * counting.scored


def limit_of(number: str, threads: int) -> float:
    """Operations a second that products of a type of number reach at most in some threads."""
    return products_limit(Number[number.upper()]) * threads

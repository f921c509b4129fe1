"""The types that the parts of the package hand to each other.

Sizes have the same letters everywhere: ``B`` rows of a batch, ``S`` source length, ``T`` target length, ``L`` length of
the longest row of a batch, ``N`` tokens of a batch laid end to end, ``D`` model width, ``H`` heads, ``V`` vocabulary,
``R`` rows of a search (hypotheses).

Rows of text have different lengths, and are handed on **packed**: the rows of a batch lie end to end in one tensor
whose first axis is ``N``, and a :class:`Layout` says where each begins. Position-wise layers, the output layer and the
loss then never compute on padding. What needs a rectangle (attention, convolution) asks the layout to
:meth:`~Layout.pad` and :meth:`~Layout.unpad`; nothing else converts. A mask is boolean and ``True`` means a real
position.

Pictures have different widths, and are handed on in the same way: their columns lie end to end (:class:`Pictures`).
Rows of a table all have the same columns (:class:`Rows`).
"""

from __future__ import annotations

from dragoman.contracts.alignments import Alignments
from dragoman.contracts.batches import AnyBatch, Batch, Carried, TextBatch
from dragoman.contracts.constraints import NEVER, OutputAutomaton
from dragoman.contracts.encoder_decoder import (
    AligningDecoder,
    AttendingDecoder,
    Decoder,
    DecoderState,
    Encoder,
    LanguageDecoder,
    LineEncoder,
    Memory,
    PairedDecoder,
    RankingStep,
    State,
    StepFunction,
    TaggingDecoder,
    TextDecoder,
    WritingDecoder,
)
from dragoman.contracts.hypothesis import Ending, Hypothesis
from dragoman.contracts.inputs_outputs import (
    Labels,
    Nothing,
    Numbers,
    Pictures,
    PictureSize,
    Rows,
    RowSize,
    Source,
    SourceSize,
    Tags,
    TagSize,
    Target,
    TargetSize,
    TextSize,
)
from dragoman.contracts.layout import Layout
from dragoman.contracts.links import GuidedAlignment, Links
from dragoman.contracts.packed import Packed
from dragoman.contracts.search import Proof, SearchRequest, SearchResult
from dragoman.contracts.search_methods import (
    Beam,
    BestFirstBeam,
    DiverseBeam,
    Exact,
    Greedy,
    MinimumBayesRisk,
    Sample,
    SearchFeature,
    SearchMethod,
    Utility,
)
from dragoman.contracts.search_trace import Fate, SearchTrace, TraceNode
from dragoman.contracts.special_symbols import DEFAULT_SYMBOLS, SpecialSymbols
from dragoman.contracts.tag_transitions import AllowedTransitions

__all__ = [
    "DEFAULT_SYMBOLS",
    "NEVER",
    "AligningDecoder",
    "Alignments",
    "AllowedTransitions",
    "AnyBatch",
    "AttendingDecoder",
    "Batch",
    "Beam",
    "BestFirstBeam",
    "Carried",
    "Decoder",
    "DecoderState",
    "DiverseBeam",
    "Encoder",
    "Ending",
    "Exact",
    "Fate",
    "Greedy",
    "GuidedAlignment",
    "Hypothesis",
    "Labels",
    "LanguageDecoder",
    "Layout",
    "LineEncoder",
    "Links",
    "Memory",
    "MinimumBayesRisk",
    "Nothing",
    "Numbers",
    "OutputAutomaton",
    "Packed",
    "PairedDecoder",
    "PictureSize",
    "Pictures",
    "Proof",
    "RankingStep",
    "RowSize",
    "Rows",
    "Sample",
    "SearchFeature",
    "SearchMethod",
    "SearchRequest",
    "SearchResult",
    "SearchTrace",
    "Source",
    "SourceSize",
    "SpecialSymbols",
    "State",
    "StepFunction",
    "TagSize",
    "TaggingDecoder",
    "Tags",
    "Target",
    "TargetSize",
    "TextBatch",
    "TextDecoder",
    "TextSize",
    "TraceNode",
    "Utility",
    "WritingDecoder",
]

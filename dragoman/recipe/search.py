"""How an output is searched for."""

from __future__ import annotations

from pydantic import Field

from dragoman.recipe.section import WIDEST_BEAM, Section


class SearchRecipe(Section):
    """Greedy search (``beam = 1``) or beam search."""

    @property
    def phrase(self) -> str:
        """The search in a phrase, such as ``beam 5``."""
        return "greedy search" if self.beam == 1 else f"beam {self.beam}"

    beam: int = Field(default=5, ge=1, le=WIDEST_BEAM)
    """Hypotheses kept at each step."""
    length_penalty: float = Field(default=1.0, ge=0, le=10)
    """Exponent α of ((5 + length) / 6)^α that divides the log-probability (Wu et al. 2016); 0 turns it off."""
    max_length_ratio: float = Field(default=2.0, gt=0, le=1000)
    """Longest output in tokens per source token, beside ``max_length_extra``."""
    max_length_extra: int = Field(default=20, ge=1, le=100_000)
    """Tokens that any output may have beyond ``max_length_ratio``."""
    batch_tokens: int = Field(default=8192, ge=1, le=100_000_000)
    """Source tokens, times the beam, that are translated together at most."""
    shortlist: bool = True
    """Whether a lexical shortlist is learnt at the end of training, for the native engine to use where validation shows
    that it costs nothing. For translators with a large vocabulary."""

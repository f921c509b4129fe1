"""What a model keeps of its training distribution."""

from __future__ import annotations

from pydantic import Field

from dragoman.recipe.section import Section


class ReferenceRecipe(Section):
    """Features and losses of held-out examples, kept with the model, so that later inputs can be compared with them."""

    examples: int = Field(default=2000, ge=0, le=100_000)
    """Most examples that are kept; 0 keeps nothing."""
    texts: bool = False
    """Whether their texts are kept too, for models that read or write text; whoever has the model can then read
    them."""

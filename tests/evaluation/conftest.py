from __future__ import annotations

import random
from collections.abc import Callable

import pytest

Corpus = tuple[list[str], list[str]]


@pytest.fixture
def corpus() -> Callable[..., Corpus]:
    """Outputs and references of made-up words; a share of the output's words is wrong."""

    def make(sentences: int, wrong: float, seed: int = 0) -> Corpus:
        words = [f"{a}{b}{c}" for a in "bdfgkl" for b in "aeiou" for c in ("n", "st", "rm")]
        text = random.Random("references")
        references = [
            " ".join(text.choice(words) for _ in range(text.randint(1, 25))) + text.choice([".", "?", ""])
            for _ in range(sentences)
        ]
        noise = random.Random(seed)
        outputs = [
            " ".join(noise.choice(words) if noise.random() < wrong else word for word in reference.split())
            for reference in references
        ]
        return outputs, references

    return make

"""Text that a language model writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dragoman.predict.writer import Writer, Written


def generate(
    model: Path | str,
    prompts: Sequence[str] = ("",),
    *,
    count: int = 5,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    greedy: bool = False,
    longest: int = 100,
    seed: int = 1,
    device: str = "auto",
) -> list[Written]:
    """Let a language model write new lines, or go on with prompts.

    Args:
        model: the folder of a language model.
        prompts: how lines begin; an empty one asks for a new line.
        count: lines to write for each prompt.
        temperature: above 0; below 1 the probable becomes more so, above 1 less.
        top_k: draw from so many of the most probable symbols; 0 for all.
        top_p: draw from the most probable symbols that together have this share.
        greedy: whether the most probable symbol is always taken, which gives one line for each prompt.
        longest: tokens to write at most.
        seed: seed of the random generator.
        device: where to compute: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        InputError: if there is no model, or one of another kind.

    >>> texts = generate("runs/text/best", ["Once"], count=2, longest=5)
    >>> [written.text.startswith("Once") for written in texts]
    [True, True]
    """
    writer = Writer.load(model, device=device)
    begun = [text for text in prompts for _ in range(1 if greedy else count)]
    return writer.write(
        begun, temperature=temperature, top_k=1 if greedy else top_k, top_p=top_p, seed=seed, longest=longest
    )

"""``dragoman generate``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli.options import Device, finite


def generate(
    model: Annotated[Path, typer.Argument(help="Folder of a language model, such as runs/text/best.")],
    prompt: Annotated[list[str] | None, typer.Option(help="How a line begins. Repeatable.")] = None,
    count: Annotated[int, typer.Option(min=1, max=10**5, help="Lines to write for each prompt.")] = 5,
    temperature: Annotated[
        float,
        typer.Option(max=1000, callback=finite, help="Above 0; below 1 the probable becomes more so, above 1 less."),
    ] = 1.0,
    top_k: Annotated[
        int, typer.Option(min=0, max=10**7, help="Draw from so many of the most probable symbols; 0: all.")
    ] = 0,
    top_p: Annotated[
        float,
        typer.Option(
            min=0.01, max=1, callback=finite, help="Draw from the most probable that together have this share."
        ),
    ] = 1.0,
    greedy: Annotated[bool, typer.Option("--greedy", help="Always take the most probable; one line a prompt.")] = False,
    longest: Annotated[int, typer.Option(min=1, max=10**5, help="Tokens to write at most.")] = 100,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the draws.")] = 1,
    device: Device = "auto",
) -> None:
    """Let a language model write text: new lines, or how it goes on with prompts."""
    from dragoman.storage.given import check_model

    check_model(model)

    from dragoman.predict.generate import generate as generate_texts

    texts = generate_texts(
        model,
        prompt or [""],
        count=count,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        greedy=greedy,
        longest=longest,
        seed=seed,
        device=device,
    )
    for written in texts:
        sys.stdout.buffer.write((" ".join(written.text.splitlines()) + "\n").encode())

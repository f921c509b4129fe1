"""``dragoman generate``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli.constraint_options import GivenConstraints
from dragoman.cli.option_group import takes_groups
from dragoman.cli.options import Device
from dragoman.cli.search_options import GivenSearch
from dragoman.errors import InputError


@takes_groups
def generate(
    search: GivenSearch,
    demands: GivenConstraints,
    model: Annotated[Path, typer.Argument(help="Folder of a language model, such as runs/text/best.")],
    prompt: Annotated[list[str] | None, typer.Option(help="How a line begins. Repeatable.")] = None,
    count: Annotated[int, typer.Option(min=1, max=10**5, help="Lines to write for each prompt.")] = 5,
    greedy: Annotated[bool, typer.Option("--greedy", help="Always take the most probable; one line a prompt.")] = False,
    longest: Annotated[int, typer.Option(min=1, max=10**5, help="Tokens to write at most.")] = 100,
    device: Device = "auto",
) -> None:
    """Let a language model write text: new lines, or how it goes on with prompts."""
    from dragoman.storage.given import check_model

    _check(search, greedy=greedy)
    check_model(model)

    from dragoman.contracts import Sample
    from dragoman.model.folder import recipe_in
    from dragoman.predict.generate import generate as generate_texts

    method = search.method(recipe_in(model).search, count, usual="sample")
    if greedy and isinstance(method, Sample):
        method, count = replace(method, top_k=1), 1
    texts = generate_texts(
        model,
        prompt or [""],
        count=count,
        search=method,
        longest=longest,
        constraints=demands.constraints(),
        device=device,
    )
    for written in texts:
        sys.stdout.buffer.write((" ".join(written.text.splitlines()) + "\n").encode())


def _check(search: GivenSearch, *, greedy: bool) -> None:
    search.check("sample")
    if greedy and search.search is not None:
        raise InputError(
            f"--greedy cannot be given beside --search {search.search}", remedy="give one of these, such as --greedy."
        )

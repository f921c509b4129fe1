"""``dragoman diagnose``: joins the commands that look at a run."""

from __future__ import annotations

import typer

from dragoman.cli.diagnose_capacity import capacity
from dragoman.cli.diagnose_fit import fit
from dragoman.cli.diagnose_stability import stability

_HELP = "Say whether a run has learnt and whether it is stable, and what to do about it."

diagnose = typer.Typer(help=_HELP, no_args_is_help=True)
for command in (fit, stability, capacity):
    diagnose.command()(command)

"""The command ``dragoman``: one file per subcommand. Heavy imports are made inside the commands that need them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dragoman import __version__
from dragoman.cli.adapt import adapt
from dragoman.cli.bench import bench
from dragoman.cli.clean import clean
from dragoman.cli.compare import compare
from dragoman.cli.corpus import corpus
from dragoman.cli.demo import demo
from dragoman.cli.describe import describe
from dragoman.cli.diagnose import diagnose
from dragoman.cli.distill import distill
from dragoman.cli.doctor import doctor
from dragoman.cli.ending import ending_signals, status_of
from dragoman.cli.evaluate import evaluate
from dragoman.cli.explain import explain
from dragoman.cli.export import export
from dragoman.cli.generate import generate
from dragoman.cli.monitor import monitor
from dragoman.cli.predict import predict
from dragoman.cli.quantize import quantize
from dragoman.cli.read import read
from dragoman.cli.score import score
from dragoman.cli.shortlist import shortlist
from dragoman.cli.spread_files import spread_files
from dragoman.cli.streams import let_go, sound_streams
from dragoman.cli.train import train
from dragoman.cli.translate import translate
from dragoman.data.pipes import remembering_pipes

app = typer.Typer(
    help="Turn your own parallel data into a translator that you own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo,
    corpus,
    clean,
    train,
    adapt,
    distill,
    translate,
    read,
    predict,
    evaluate,
    shortlist,
    quantize,
    bench,
    export,
    compare,
    score,
    explain,
    monitor,
    generate,
    describe,
    doctor,
):
    app.command()(command)
app.add_typer(diagnose, name="diagnose")


def _print_version(wanted: bool) -> bool:
    if wanted:
        print(f"dragoman {__version__}")
        raise typer.Exit
    return wanted


_VERSION = typer.Option("--version", help="Print the version, and end.", callback=_print_version, is_eager=True)


@app.callback()
def _options(version: Annotated[bool, _VERSION] = False) -> None:
    """Turn your own parallel data into a translator that you own."""


def main() -> None:
    """Run the command line. A person's mistake is one message and exit status 1, never a traceback."""
    with sound_streams(), ending_signals():
        sys.exit(_status())


def _status() -> int:
    """Run the command line: its exit status, with a message on standard error if it is not 0."""
    try:
        try:
            with remembering_pipes():
                app(args=spread_files(sys.argv[1:]))
        finally:
            let_go()
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        status = status_of(error)
        if status is None:
            raise
        return status
    return 0

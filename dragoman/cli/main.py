"""The command ``dragoman``: one file per subcommand. Heavy imports are made inside the commands that need them."""

from __future__ import annotations

import os
import sys

import typer

from dragoman.cli.clean import clean
from dragoman.cli.compare import compare
from dragoman.cli.corpus import corpus
from dragoman.cli.demo import demo
from dragoman.cli.describe import describe
from dragoman.cli.diagnose import diagnose
from dragoman.cli.distill import distill
from dragoman.cli.doctor import doctor
from dragoman.cli.evaluate import evaluate
from dragoman.cli.export import export
from dragoman.cli.generate import generate
from dragoman.cli.predict import predict
from dragoman.cli.read import read
from dragoman.cli.score import score
from dragoman.cli.shortlist import shortlist
from dragoman.cli.spread_files import spread_files
from dragoman.cli.train import train
from dragoman.cli.translate import translate
from dragoman.data.pipes import remembering_pipes
from dragoman.errors import DragomanError

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
    distill,
    translate,
    read,
    predict,
    evaluate,
    shortlist,
    export,
    compare,
    score,
    generate,
    describe,
    doctor,
):
    app.command()(command)
app.add_typer(diagnose, name="diagnose")


@app.callback()
def _options() -> None:
    """Turn your own parallel data into a translator that you own."""


def main() -> None:
    """Run the command line. A person's mistake is one message and exit status 1, never a traceback."""
    try:
        with remembering_pipes():
            app(args=spread_files(sys.argv[1:]))
    except DragomanError as error:
        print(f"dragoman: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("dragoman: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)

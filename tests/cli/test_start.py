"""A command that fails on its arguments has loaded no more than `--help` does, but for what recipes need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "pandas", "numpy", "pyarrow", "matplotlib", "sacrebleu", "tokenizers", "babel", "PIL", "ctranslate2")
SCRIPT = """
import contextlib, io, json, sys
from dragoman.cli.main import main
found = {}
for command in json.loads(sys.argv[1]):
    sys.argv, errors = ["dragoman", *command.split()], io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as end:
            status = end.code
    found[command] = (status, errors.getvalue(), [name for name in sys.argv[0:0] + HEAVY if name in sys.modules])
print(json.dumps(found))
""".replace("sys.argv[0:0] + HEAVY", repr(list(HEAVY)))
REFUSED = {
    "train gone.toml": "no such recipe file or preset: gone.toml",
    "train tiny --source gone.en --target gone.de": "gone.en: no such file",
    "train tiny --set training.updates=many": "training.updates",
    "train tiny --set x": "write it as key=value",
    "train --resume gone": "no run to resume here",
    "clean tiny --output cleaned --corpus gone.tmx": "gone.tmx: no such file",
    "compare gone": "no such recipe file or preset: gone",
    "distill gone": "no model here",
    "translate gone": "no model here",
    "translate gone --beam 0": "Invalid value",
    "evaluate gone": "no model here",
    "evaluate gone --nothing": "No such option",
    "predict gone": "no model here",
    "read gone picture.png": "no model here",
    "score gone": "no model here",
    "explain gone sentence": "no model here",
    "generate gone": "no model here",
    "shortlist gone": "no model here",
    "export gone --output out": "no model here",
    "describe gone": "no such recipe file or preset: gone",
    "diagnose fit gone": "no run is here",
    "diagnose stability gone": "no run is here",
    "diagnose capacity gone --minutes 1": "no such run, recipe file or preset: gone",
}


def test_arguments_are_checked_before_anything_heavy_is_loaded(tmp_path: Path) -> None:
    script = [sys.executable, "-c", SCRIPT, json.dumps(list(REFUSED))]
    run = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=True)
    for command, (status, errors, loaded) in json.loads(run.stdout).items():
        assert REFUSED[command] in errors, command
        assert status in (1, 2), command
        assert not loaded, f"{command}: {loaded}"

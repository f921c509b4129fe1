"""Time ``dragoman demo`` as a user runs it, and record how well it does.

    python benchmarks/demo.py [--from en --to fr]

Writes ``results/demo-FROM-TO.json``, and what was printed to ``results/demo-FROM-TO.txt``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dragoman.comparison.machine import describe_machine

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", default="en")
    parser.add_argument("--to", dest="target", default="fr")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "demo"
        command = ["demo", "--from", arguments.source, "--to", arguments.target, "--output", str(output)]
        began = time.perf_counter()
        run = [sys.executable, "-m", "dragoman", *command]
        printed = subprocess.run(run, check=True, stdout=subprocess.PIPE, text=True).stdout
        seconds = time.perf_counter() - began
        report = json.loads((output / "evaluation.json").read_text(encoding="utf-8"))
        dataset = json.loads((output / "dataset" / "report.json").read_text(encoding="utf-8"))
    result = {
        "machine": describe_machine(),
        "seconds": round(seconds, 1),
        "pairs": dataset["pairs"],
        "test": {key: report[key] for key in ("sentences", "bleu", "chrf", "exact_match")},
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"demo-{arguments.source}-{arguments.target}.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    shown = printed.replace(str(output), "runs/demo")
    path.with_suffix(".txt").write_text(f"$ dragoman demo\n{shown}", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

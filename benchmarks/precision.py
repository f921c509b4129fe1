"""What bfloat16 and the native kernels cost in quality: finished runs of equal recipes and seeds, side by side.

    python benchmarks/precision.py --plain RUN RUN RUN --fast RUN RUN RUN [--note TEXT]

The plain ones were trained in float32 without native kernels (``DRAGOMAN_NATIVE=off dragoman train … --set
training.precision=float32``), the fast ones as ``auto`` would. Runs are compared in the order given, which must be that
of their seeds. Writes ``results/precision.json``.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from dragoman.comparison.machine import describe_machine
from dragoman.training.run_folder import RunFolder

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", type=Path, nargs="+", required=True)
    parser.add_argument("--fast", type=Path, nargs="+", required=True)
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    rows = [compared(plain, fast) for plain, fast in zip(arguments.plain, arguments.fast, strict=True)]
    differences = [row["difference"] for row in rows]
    found = {
        "machine": describe_machine(),
        "what": "BLEU on the test set at the recipe's beam, fast less plain",
        "rows": rows,
        "mean difference": round(statistics.mean(differences), 2),
        "note": arguments.note,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "precision.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


def compared(plain: Path, fast: Path) -> dict[str, Any]:
    """Both runs' BLEU and validation loss.

    Raises:
        ValueError: if their recipes differ in more than the precision.
    """
    facts: dict[str, Any] = {}
    recipes = []
    for name, folder in (("plain", plain), ("fast", fast)):
        run = RunFolder(folder)
        recipe = run.recipe()
        recipes.append(recipe.model_copy(update={"training": recipe.training.model_copy(update={"precision": "auto"})}))
        history = run.history()
        last = history[history["event"] == "validation"].iloc[-1]
        report = json.loads(run.evaluation_file.read_text(encoding="utf-8"))
        bleu = {key: round(report["bleu"][key], 2) for key in ("value", "low", "high")}
        facts[name] = {"precision": recipe.training.precision, "bleu": bleu, "validation loss": round(last["loss"], 4)}
        facts["seed"], facts["updates"] = recipe.training.seed, recipe.training.updates
    if recipes[0] != recipes[1]:
        raise ValueError(f"{plain} and {fast} were trained by recipes that differ in more than the precision")
    return {**facts, "difference": round(facts["fast"]["bleu"]["value"] - facts["plain"]["bleu"]["value"], 2)}


if __name__ == "__main__":
    main()

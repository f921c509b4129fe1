"""Train on real corpora and measure on held-out pairs, of which no source occurs in training.

    python benchmarks/real_corpora.py home-assistant-de [--wheel WHEEL] [--run FOLDER] [--threads N] [--updates N]
    python benchmarks/real_corpora.py home-assistant-zh [--wheel WHEEL] ...
    python benchmarks/real_corpora.py tatoeba-zh --tatoeba FILE ...

The Home Assistant catalogues come as a wheel that pip fetches, unless ``--wheel`` names one; ``FILE`` is a table of
English and Chinese without a header line. The recipe is the preset ``tiny``, with another number of
updates if it is given. Writes
``results/NAME.json`` with the figures and ten outputs, evenly spaced over the test set, and ``results/NAME.png`` with
the learning curves. An unfinished run is gone on with, a finished one is only measured.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import dragoman
from dragoman.comparison.machine import describe_machine
from dragoman.data.dataset import Dataset
from dragoman.data.ready_made import fetch_corpus
from dragoman.recipe import Recipe, load_recipe
from dragoman.training.history import read_history
from dragoman.training.progress import TerminalProgress
from dragoman.training.run import resume

RESULTS = Path(__file__).parent / "results"
HOME_ASSISTANT = {"home-assistant-de": "de", "home-assistant-zh": "zh"}
TATOEBA = "tatoeba-zh"
SHOWN = 10
VALIDATIONS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", choices=[*HOME_ASSISTANT, TATOEBA])
    parser.add_argument("--wheel", type=Path, default=None)
    parser.add_argument("--tatoeba", type=Path, default=None)
    parser.add_argument("--run", type=Path, default=None, help="folder of the run; by default runs/CORPUS")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--updates", type=int, default=None)
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    run = arguments.run or Path("runs") / arguments.corpus
    if not (run / "evaluation.json").exists():
        train(arguments, run)
    result = {**describe(arguments.corpus, run), "note": arguments.note}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (RESULTS / f"{arguments.corpus}.json").write_text(text + "\n", encoding="utf-8")
    shutil.copy(run / "learning_curves.png", RESULTS / f"{arguments.corpus}.png")
    print(text)


def train(arguments: argparse.Namespace, run: Path) -> None:
    with TerminalProgress() as progress:
        if (run / "recipe.toml").exists():
            resume(run, observers=[progress])
        else:
            dragoman.train(recipe_of(arguments, run), run, observers=[progress])


def recipe_of(arguments: argparse.Namespace, run: Path) -> Recipe:
    training = {"threads": arguments.threads}
    if arguments.updates is not None:
        every = max(arguments.updates // VALIDATIONS, 1)
        training |= {"updates": arguments.updates, "validate_every": every, "checkpoint_every": every}
    changes: dict[str, Any] = {"training": training}
    if arguments.corpus in HOME_ASSISTANT:
        folder = run.with_name(f"{run.name}-corpus")
        source = folder / "recipe.toml"
        if not source.exists():
            target = HOME_ASSISTANT[arguments.corpus]
            fetch_corpus("home-assistant", "en", target, folder, wheel=arguments.wheel, log=print)
        return load_recipe(source, changes=changes)
    if arguments.tatoeba is None:
        raise SystemExit("tatoeba-zh needs --tatoeba FILE")
    corpus = {"path": arguments.tatoeba.absolute(), "source_column": "1", "target_column": "2", "name": "tatoeba"}
    terms = {"licence": "CC-BY-2.0-FR", "origin": "tatoeba.org"}
    return load_recipe("tiny", changes={**changes, "data": {"target_language": "zh", "train": {**corpus, **terms}}})


def describe(name: str, run: Path) -> dict[str, Any]:
    """Figures and outputs of a finished run."""
    dataset = Dataset.open(run / "dataset")
    report = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    history = read_history(run)
    recipe = load_recipe(run / "recipe.toml")
    assert dataset.test is not None
    sources, references = dataset.test.source_texts(), dataset.test.target_texts()
    chosen = [round(place * (len(sources) - 1) / (SHOWN - 1)) for place in range(SHOWN)]
    outputs = dragoman.load(run / "best").translate([sources[place] for place in chosen])
    cleaning = dataset.report["cleaning"]["train"]
    return {
        "corpus": name,
        "pairs": {"read": cleaning["read"], **dataset.report["pairs"]},
        "dropped": cleaning["dropped"],
        "coverage": dataset.report["coverage"],
        "updates": int(history["update"].max()),
        "threads": recipe.training.threads,
        "minutes": round(float(history["seconds"].max()) / 60, 1),
        "test": {key: report[key] for key in ("sentences", "bleu", "chrf", "ter", "exact_match", "placeholders")},
        "outputs": [
            {"source": sources[place], "reference": references[place], "output": output}
            for place, output in zip(chosen, outputs, strict=True)
        ],
        "machine": describe_machine(),
    }


if __name__ == "__main__":
    main()

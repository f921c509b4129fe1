"""Train the preset ``tiny`` on Multi30k English→German and measure it on test 2016.

    python benchmarks/multi30k.py --data DIR [--run FOLDER] [--threads N]

``DIR`` holds ``train``, ``val`` and ``test_2016_flickr`` with the endings ``.en`` and ``.de`` (Elliott et al. 2016).
Writes ``results/multi30k-THREADS.json`` and the learning curves beside it. An unfinished run in FOLDER is gone on with,
a finished one is only measured.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

import dragoman
from dragoman.comparison.machine import describe_machine
from dragoman.data.dataset import Dataset
from dragoman.evaluation.translation_report import evaluate_translations
from dragoman.training.progress import TerminalProgress
from dragoman.training.run import resume
from dragoman.training.run_folder import RunFolder

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--run", type=Path, default=Path("runs/multi30k"), help="folder of the run")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    train(arguments.data, arguments.run, arguments.threads)
    result = {**measure(arguments.run, arguments.threads), "note": arguments.note}
    name = f"multi30k-{arguments.threads}"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    shutil.copy(arguments.run / "learning_curves.png", RESULTS / f"{name}.png")
    print(json.dumps(result, indent=2))


def train(data: Path, run: Path, threads: int) -> None:
    if (run / "evaluation.json").exists():
        return
    with TerminalProgress() as progress:
        if (run / "recipe.toml").exists():
            resume(run, observers=[progress])
            return
        splits = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
        corpora = {
            split: {"source": data / f"{name}.en", "target": data / f"{name}.de"} for split, name in splits.items()
        }
        changes = {"data": corpora, "training": {"threads": threads}}
        dragoman.train("tiny", run, changes=changes, observers=[progress])


def measure(run: Path, threads: int) -> dict[str, object]:
    """Quality and speed of the best model at beam 5 and greedy, and how long training took."""
    import torch

    torch.set_num_threads(threads)
    dataset = Dataset.open(run / "dataset")
    assert dataset.test is not None
    sources, references = dataset.test.source_texts(), dataset.test.target_texts()
    translator = dragoman.load(run / "best")
    translator.translate(sources[:100])
    searches = {}
    for beam in (1, 5):
        began = time.perf_counter()
        outputs = translator.translate(sources, beam=beam)
        seconds = time.perf_counter() - began
        report = evaluate_translations(outputs, references, target_language="de")
        searches[f"beam {beam}" if beam > 1 else "greedy"] = {
            "bleu": report.to_dict()["bleu"],
            "chrf2++": report.to_dict()["chrf"],
            "ter": report.to_dict()["ter"],
            "sentences_per_second": round(len(sources) / seconds, 1),
        }
    history = RunFolder(run).history()
    updates = history[history["event"] == "update"]
    validations = history[history["event"] == "validation"]
    return {
        "machine": describe_machine(),
        "threads": threads,
        "training": {
            "updates": int(updates["update"].max()),
            "target_tokens": int(updates["target_tokens"].sum()),
            "minutes": round(float(updates["seconds"].max()) / 60, 2),
            "target_tokens_per_second": round(float(updates["target_tokens"].sum() / updates["seconds"].max()), 1),
            "padding": round(float(updates["padding"].mean()), 4),
        },
        "validation_greedy": [
            {"minutes": round(row.seconds / 60, 2), "update": row.update, "loss": row.loss, "bleu": row.bleu}
            for row in validations.itertuples()
        ],
        "test_2016": searches,
    }


if __name__ == "__main__":
    main()

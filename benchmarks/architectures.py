"""Every text encoder and decoder on Multi30k English→German, under one budget of training tokens.

    python benchmarks/architectures.py --data DIR [--output FOLDER] [--threads N] [--longer] [NAME ...]

``DIR`` holds ``train``, ``val`` and ``test_2016_flickr`` with the endings ``.en`` and ``.de`` (Elliott et al. 2016).
Writes ``results/architectures.json``, the page and the pictures beside it. Runs that are finished in FOLDER are only
measured, those that were begun are gone on with. With names, only these architectures are trained, and nothing is
compared yet, so that several processes can share the work. With ``--longer``, the Transformer and the attentional
recurrent network, which the literature compares, are trained until their curves are flat, and the files are
``results/architectures-longer.*``.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragoman.comparison.budget import Budget
from dragoman.comparison.compare import CURVES, PAGE, QUALITY_TIME, RUNS, compare
from dragoman.comparison.subject import Subject, prepare, run_of, train
from dragoman.recipe import Recipe, load_recipe
from dragoman.training.progress import TerminalProgress

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Setting:
    """What all models of a comparison share: updates, target tokens in a mini-batch, updates of warm-up."""

    title: str
    updates: int
    tokens: int
    warmup: int


BUDGET = Setting("architectures", updates=2400, tokens=2048, warmup=240)
"""4.9 million tokens, 11 passes."""
LONGER = Setting("architectures-longer", updates=3800, tokens=4096, warmup=500)
"""15.4 million tokens, 35 passes."""

_SIZE = {"width": 256, "embedding_width": 128, "dropout": 0.3}
_TRANSFORMER = {"dropout": 0.3}


def _recurrent(kind: str, attention: str, **decoder: Any) -> dict[str, Any]:
    return {
        "encoder": {"kind": kind, **_SIZE},
        "decoder": {"kind": kind, "attention": attention, **_SIZE, **decoder},
    }


MODELS: dict[str, dict[str, Any]] = {
    "rnn": _recurrent("rnn", "none"),
    "gru": _recurrent("gru", "none"),
    "lstm": _recurrent("lstm", "none"),
    "gru-dot": _recurrent("gru", "dot"),
    "gru-scaled-dot": _recurrent("gru", "scaled_dot"),
    "lstm-dot": _recurrent("lstm", "dot"),
    "lstm-additive": _recurrent("lstm", "additive"),
    "bilstm-2-additive": {
        "encoder": {"kind": "lstm", "layers": 2, "bidirectional": True, **_SIZE, "width": 128},
        "decoder": {"kind": "lstm", "layers": 2, "attention": "additive", **_SIZE},
    },
    "convolution": {
        "encoder": {"kind": "convolution", "layers": 6, "width": 128, "dropout": 0.2},
        "decoder": {"kind": "lstm", "attention": "additive", **_SIZE},
    },
    "transformer": {"encoder": _TRANSFORMER, "decoder": _TRANSFORMER},
}
OF_THE_LITERATURE = ("lstm-additive", "transformer")
RATES = {"transformer": 5e-3}
"""Peak learning rates; all others have 6e-3. In runs of 400 updates, losses fell with the rate up to these."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="train these only")
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--output", type=Path, default=Path("runs"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    parser.add_argument("--longer", action="store_true", help="two models, until they have converged")
    arguments = parser.parse_args()
    setting = LONGER if arguments.longer else BUDGET
    updates = Budget(updates=setting.updates)
    output = arguments.output / setting.title
    subjects = [
        _subject(name, output / RUNS / name, arguments.data, setting, arguments.threads)
        for name in arguments.names or (OF_THE_LITERATURE if arguments.longer else MODELS)
    ]
    with TerminalProgress() as progress:
        if arguments.names:
            for subject in subjects:
                run = run_of(subject, output / RUNS, updates)
                if isinstance(subject.source, Recipe):
                    prepare(run, print, [progress])
                    train(run, print, [progress])
            return
        budget = updates if any(isinstance(subject.source, Recipe) for subject in subjects) else None
        report = compare(
            {subject.name: subject.source for subject in subjects},
            output,
            budget=budget,
            beam=5,
            threads=arguments.threads,
            log=print,
            observers=[progress],
        )
    result = {**report.to_dict(), "note": arguments.note}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{setting.title}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for written, kept in ((PAGE, ".html"), (CURVES, "-curves.png"), (QUALITY_TIME, "-quality-time.png")):
        shutil.copy(output / written, RESULTS / f"{setting.title}{kept}")


def _subject(name: str, run: Path, data: Path, setting: Setting, threads: int) -> Subject:
    if (run / "evaluation.json").exists():
        return Subject(name, run)
    splits = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
    corpora = {
        split: {"source": (data / f"{file}.en").absolute(), "target": (data / f"{file}.de").absolute()}
        for split, file in splits.items()
    }
    training = {
        "threads": threads,
        "average": 0.998,
        "batch": {"tokens": setting.tokens},
        "optimizer": {"learning_rate": RATES.get(name, 6e-3)},
        "schedule": {"kind": "cosine", "warmup": setting.warmup},
    }
    return Subject(name, load_recipe("tiny", changes={"data": corpora, "training": training, "model": MODELS[name]}))


if __name__ == "__main__":
    main()

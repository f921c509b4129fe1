"""Language models of German captions, side by side, and what one adds to a translator's search.

    python benchmarks/language_models.py --data DIR --translator MODEL [--output FOLDER] [--threads N]

``DIR`` holds ``train``, ``val`` and ``test_2016_flickr`` with the endings ``.en`` and ``.de`` (Elliott et al. 2016).
``MODEL`` is a model that translates English to German; all language models take its vocabulary, so that their
perplexities compare and each can be fused with it. The weight of the fusion is chosen on ``val``. Writes
``results/language-models.json``. Runs that are finished in FOLDER are only measured.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from dragoman.comparison.machine import describe_machine
from dragoman.evaluation.translation_report import evaluate_translations
from dragoman.predict.translator import Translator
from dragoman.recipe import Recipe, load_recipe
from dragoman.training.progress import TerminalProgress
from dragoman.training.run import resume, train
from dragoman.training.run_folder import RunFolder

RESULTS = Path(__file__).parent / "results"
UPDATES = 1500
"""Of mini-batches of at most 2,048 tokens: the same for all."""
WEIGHTS = (0.0, 0.05, 0.1, 0.2)
FUSED = "LSTM, lines"

_SIZE = {"width": 256, "layers": 2, "embedding_width": 128, "dropout": 0.3}
MODELS: dict[str, tuple[dict[str, Any], str]] = {
    "RNN, lines": ({"kind": "rnn", **_SIZE}, "lines"),
    "GRU, lines": ({"kind": "gru", **_SIZE}, "lines"),
    "LSTM, lines": ({"kind": "lstm", **_SIZE}, "lines"),
    "LSTM, sequential": ({"kind": "lstm", **_SIZE}, "sequential"),
    "LSTM, random": ({"kind": "lstm", **_SIZE}, "random"),
    "Transformer, lines": ({"kind": "transformer", "dropout": 0.3}, "lines"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--translator", type=Path, required=True, help="model whose vocabulary is taken")
    parser.add_argument("--output", type=Path, default=Path("runs/language-models"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    result: dict[str, Any] = {
        "machine": describe_machine(),
        "threads": arguments.threads,
        "updates": UPDATES,
        "note": arguments.note,
        "models": {},
    }
    for name in MODELS:
        folder = arguments.output / name.replace(", ", "-").lower()
        result["models"][name] = _trained(name, folder, arguments.data, arguments.translator, arguments.threads)
        print(name, result["models"][name], flush=True)
        if name == FUSED:
            result["fusion"] = {"model": name, **_fusion(arguments.translator, folder / "best", arguments.data)}
            print(result["fusion"], flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "language-models.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _trained(name: str, folder: Path, data: Path, translator: Path, threads: int) -> dict[str, Any]:
    with TerminalProgress() as progress:
        if not folder.exists():
            train(_recipe(name, data, translator, threads), folder, observers=[progress])
        elif not RunFolder(folder).is_finished:
            resume(folder, observers=[progress])
    found = json.loads(RunFolder(folder).evaluation_file.read_text(encoding="utf-8"))
    updates = RunFolder(folder).history().query("event == 'update'")
    return {
        **{metric: found[metric] for metric in ("perplexity", "bits_per_character")},
        "tokens": int(updates["target_tokens"].sum()),
        "tokens_per_second": round(float(updates["target_tokens"].sum() / updates["seconds"].max())),
    }


def _recipe(name: str, data: Path, translator: Path, threads: int) -> Recipe:
    decoder, partition = MODELS[name]
    files = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
    changes = {
        "data": {
            "target_language": "de",
            **{split: {"text": (data / f"{file}.de").absolute()} for split, file in files.items()},
        },
        "tokenizer": {"model": translator.absolute()},
        "model": {"encoder": {"kind": "none"}, "decoder": decoder},
        "training": {
            "threads": threads,
            "updates": UPDATES,
            "label_smoothing": 0.0,
            "average": 0.995,
            "validate_every": 300,
            "batch": {"tokens": 2048, "partition": partition, "window": 64},
            "optimizer": {"learning_rate": 6e-3},
            "schedule": {"kind": "cosine", "warmup": 150},
        },
    }
    return load_recipe("tiny", changes=changes)


def _fusion(translator: Path, language_model: Path, data: Path) -> dict[str, Any]:
    """BLEU of each weight on the validation set, and on the test set that of the best weight and of none."""
    validation = {weight: _bleu(translator, language_model, weight, data, "val") for weight in WEIGHTS}
    best = max(validation, key=lambda weight: validation[weight]["value"])
    test = {weight: _bleu(translator, language_model, weight, data, "test_2016_flickr") for weight in {0.0, best}}
    return {
        "validation": {str(weight): found["value"] for weight, found in validation.items()},
        "weight": best,
        "test_2016": {str(weight): test[weight] for weight in sorted(test)},
    }


def _bleu(translator: Path, language_model: Path, weight: float, data: Path, split: str) -> dict[str, Any]:
    sources = (data / f"{split}.en").read_text(encoding="utf-8").splitlines()
    references = (data / f"{split}.de").read_text(encoding="utf-8").splitlines()
    fused = {} if weight == 0 else {"language_model": language_model, "language_model_weight": weight}
    outputs = Translator.load(translator, **fused).translate(sources, beam=5)
    report = evaluate_translations(outputs, references, target_language="de")
    return dict(report.to_dict()["bleu"])


if __name__ == "__main__":
    main()

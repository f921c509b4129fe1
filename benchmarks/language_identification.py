"""Which language a string is in: Dragoman's ``text-label`` preset beside fastText's classifier, on the same data.

    python benchmarks/language_identification.py --wheel FILE [--threads N] [--output FOLDER] [--note TEXT]

``FILE`` is the wheel of Home Assistant (``pip download --no-deps homeassistant``), whose translations are read: all
strings of three words or more, in every language that has 900 different ones or more. A string that occurs in more than
one language is left out. All languages of one key are on one side, by a hash of the key: 80 % are learnt from, 10 %
choose, 10 % are the test; and what occurs in training, but for case and punctuation, is left out of the other two.
fastText (Joulin et al. 2017, ``pip install fasttext-wheel``) has n-grams of characters, and its learning rate and
epochs are chosen on the validation strings. Writes ``results/language-identification.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import tempfile
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from command_line import command_line

from dragoman.comparison.machine import describe_machine
from dragoman.evaluation.classification_report import evaluate_labels
from dragoman.model.weights import parameter_count
from dragoman.predict.predictor import Predictor
from dragoman.recipe import load_recipe
from dragoman.text.language import is_language
from dragoman.text.normalization import UNICODE_FORMS, match_key, normalize
from dragoman.training.run import train

RESULTS = Path(__file__).parent / "results"
WORDS = 3
FEWEST = 900
"""Different strings that a language must have."""
SEED = 1
TENTHS = {8: "validation", 9: "test"}
"""Of the hash of a key; all others are training."""
RATES, EPOCHS = (0.2, 0.5, 1.0), (10, 25)
"""That fastText may choose from."""

Splits = dict[str, pd.DataFrame]
Measured = tuple[dict[str, Any], list[str]]
"""Figures, and the label of each test string."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, help="keep the run there")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    splits = read_splits(arguments.wheel)
    machine = describe_machine()
    cast(dict[str, str], machine["versions"])["fasttext"] = metadata.version("fasttext-wheel")
    strings = Counter(splits["train"]["target"])
    result: dict[str, Any] = {
        "command": command_line(),
        "machine": machine,
        "threads": arguments.threads,
        "note": arguments.note,
        "wheel": arguments.wheel.name,
        "strings": {name: len(frame) for name, frame in splits.items()},
        "languages": len(strings),
        "training_strings_by_language": dict(strings.most_common()),
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.output or Path(temporary)
        ours, said = _ours(splits, folder / "text-label", arguments.threads)
        theirs, other = _fasttext(splits, Path(temporary), arguments.threads)
        result["models"] = {"text-label": ours, "fastText": theirs}
        result["only_one_is_right"] = _disagreements(splits["test"]["target"].tolist(), said, other)
    print(json.dumps({name: model["accuracy"] for name, model in result["models"].items()}, indent=2))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "language-identification.json").write_text(
        json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def read_splits(wheel: Path) -> Splits:
    """The strings as ``source``, their languages as ``target``."""
    strings = _enough(_of_one_language(set(_strings(wheel))))
    parts: dict[str, list[tuple[str, str]]] = {"train": [], "validation": [], "test": []}
    for language, key, text in sorted(strings):
        tenth = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % 10
        parts[TENTHS.get(tenth, "train")].append((text, language))
    known: set[str] = set()
    splits = {}
    for name, pairs in parts.items():
        distinct = {match_key(text): (text, language) for text, language in pairs}
        kept = [pair for key, pair in distinct.items() if key not in known]
        known |= set(distinct)
        # fastText goes through the lines in their order, in which the languages had better be mixed.
        splits[name] = pd.DataFrame(kept, columns=["source", "target"]).sample(frac=1, random_state=SEED)
    return splits


def _strings(wheel: Path) -> Iterator[tuple[str, str, str]]:
    """The language, the key and the text of every string that is long enough."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            folder, _, file = name.rpartition("/")
            language = file.removesuffix(".json")
            if not folder.endswith("/translations") or not is_language(language):
                continue
            for key, text in _leaves(json.loads(archive.read(name)), folder):
                text = normalize(text, UNICODE_FORMS["NFC"], collapse_white_space=True)
                if len(text.split()) >= WORDS:
                    yield language, key, text


def _leaves(values: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(values, dict):
        for name, value in values.items():
            yield from _leaves(value, f"{key}/{name}")
    elif isinstance(values, str):
        yield key, values


def _of_one_language(strings: set[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Those whose text, but for case and punctuation, is of no other language."""
    languages = defaultdict(set)
    for language, _, text in strings:
        languages[match_key(text)].add(language)
    return [entry for entry in strings if len(languages[match_key(entry[2])]) == 1]


def _enough(strings: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    counts = Counter(language for language, _ in {(language, match_key(text)) for language, _, text in strings})
    return [entry for entry in strings if counts[entry[0]] >= FEWEST]


def _ours(splits: Splits, folder: Path, threads: int) -> Measured:
    begin = time.perf_counter()
    run = train(load_recipe("text-label", changes={"training": {"threads": threads}}), folder, **splits)
    seconds = time.perf_counter() - begin
    predictor = Predictor.load(run.best, device="cpu")
    validations = run.history().query("event == 'validation'")
    measured, said = _measured(lambda texts: cast(list[str], predictor.predict(texts)), splits["test"])
    facts = {
        "training_seconds": round(seconds, 1),
        "updates": int(validations["update"].max()),
        "parameters": parameter_count(predictor.model),
        "validation_accuracy": float(validations["accuracy"].max()) / 100,
        "megabytes": _megabytes(run.best),
    }
    return {**facts, **measured}, said


def _fasttext(splits: Splits, folder: Path, threads: int) -> Measured:
    """Of the settings those that are best on the validation strings; the seconds are those of these ones."""
    import fasttext

    file = folder / "train.txt"
    rows = zip(splits["train"]["target"], splits["train"]["source"], strict=True)
    file.write_text("".join(f"__label__{label} {text}\n" for label, text in rows), encoding="utf-8")
    found = []
    for rate, epochs in itertools.product(RATES, EPOCHS):
        begin = time.perf_counter()
        model = fasttext.train_supervised(
            str(file), lr=rate, epoch=epochs, dim=64, minn=2, maxn=5, bucket=500_000, thread=threads, verbose=0
        )
        seconds = time.perf_counter() - begin
        said = _said_by(model, splits["validation"]["source"].tolist())
        right = float((np.array(said) == splits["validation"]["target"]).mean())
        print(f"fastText, learning rate {rate}, {epochs} epochs: {100 * right:.2f} % in {seconds:.0f} s", flush=True)
        found.append((right, rate, epochs, seconds, model))
    right, rate, epochs, seconds, model = max(found, key=lambda one: one[0])
    model.save_model(str(folder / "model.bin"))
    measured, said = _measured(lambda texts: _said_by(model, texts), splits["test"])
    facts = {
        "training_seconds": round(seconds, 1),
        "learning_rate": rate,
        "epochs": epochs,
        "validation_accuracy": right,
        "megabytes": _megabytes(folder / "model.bin"),
    }
    return {**facts, **measured}, said


def _said_by(model: Any, texts: list[str]) -> list[str]:
    # The package's own `predict` asks NumPy for an array in a way that NumPy 2 refuses; this is what it calls.
    said = model.f.multilinePredict([f"{text}\n" for text in texts], 1, 0.0, "strict")[0]
    return [labels[0].removeprefix("__label__") for labels in said]


def _measured(predict: Callable[[list[str]], list[str]], test: pd.DataFrame) -> Measured:
    texts = test["source"].tolist()
    predict(texts[:100])
    begin = time.perf_counter()
    said = predict(texts)
    seconds = time.perf_counter() - begin
    names = sorted(set(test["target"]) | set(said))
    numbers = {name: number for number, name in enumerate(names)}
    report = evaluate_labels(
        np.array([numbers[name] for name in said]), np.array([numbers[name] for name in test["target"]]), names
    ).to_dict()
    pairs = Counter((true, name) for true, name in zip(test["target"], said, strict=True) if true != name)
    facts = {
        "accuracy": report["accuracy"],
        "macro_f1": report["macro_f1"],
        "strings_per_second": round(len(texts) / seconds),
        "most_frequent_confusions": [[true, name, count] for (true, name), count in pairs.most_common(8)],
    }
    return facts, said


def _disagreements(true: list[str], ours: list[str], theirs: list[str]) -> dict[str, Any]:
    """Test strings that one model alone gets right, and how often chance would make them differ that much or more, if
    both were equally good (McNemar 1947, the exact test)."""
    right = [(one == wanted, other == wanted) for wanted, one, other in zip(true, ours, theirs, strict=True)]
    first, second = right.count((True, False)), right.count((False, True))
    total, least = first + second, min(first, second)
    tail = sum(math.comb(total, count) for count in range(least + 1))
    return {"text-label": first, "fastText": second, "p": min(1.0, float(Fraction(2 * tail, 2**total)))}


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return round(sum(file.stat().st_size for file in files) / 1e6, 1)


if __name__ == "__main__":
    main()

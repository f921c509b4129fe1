"""How well words are aligned by attention, by guided attention, by IBM Model 1, and by others' tools.

    python benchmarks/alignment.py [--runs FOLDER] [--peer NAME=FILE ...]

Phrases of parts in other orders, whose links are known by construction (``aligned_phrases.py``): 6,000 to learn from,
500 to align, English to German. For each model the alignment error rate (Och & Ney 2003), precision and recall of the
links of ``Translator.align`` given the reference translation, of every layer that attends to the source besides, and
BLEU, exact match and validation loss, which say whether guiding costs anything. IBM Model 1 is learnt from the words of
all 6,500 pairs, as aligners without a model are; a peer's links of the 500 test pairs, in Pharaoh format, were made by
its own program from ``--write FOLDER``'s files ``source`` and ``target``, whose first 500 lines are the test pairs.
With ``--runs``, the runs are kept in a folder, and those that are there already are not trained anew. Writes
``results/alignment.json``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from aligned_phrases import AlignedPair, aligned_phrases
from command_line import command_line

from dragoman.alignment.links import Link, link_scores
from dragoman.alignment.sentence_links import LinkModel
from dragoman.comparison.machine import describe_machine
from dragoman.model.attention_weights import Side, attention_layers
from dragoman.predict.aligner import Aligner, AligningAttention
from dragoman.predict.translator import Translator
from dragoman.recipe import Recipe, recipe_from
from dragoman.training.run import train
from dragoman.training.run_folder import RunFolder

RESULTS = Path(__file__).parent / "results"
TRAINED, TESTED, SEED = 6000, 500, 1

_STACK = {"layers": 2, "width": 64, "feed_forward": 128, "heads": 4, "dropout": 0.1}
_GRU = {"kind": "gru", "width": 64, "embedding_width": 48, "bidirectional": True}
_LSTM = {"kind": "lstm", "width": 64, "embedding_width": 48, "attention": "additive"}
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any], float]] = {
    "Transformer": (_STACK, _STACK, 0.0),
    "Transformer, guided with weight 0.1": (_STACK, _STACK, 0.1),
    "Transformer, guided with weight 1": (_STACK, _STACK, 1.0),
    "Transformer of 4 layers": (_STACK | {"layers": 4}, _STACK | {"layers": 4}, 0.0),
    "LSTM": (_GRU, _LSTM, 0.0),
    "LSTM, guided with weight 0.1": (_GRU, _LSTM, 0.1),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--runs", type=Path, metavar="FOLDER")
    parser.add_argument("--write", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    pairs = aligned_phrases("en", "de", TRAINED + TESTED, SEED)
    if arguments.write is not None:
        write(pairs, arguments.write)
        return
    test = pairs[:TESTED]
    result: dict[str, Any] = {"command": command_line(), "machine": describe_machine(), "pairs": len(pairs)}
    result["counted"] = counted(pairs, test)
    result["peers"] = {
        name: scores([_links(line) for line in Path(file).read_text().splitlines()[:TESTED]], test)
        for name, _, file in (peer.partition("=") for peer in arguments.peer)
    }
    result["models"] = {}
    for name, (encoder, decoder, weight) in MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            place = (arguments.runs or Path(folder)) / name.replace(", ", "-").replace(" ", "-")
            result["models"][name] = trained(recipe_of(encoder, decoder, weight), pairs, place)
        print(name, json.dumps(result["models"][name], indent=2), flush=True)
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "alignment.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def write(pairs: Sequence[AlignedPair], folder: Path) -> None:
    """The lines for a peer, the test pairs first; what eflomal and fast_align read besides is in their manuals."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "source").write_text("".join(f"{pair.source}\n" for pair in pairs), encoding="utf-8")
    (folder / "target").write_text("".join(f"{pair.target}\n" for pair in pairs), encoding="utf-8")


def recipe_of(encoder: dict[str, Any], decoder: dict[str, Any], weight: float, **training: Any) -> Recipe:
    """A recipe of some thirty seconds on one core."""
    settings = {
        "updates": 900,
        "batch": {"tokens": 1000},
        "schedule": {"kind": "cosine", "warmup": 90},
        "optimizer": {"learning_rate": 4e-3},
        "average": 0.99,
        "validate_every": 450,
        "checkpoint_every": 900,
        "threads": 1,
        "precision": "float32",
        "device": "cpu",
        "guided_alignment": {"weight": weight},
        **training,
    }
    return recipe_from(
        {
            "data": {"validation_pairs": 200, "source_language": "en", "target_language": "de"},
            "cleaning": {"copies": False, "language": False, "repetition": False, "numbers": False},
            "tokenizer": {"vocabulary_size": 800},
            "model": {"encoder": encoder, "decoder": decoder, "tie": "decoder" if "kind" in encoder else "all"},
            "training": settings,
        }
    )


def trained(recipe: Recipe, pairs: Sequence[AlignedPair], folder: Path) -> dict[str, Any]:
    """A model, its translations, and the links by each of its attentions to the source."""
    test, rest = pairs[:TESTED], pairs[TESTED:]
    if not RunFolder(folder).is_finished:
        train(recipe, folder, train=_frame(rest), test=_frame(test))
    run = RunFolder(folder)
    translator = Translator.load(run.best, device="cpu")
    return {
        **_quality(run),
        "aligned": scores([found.links for found in _aligned(translator, test)], test),
        "by_layer": by_layer(translator, test),
    }


def by_layer(translator: Translator, test: Sequence[AlignedPair]) -> dict[str, float]:
    """The alignment error rate by the first head and by the mean of all heads of each layer."""
    found = {}
    normalizers = translator._normalized, translator.normalized_targets
    aligner = Aligner(translator.model, translator.source, translator.target, translator.recipe, normalizers)
    for layer in attention_layers(translator.model):
        if layer.side is Side.CROSS:
            for heads in sorted({1, translator.recipe.model.decoder.attending[1]}):
                aligner.attention = AligningAttention(layer, heads)
                links = [each.links for each in aligner.align(*_sides(test))]
                name = f"{layer.name}, {'first head' if heads == 1 else 'mean of heads'}"
                found[name] = scores(links, test)["alignment_error_rate"]
    return found


def counted(pairs: Sequence[AlignedPair], test: Sequence[AlignedPair]) -> dict[str, Any]:
    """IBM Model 1 on words, in one direction and symmetrised."""
    sources, targets = ([getattr(pair, side).split() for pair in pairs] for side in ("source", "target"))
    numbers: list[dict[str, int]] = [{}, {}]
    rows = [
        [[of_side.setdefault(word, len(of_side)) for word in row] for row in side]
        for of_side, side in zip(numbers, (sources, targets), strict=True)
    ]
    model = LinkModel.learn(*rows)
    some = rows[0][: len(test)], rows[1][: len(test)]
    return {
        "IBM Model 1, one direction": scores(model.forward_links(*some), test),
        "IBM Model 1, both directions, grow-diag-final-and": scores(model.links(*some), test),
    }


def scores(found: Sequence[Iterable[Link]], test: Sequence[AlignedPair]) -> dict[str, float]:
    """Error rate, precision and recall."""
    rated = link_scores(found, [pair.sure for pair in test], [pair.possible for pair in test])
    named = {"alignment_error_rate": rated.error_rate, "precision": rated.precision, "recall": rated.recall}
    return {name: round(value, 4) for name, value in named.items()}


def _quality(run: RunFolder) -> dict[str, float]:
    report, history = json.loads(run.evaluation_file.read_text(encoding="utf-8")), run.history()
    loss = history[history["event"] == "validation"]["loss"].min()
    return {
        "bleu": round(report["bleu"]["value"], 2),
        "exact_match": round(report["exact_match"]["value"], 4),
        "validation_loss": round(float(loss), 4),
    }


def _aligned(translator: Translator, test: Sequence[AlignedPair]) -> list[Any]:
    return translator.align(*_sides(test), progress=False)


def _sides(test: Sequence[AlignedPair]) -> tuple[list[str], list[str]]:
    return [pair.source for pair in test], [pair.target for pair in test]


def _frame(pairs: Sequence[AlignedPair]) -> pd.DataFrame:
    sources, targets = _sides(pairs)
    return pd.DataFrame({"source": sources, "target": targets})


def _links(line: str) -> list[Link]:
    return [(int(source), int(target)) for source, target in (link.split("-") for link in line.split())]


if __name__ == "__main__":
    main()

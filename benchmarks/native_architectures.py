"""Every architecture by the native engine, beside our PyTorch path: equality, speed, latency, and what int8 costs.

    python benchmarks/native_architectures.py --source FILE --target FILE [--reader FOLDER] NAME=MODEL [NAME=MODEL …]
        [--rounds 5] [--sentences 300] [--calls 60] [--note TEXT]

Each MODEL is the folder of a translator that was trained on the same corpus. Recorded of each: on how many sentences
of the whole test set the native engine's float32 outputs are PyTorch's, greedily and with beam 5, and the largest
difference of their scores; sentences per second of processor of both with beam 5, and milliseconds a call with one
sentence each, in turn; BLEU of bfloat16 and int8 against float32, with a paired bootstrap. ``--reader`` is the folder
of a reader of text lines, which reads lines of the test set that are rendered. What was recorded of other models is
kept. Writes ``results/native_architectures.json`` after each model.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from command_line import command_line
from native_rounds import Times, in_turn, milliseconds, ratios, speed
from native_systems import SEARCHES, Sentences, native_engine, request_of, sentences_of, texts_of, torch_engine

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import Beam, Hypothesis, Packed, Pictures, SearchRequest, SearchResult
from dragoman.contracts.expect import expect
from dragoman.evaluation.bleu import bleu_statistics
from dragoman.evaluation.recognition_report import evaluate_recognition
from dragoman.evaluation.significance import paired_bootstrap
from dragoman.fields.picture import PictureField
from dragoman.images.fonts import fonts_of
from dragoman.images.line_renderer import LineRenderer
from dragoman.images.style import CLEAN
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.engine import Engine
from dragoman.predict.picture_batches import picture_batches
from dragoman.predict.reader import Reader
from dragoman.storage.folder import write_file

RESULT = Path(__file__).parent / "results" / "native_architectures.json"
BEAM = 5
NUMBERS = ("float32", "bfloat16", "int8")
FONTS = ("DejaVu Sans", "DejaVu Serif")
SEED = 7
LINES, LINE_ROUNDS = 100, 5


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(1)
    result: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    result |= {
        "what": "the native engine beside PyTorch's, by architecture",
        "command": command_line(),
        "machine": describe_machine(),
        "rounds": arguments.rounds,
        "note": arguments.note,
    }
    models = result.setdefault("models", {})
    for name, folder in arguments.models:
        models[name] = measured(load_model(folder), arguments)
        _save(result)
        print(name, json.dumps(models[name], indent=1), flush=True)
    if arguments.reader is not None:
        result["reader"] = reader(arguments)
        _save(result)
        print(json.dumps(result["reader"], indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=_named, metavar="NAME=MODEL")
    parser.add_argument("--source", type=Path, required=True, help="test set, one sentence a line")
    parser.add_argument("--target", type=Path, required=True, help="its references")
    parser.add_argument("--reader", type=Path, help="folder of a reader")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=300, help="of the test set whose speed is measured")
    parser.add_argument("--calls", type=int, default=60, help="with one sentence each")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    return parser.parse_args()


def _named(text: str) -> tuple[str, Path]:
    name, sign, folder = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text} is no NAME=MODEL")
    return name, Path(folder)


def _save(result: dict[str, Any]) -> None:
    write_file(RESULT, (json.dumps(result, indent=2) + "\n").encode())


def measured(loaded: LoadedModel, arguments: argparse.Namespace) -> dict[str, Any]:
    """All that is recorded of a translator."""
    texts, references = (path.read_text(encoding="utf-8").splitlines() for path in (arguments.source, arguments.target))
    sentences = sentences_of(loaded, texts)
    torch_path = torch_engine(loaded)
    native = {number: native_engine(loaded, number) for number in NUMBERS}
    search = partial(_search, end=loaded.codecs[1].special.end)
    exact = {}
    for name, width in SEARCHES.items():
        found = search(native["float32"], sentences, width)
        exact[name] = equality(search(torch_path, sentences, width), found)
    outputs = {"float32": found, **{n: search(native[n], sentences, BEAM) for n in NUMBERS[1:]}}
    some = sentences.select(range(min(arguments.sentences, len(sentences.rows))))
    engines: dict[str, Engine[Packed]] = {"PyTorch": torch_path, **{f"native {n}": e for n, e in native.items()}}
    works = {name: partial(search, engine, some, BEAM) for name, engine in engines.items()}
    times = in_turn(works, arguments.rounds)
    alone = _alone(engines, search, sentences, arguments.calls)
    return {
        "what": loaded.recipe.model.phrase,
        "sentences": len(sentences.rows),
        "equality": exact,
        "beam 5": {
            "sentences": len(some.rows),
            "systems": {name: speed(one, len(some.rows)) for name, one in times.items()},
            "ratios": {name: ratios(times[name], times["PyTorch"]) for name in works if name != "PyTorch"},
        },
        "one sentence a call, beam 5": {
            "calls": arguments.calls,
            "systems": {name: milliseconds(one) for name, one in alone.items()},
            "ratios": {name: ratios(alone[name], alone["PyTorch"]) for name in works if name != "PyTorch"},
        },
        "quality": _quality(loaded, texts, references, sentences, outputs),
    }


def _search(engine: Engine[Packed], sentences: Sentences, width: int, *, end: int) -> list[Hypothesis]:
    return engine.search(Packed.of(sentences.rows), request_of(sentences, width, end)).best


def equality(first: Sequence[Hypothesis], second: Sequence[Hypothesis]) -> dict[str, Any]:
    """How many outputs have the same symbols, and the largest difference of scores among those."""
    pairs = list(zip(first, second, strict=True))
    equal = [(a, b) for a, b in pairs if a.tokens == b.tokens]
    return {
        "same": len(equal),
        "of": len(pairs),
        "largest_difference_of_scores": float(f"{max(abs(a.score - b.score) for a, b in equal):.2e}"),
    }


def _alone(
    engines: dict[str, Engine[Packed]],
    search: Callable[[Engine[Packed], Sentences, int], list[Hypothesis]],
    sentences: Sentences,
    calls: int,
) -> dict[str, Times[list[Hypothesis]]]:
    times: dict[str, Times[list[Hypothesis]]] = {name: Times() for name in engines}
    places = random.Random(1).sample(range(len(sentences.rows)), calls)
    for place in [*places[:3], *places]:
        one = sentences.select([place])
        for name, engine in engines.items():
            times[name].measure(partial(search, engine, one, BEAM))
    for one_system in times.values():
        # The first three warm up.
        del one_system.processor[:3], one_system.clock[:3]
    return times


def _quality(
    loaded: LoadedModel,
    texts: list[str],
    references: list[str],
    sentences: Sentences,
    found: dict[str, list[Hypothesis]],
) -> dict[str, Any]:
    """BLEU with beam 5 in each type of number, and its difference to float32."""
    language = loaded.recipe.data.target_language
    statistics = {}
    for number, hypotheses in found.items():
        outputs = texts_of(loaded, texts, sentences, [one.tokens for one in hypotheses])
        statistics[number] = bleu_statistics(outputs, references, language)
    differences = {number: paired_bootstrap(statistics["float32"], statistics[number]) for number in NUMBERS}
    return {
        number: {
            "bleu": round(found.second, 3),
            "difference": round(found.difference, 3),
            "interval": [round(found.low, 3), round(found.high, 3)],
            "p_value": round(found.p_value, 4),
        }
        for number, found in differences.items()
    }


def reader(arguments: argparse.Namespace) -> dict[str, Any]:
    """A reader of rendered lines: pixels of one height in, texts out."""
    loaded = load_model(arguments.reader)
    made = Reader.of(loaded, arguments.reader)
    field = expect(loaded.source, PictureField)
    lines = arguments.source.read_text(encoding="utf-8").splitlines()[:LINES]
    renderer = LineRenderer(fonts_of(FONTS), [(CLEAN, 1.0)], field.size.height)
    drawn = [renderer.render(line, np.random.default_rng([SEED, number]))[0] for number, line in enumerate(lines)]
    batches = list(picture_batches(field, drawn, None))
    request = SearchRequest(Beam(loaded.recipe.search.beam, loaded.recipe.search.length_penalty))
    engines = {"PyTorch": torch_engine(loaded), **{f"native {n}": native_engine(loaded, n) for n in NUMBERS}}

    def search(engine: Engine[Pictures]) -> list[Hypothesis]:
        places = np.concatenate([found for found, _ in batches])
        result = SearchResult.joined(
            ((found.tolist(), engine.search(batch, request)) for found, batch in batches), rows=len(places)
        )
        return result.best

    works = {name: partial(search, engine) for name, engine in engines.items()}
    times = in_turn(works, LINE_ROUNDS)
    exact = equality(times["PyTorch"].result or [], times["native float32"].result or [])
    alone: dict[str, Times[Any]] = {name: Times() for name in works}
    for picture in drawn[: arguments.calls]:
        ((_, one),) = picture_batches(field, [picture], None)
        for name, engine in engines.items():
            alone[name].measure(partial(engine.search, one, request))
    errors = {
        name: round(evaluate_recognition(made.texts(found.result or []), lines).cer.value, 3)
        for name, found in times.items()
    }
    return {
        "what": loaded.recipe.model.phrase,
        "lines": len(lines),
        "equality": exact,
        "character_error_rate": errors,
        "systems": {name: speed(one, len(lines)) for name, one in times.items()},
        "ratios": {name: ratios(times[name], times["PyTorch"]) for name in works if name != "PyTorch"},
        "one line a call": {
            "systems": {name: milliseconds(one) for name, one in alone.items()},
            "ratios": {name: ratios(alone[name], alone["PyTorch"]) for name in works if name != "PyTorch"},
        },
    }


if __name__ == "__main__":
    main()

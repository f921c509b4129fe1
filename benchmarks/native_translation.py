"""How fast the native engine translates, beside CTranslate2 at its best settings and the Firefox engine.

    python benchmarks/native_translation.py MODEL --source FILE --target FILE --dataset DIR [--rounds 5]
        [--only PART …] [--firefox FOLDER] [--note TEXT]

All systems have the same weights and take turns in one process, whose time of the processor counts; what is recorded
are medians, of ratios within each round. MODEL is the folder of a small Transformer, DIR the dataset that it was
trained on, for the shortlists. The parts:

- ``settings``: the batch size with which CTranslate2 is fastest.
- ``shortlists``: the same with a shortlist, and the best size of that, among those with which outputs are those
  without a shortlist as often as ours are.
- ``speed``: the whole test set in one call, greedily and with beam 5, in every type of number, with and without a
  shortlist, on one thread and on two; BLEU; how much of the core's limit the products reach.
- ``latency``: one sentence a call.
- ``base``: 6 + 6 layers of width 512 and 32,000 symbols, random weights, outputs of a given length.
- ``firefox``: the Firefox engine (``pip install fxtranslate sentencepiece``) on a model in FOLDER, which has ``.bin``,
  ``.spm`` and ``lex`` files, beside a random model of the same sizes that writes outputs of the same lengths.

CTranslate2 is told to use AVX-512, which it does not do by itself on every processor that has it; where the library
tcmalloc is installed, all run with it (on Debian: ``apt install libtcmalloc-minimal4``). The parts that are not
measured keep what was recorded before. Writes ``results/native_translation.json`` after each step.
"""

from __future__ import annotations

import argparse
import ctypes.util
import json
import os
import random
import statistics
import sys
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from command_line import command_line
from native_firefox import firefox
from native_limit import measured_limit
from native_rounds import Times, in_turn, milliseconds, ratios, speed
from native_systems import (
    SEARCHES,
    CTranslate2,
    Outputs,
    Sentences,
    Setting,
    System,
    native_engine,
    of_engine,
    random_model,
    random_preview,
    random_sentences,
    request_of,
    sentences_of,
    texts_of,
    torch_engine,
)

from dragoman.alignment.dataset_shortlist import dataset_shortlist
from dragoman.alignment.shortlist import Shortlist
from dragoman.comparison.machine import describe_machine
from dragoman.contracts import Packed
from dragoman.contracts.expect import expect
from dragoman.data.dataset import Dataset
from dragoman.evaluation.bleu import bleu
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import load_model
from dragoman.plan.compile import program_of
from dragoman.plan.operations import operations_of
from dragoman.plan.output_preview import OutputPreview
from dragoman.plan.plan_of import plan_of
from dragoman.predict.engine import Engine
from dragoman.storage.folder import write_file
from dragoman.tasks.output_previews import output_previews

RESULT = Path(__file__).parent / "results" / "native_translation.json"
PARTS = ("settings", "shortlists", "speed", "latency", "base", "firefox")
OURS = (2000, 400)
"""Frequent symbols, and symbols for each one of the source."""
BATCHES = (8, 16, 32, 64, 128)
SHORTLISTS = ((100, 50), (500, 50), (1000, 100), (2000, 100), (2000, 400), (4000, 100))
NUMBERS = ("float32", "bfloat16", "int8")
THREADS = (1, 2)
TUNING_ROUNDS = 3
WARM_UP, FEW, ALONE = 64, 20, 100
BASE_SENTENCES, BASE_LENGTH, BASE_SYMBOLS, BASE_BATCHES = 128, 15, 32_000, (32, 64)
BASE = {"layers": 6, "width": 512, "feed_forward": 2048, "heads": 8}
_WITH_TCMALLOC = "DRAGOMAN_BENCHMARK_TCMALLOC"


class Bench:
    """The trained model, its test set, its shortlists and what has been recorded."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.rounds = arguments.rounds
        self.firefox = arguments.firefox
        self.loaded = load_model(arguments.model)
        self.language = self.loaded.recipe.data.target_language
        self.texts, self.references = (
            path.read_text(encoding="utf-8").splitlines() for path in (arguments.source, arguments.target)
        )
        self.sentences = sentences_of(self.loaded, self.texts)
        self._dataset = Dataset.open(arguments.dataset)
        self._shortlists: dict[tuple[int, int], Shortlist] = {}
        self.result: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
        self.result |= {
            "what": "speed of translating, native and by others, with the same weights",
            "command": command_line(),
            "machine": describe_machine(),
            "versions": {"ctranslate2": metadata.version("ctranslate2")},
            "allocator": "tcmalloc" if _WITH_TCMALLOC in os.environ else "the system's",
            "rounds": self.rounds,
            "sentences": len(self.sentences.rows),
            "note": arguments.note,
        }

    def shortlist(self, sizes: tuple[int, int]) -> Shortlist:
        """A shortlist of so many symbols, learnt once."""
        if sizes not in self._shortlists:
            frequent, per_symbol = sizes
            self._shortlists[sizes] = dataset_shortlist(self._dataset, frequent=frequent, per_symbol=per_symbol)
        return self._shortlists[sizes]

    def native(
        self, number: str = "int8", *, narrowed: bool = False, previewed: bool = False, threads: int = 1
    ) -> System:
        """Our engine, with a shortlist or a preview."""
        shortlist = self.shortlist(OURS) if narrowed else None
        preview = self.preview if previewed else None
        return self.system(native_engine(self.loaded, number, threads=threads, shortlist=shortlist, preview=preview))

    @cached_property
    def preview(self) -> OutputPreview:
        """The fastest preview of the output layer that is tried when a model is saved."""
        return next(output_previews(expect(self.loaded.model, EncoderDecoder), self._dataset.train))

    def peer(self, setting: Setting, *, threads: int = 1, one_sentence: bool = False) -> System:
        """CTranslate2."""
        shortlist = None if setting.shortlist is None else self.shortlist(setting.shortlist)
        made = CTranslate2(
            self.loaded, setting.compute, threads=threads, one_sentence=one_sentence, shortlist=shortlist
        )
        return made.system(setting.batch)

    def peer_alone(self, setting: Setting, width: int, threads: int) -> System:
        """CTranslate2 for one sentence a call, with as many threads, up to ``threads``, as are fastest by the clock."""
        tried = [self.peer(setting, threads=number, one_sentence=True) for number in range(1, threads + 1)]
        few = random.Random(2).sample(range(len(self.sentences.rows)), FEW)
        times = alone({str(number): system for number, system in enumerate(tried)}, self.sentences, few, width)
        return tried[int(min(times, key=lambda name: statistics.median(times[name].clock)))]

    def system(self, engine: Engine[Packed]) -> System:
        """An engine of ours as a system."""
        return of_engine(engine, self.loaded.codecs[1].special.end)

    def bleu(self, outputs: Outputs) -> float:
        """BLEU of the outputs for the whole test set."""
        return bleu(texts_of(self.loaded, self.texts, self.sentences, outputs), self.references, self.language)

    def setting(self, search: str) -> dict[str, Any]:
        """What is known of CTranslate2's settings for a search."""
        found: dict[str, Any] = self.result.setdefault("settings", {}).setdefault(search, {})
        return found

    def best_setting(self, search: str, name: str) -> Setting:
        """What :func:`settings` and :func:`shortlists` found."""
        found = self.result["settings"][search][name]["best"]
        shortlist = found["shortlist"]
        return Setting(found["batch"], shortlist=None if shortlist is None else (shortlist[0], shortlist[1]))

    def save(self) -> None:
        """Write what is known by now."""
        write_file(RESULT, (json.dumps(self.result, indent=2) + "\n").encode())


def main() -> None:
    arguments = _arguments()
    restart_with_the_best_environment()
    torch.set_num_threads(1)
    bench = Bench(arguments)
    bench.result["limit"] = measured_limit()
    for part in arguments.only:
        MEASURES[part](bench)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a Transformer, such as RUN/best")
    parser.add_argument("--source", type=Path, required=True, help="test set, one sentence a line")
    parser.add_argument("--target", type=Path, required=True, help="its references")
    parser.add_argument("--dataset", type=Path, required=True, help="what the model was trained on, for shortlists")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--firefox", type=Path, help="folder of a model of the Firefox engine")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    return parser.parse_args()


def restart_with_the_best_environment() -> None:
    """What CTranslate2 reads from the environment has to be there before the process begins."""
    if "CT2_FORCE_CPU_ISA" in os.environ:
        return
    library = ctypes.util.find_library("tcmalloc_minimal") or ctypes.util.find_library("tcmalloc")
    allocator = {} if library is None else {"LD_PRELOAD": library, _WITH_TCMALLOC: "1"}
    wanted = {"CT2_FORCE_CPU_ISA": _most_of_the_processor(), "OMP_NUM_THREADS": "1", **allocator}
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **wanted})


def _most_of_the_processor() -> str:
    return "AVX512" if "avx512f" in Path("/proc/cpuinfo").read_text(encoding="utf-8") else "AVX2"


def settings(bench: Bench) -> None:
    """CTranslate2's best batch for each search."""
    for search, width in SEARCHES.items():
        tried = [Setting(batch) for batch in BATCHES]
        times = _times({str(one): bench.peer(one) for one in tried}, bench.sentences, width, TUNING_ROUNDS)
        rows = [_setting_row(one, times[str(one)], bench) for one in tried]
        bench.setting(search)["all symbols"] = {"best": _fastest(rows), "tried": rows}
        bench.save()
        print(search, *rows, sep="\n", flush=True)


def shortlists(bench: Bench) -> None:
    """CTranslate2's best batch and shortlist for each search, and the best shortlist for one sentence a call, among
    those with which outputs are those of all symbols as often as ours are."""
    for search, width in SEARCHES.items():
        ours = same(bench.native()(bench.sentences, width), bench.native(narrowed=True)(bench.sentences, width))
        plain = bench.peer(bench.best_setting(search, "all symbols"))(bench.sentences, width)
        rows = []
        for sizes in SHORTLISTS:
            tried = [Setting(batch, shortlist=sizes) for batch in BATCHES]
            times = _times({str(one): bench.peer(one) for one in tried}, bench.sentences, width, TUNING_ROUNDS)
            alone = Setting(1, shortlist=sizes)
            times |= _times({str(alone): bench.peer(alone)}, bench.sentences, width, 1)
            for one in (*tried, alone):
                rows.append(_setting_row(one, times[str(one)], bench) | {"same": same(plain, times[str(one)].result)})
            print(search, *rows[-len(tried) - 1 :], sep="\n", flush=True)
        several, one_by_one = ([row for row in rows if (row["batch"] > 1) is many] for many in (True, False))
        bench.setting(search).update(
            {
                "ours": {"shortlist": OURS, "same": ours},
                "shortlist": {"best": _fastest(_alike(several, ours)), "tried": rows},
                "shortlist, one sentence": {"best": _fastest(_alike(one_by_one, ours))},
            }
        )
        bench.save()


def _alike(rows: list[dict[str, Any]], ours: int) -> list[dict[str, Any]]:
    """Those that are as like as ours; the one that comes nearest where none is."""
    return [row for row in rows if row["same"] >= ours] or [max(rows, key=lambda row: row["same"])]


def _times(systems: Mapping[str, System], sentences: Sentences, width: int, rounds: int) -> dict[str, Times[Outputs]]:
    return in_turn({name: partial(system, sentences, width) for name, system in systems.items()}, rounds)


def _setting_row(setting: Setting, times: Times[Outputs], bench: Bench) -> dict[str, Any]:
    return {"batch": setting.batch, "shortlist": setting.shortlist, **speed(times, len(bench.sentences.rows))}


def _fastest(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return max(rows, key=lambda row: row["per_processor_second"])


def same(first: Outputs | None, second: Outputs | None) -> int:
    """How many outputs are equal."""
    assert first is not None
    assert second is not None
    return sum(a == b for a, b in zip(first, second, strict=True))


def whole_test_set(bench: Bench) -> None:
    """The test set in one call."""
    bench.result["speed"] = []
    for threads in THREADS:
        for search, width in SEARCHES.items():
            systems = {f"native {number}": bench.native(number, threads=threads) for number in NUMBERS}
            systems["native int8, preview"] = bench.native(previewed=True, threads=threads)
            systems["native int8, shortlist"] = bench.native(narrowed=True, threads=threads)
            plain = bench.best_setting(search, "all symbols")
            systems["CTranslate2 float32"] = bench.peer(Setting(plain.batch, "float32"), threads=threads)
            systems["CTranslate2 int8"] = bench.peer(plain, threads=threads)
            narrowed = bench.best_setting(search, "shortlist")
            systems["CTranslate2 int8, shortlist"] = bench.peer(narrowed, threads=threads)
            if threads == 1:
                systems["PyTorch float32"] = bench.system(torch_engine(bench.loaded))
            warm_up = bench.sentences.select(range(min(WARM_UP, len(bench.sentences.rows))))
            for system in systems.values():
                system(warm_up, width)
            times = _times(systems, bench.sentences, width, bench.rounds)
            step: dict[str, Any] = {"threads": threads, "search": search, "systems": {}}
            for name, one in times.items():
                step["systems"][name] = speed(one, len(bench.sentences.rows)) | {"bleu": bench.bleu(one.result or [])}
                if "PyTorch float32" in times:
                    step["systems"][name]["same_as_torch"] = same(times["PyTorch float32"].result, one.result)
            step["ratios"] = _against_ctranslate2(times)
            if threads == 1:
                step["limit"] = _limit_shares(bench, width, {n: times[f"native {n}"] for n in NUMBERS})
            bench.result["speed"].append(step)
            bench.save()
            print(json.dumps(step, indent=1), flush=True)


def _against_ctranslate2(times: Mapping[str, Times[Any]]) -> dict[str, Any]:
    return {
        name: ratios(times[name], times[peer])
        for name in times
        if (peer := name.replace("native", "CTranslate2").replace(", preview", "")) in times and peer != name
    }


def _limit_shares(bench: Bench, width: int, times: Mapping[str, Times[Outputs]]) -> dict[str, dict[str, float]]:
    """Which part of the processor's limit the products of a translation reach, in each type of number."""
    special = bench.loaded.codecs[1].special
    operations = operations_of(program_of(plan_of(expect(bench.loaded.model, EncoderDecoder)), special))
    request = request_of(bench.sentences, width, special.end)
    rows = native_engine(bench.loaded, "int8").search(Packed.of(bench.sentences.rows), request).calls or 0
    total = operations.of(sum(map(len, bench.sentences.rows)), rows, bench.loaded.vocabularies[1])
    count = len(bench.sentences.rows)
    return {
        number: {
            "operations_of_a_sentence": round(total / count),
            "hypotheses_of_a_sentence": round(rows / count, 2),
            "sentences_at_the_limit": round(limit * count / total, 1),
            "share": round(total / limit / statistics.median(times[number].processor), 4),
        }
        for number, limit in bench.result["limit"].items()
        if limit
    }


def one_sentence_a_call(bench: Bench) -> None:
    """Sentences one by one, all systems in turn on each."""
    places = random.Random(1).sample(range(len(bench.sentences.rows)), ALONE)
    bench.result["latency"] = []
    for threads in THREADS:
        for search, width in SEARCHES.items():
            narrowed = bench.best_setting(search, "shortlist, one sentence")
            systems: dict[str, System] = {
                "native float32": bench.native("float32", threads=threads),
                "native int8": bench.native(threads=threads),
                "native int8, preview": bench.native(previewed=True, threads=threads),
                "native int8, shortlist": bench.native(narrowed=True, threads=threads),
                "CTranslate2 float32": bench.peer_alone(Setting(1, "float32"), width, threads),
                "CTranslate2 int8": bench.peer_alone(Setting(1), width, threads),
                "CTranslate2 int8, shortlist": bench.peer_alone(narrowed, width, threads),
            }
            if threads == 1:
                systems["PyTorch float32"] = bench.system(torch_engine(bench.loaded))
            times = alone(systems, bench.sentences, places, width)
            step = {
                "threads": threads,
                "search": search,
                "calls": len(places),
                "systems": {name: milliseconds(one) for name, one in times.items()},
                "ratios": _against_ctranslate2(times),
            }
            bench.result["latency"].append(step)
            bench.save()
            print(json.dumps(step, indent=1), flush=True)


def alone(
    systems: Mapping[str, System], sentences: Sentences, places: list[int], width: int
) -> dict[str, Times[Outputs]]:
    """Each of the sentences at ``places`` in a call of its own."""
    times: dict[str, Times[Outputs]] = {name: Times() for name in systems}
    for place in places[:10]:
        for system in systems.values():
            system(sentences.select([place]), width)
    for place in places:
        one = sentences.select([place])
        for name, system in systems.items():
            times[name].measure(partial(system, one, width))
    return times


def base(bench: Bench) -> None:
    """A model that is larger than the cache."""
    loaded = random_model({"encoder": BASE, "decoder": BASE}, BASE_SYMBOLS)
    sentences = random_sentences(loaded, BASE_SENTENCES, BASE_LENGTH)
    peer = CTranslate2(loaded)
    systems = {str(Setting(batch)): peer.system(batch) for batch in BASE_BATCHES}
    end = loaded.codecs[1].special.end
    systems["native int8"] = of_engine(native_engine(loaded, "int8"), end)
    preview = random_preview(loaded, BASE["width"] // 4)
    systems["native int8, preview"] = of_engine(native_engine(loaded, "int8", preview=preview), end)
    bench.result["base"] = {
        "sizes": BASE,
        "symbols": BASE_SYMBOLS,
        "parameters": sum(p.numel() for p in expect(loaded.model, EncoderDecoder).parameters()),
        "sentences": BASE_SENTENCES,
        "tokens": BASE_LENGTH,
        "searches": {},
    }
    for search, width in SEARCHES.items():
        times = _times(systems, sentences, width, bench.rounds)
        for name, one in times.items():
            lengths = {len(output) for output in one.result or []}
            assert lengths == {BASE_LENGTH}, f"{name} wrote outputs of {sorted(lengths)} tokens"
        best = max((n for n in times if n.startswith("CT")), key=lambda n: -statistics.median(times[n].processor))
        rows = BASE_SENTENCES * (1 + (BASE_LENGTH - 1) * width)
        operations = operations_of(program_of(plan_of(expect(loaded.model, EncoderDecoder)), loaded.codecs[1].special))
        total = operations.of(BASE_SENTENCES * BASE_LENGTH, rows, BASE_SYMBOLS)
        bench.result["base"]["searches"][search] = {
            "systems": {name: speed(one, BASE_SENTENCES) for name, one in times.items()},
            "best": best,
            "ratios": {name: ratios(times[name], times[best]) for name in times if name.startswith("native")},
            "limit": {
                name: round(total / limit / statistics.median(times[f"native {name}"].processor), 4)
                for name, limit in bench.result["limit"].items()
                if limit and f"native {name}" in times
            },
        }
        bench.save()
        print(json.dumps(bench.result["base"]["searches"][search], indent=1), flush=True)


def beside_firefox(bench: Bench) -> None:
    """The Firefox engine, where its model is."""
    if bench.firefox is None:
        print("no model of the Firefox engine was given by --firefox, so that it is left out")
        return
    bench.result["firefox"] = firefox(bench.firefox, bench.texts, bench.rounds)
    bench.save()
    print(json.dumps(bench.result["firefox"], indent=1), flush=True)


MEASURES: dict[str, Callable[[Bench], None]] = {
    "settings": settings,
    "shortlists": shortlists,
    "speed": whole_test_set,
    "latency": one_sentence_a_call,
    "base": base,
    "firefox": beside_firefox,
}

if __name__ == "__main__":
    main()

"""How many sentences a second a Transformer translates: PyTorch, CTranslate2 in float32 and int8, with a shortlist.

    taskset -c 0 python benchmarks/translation_speed.py MODEL --source FILE --target FILE [--rounds 3] [--threads 1]
        [--dataset DIR] [--tune] [--peer NAME=MODEL …] [--peer-data DIR] [--peer-cache DIR] [--name translation-speed]

All engines translate the whole test set in every round, one after the other, so that what else the machine does falls
on all alike; speeds are medians over rounds, by the clock and by the processor's time, which other processes hardly
change. Each engine's outputs are compared with PyTorch's: how many are the same, and BLEU with a paired bootstrap. With
``--dataset``, the one that the model was trained on, int8 with a lexical shortlist takes part. ``--tune`` measures
batch sizes, patience and sizes of shortlists instead.

``--peer eole=FOLDER`` or ``joey=FOLDER`` lets a model that this toolkit trained (see ``training_throughput.py``)
translate the test set of ``--peer-data``, the folder that it was prepared in, in every round.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from command_line import command_line
from peers.data import texts_of
from peers.eole import EOLE
from peers.hugging_face import HUGGING_FACE
from peers.joey_nmt import JOEY_NMT

from dragoman.alignment.dataset_shortlist import dataset_shortlist
from dragoman.comparison.machine import describe_machine
from dragoman.data.dataset import Dataset
from dragoman.evaluation.bleu import bleu, bleu_statistics
from dragoman.evaluation.significance import paired_bootstrap
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.ctranslate2_engine import CTranslate2Engine, Tuning
from dragoman.predict.translator import Translator
from dragoman.storage.folder import write_file

RESULTS = Path(__file__).parent / "results"
PEERS = {peer.name: peer for peer in (EOLE, JOEY_NMT, HUGGING_FACE)}
SEARCHES = {"greedy": 1, "beam 5": 5}
WARM_UP = 64
SHORTLIST = (100, 50)
"""Frequent symbols, and symbols for each one of the source."""
BATCHES = (8, 16, 32, 64, 128)
PATIENCES = (1.0, 1.5, 2.0, 3.0)
SHORTLISTS = ((100, 10), (100, 20), (100, 50), (100, 100), (500, 20))

Row = dict[str, Any]
System = Callable[[list[str], int], list[str]]


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    sources, references = (
        path.read_text(encoding="utf-8").splitlines() for path in (arguments.source, arguments.target)
    )
    loaded = load_model(arguments.model)
    dataset = Dataset.open(arguments.dataset) if arguments.dataset is not None else None
    systems = (tuned if arguments.tune else engines)(loaded, dataset)
    rows = measured(systems, sources, arguments)
    for search in SEARCHES:
        judge([row for row in rows if row["search"] == search and "outputs" in row], references, loaded)
    result = {
        "what": "sentences per second in translating, by engine and search",
        "command": command_line(),
        "machine": describe_machine(),
        "threads": arguments.threads,
        "rounds": arguments.rounds,
        "sentences": len(sources),
        "note": arguments.note,
        "rows": [_kept(row) for row in rows],
    }
    write_file(RESULTS / f"{arguments.name}.json", (json.dumps(result, indent=2) + "\n").encode())
    for row in result["rows"]:
        print(json.dumps(row))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of a Transformer, such as RUN/best")
    parser.add_argument("--source", type=Path, required=True, help="test set, one sentence a line")
    parser.add_argument("--target", type=Path, required=True, help="its references")
    parser.add_argument("--dataset", type=Path, help="what the model was trained on, for a shortlist")
    parser.add_argument("--tune", action="store_true", help="measure settings of CTranslate2 instead")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--peer", action="append", default=[], help="eole=FOLDER, joey=FOLDER or hf=FOLDER")
    parser.add_argument("--peer-data", type=Path, help="folder of the data that the peers were trained on")
    parser.add_argument("--peer-cache", type=Path, help="folder of the peers' environments")
    parser.add_argument("--name", default="translation-speed", help="of the result")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    arguments = parser.parse_args()
    unknown = [given for given in arguments.peer if given.partition("=")[0] not in PEERS]
    if unknown:
        parser.error(f"--peer {unknown[0]}: give {', '.join(f'{name}=FOLDER' for name in PEERS)}")
    if arguments.peer and None in (arguments.peer_data, arguments.peer_cache):
        parser.error("--peer needs --peer-data and --peer-cache, the folders that training_throughput.py made")
    return arguments


def engines(loaded: LoadedModel, dataset: Dataset | None) -> dict[str, System]:
    """The ways of translating that are compared, PyTorch's first."""
    found = {
        "torch": translator(loaded),
        "ctranslate2 float32": translator(loaded, CTranslate2Engine(loaded)),
        "ctranslate2 int8": translator(loaded, CTranslate2Engine(loaded, compute_type="int8")),
    }
    if dataset is not None:
        found["ctranslate2 int8 shortlist"] = translator(loaded, narrowed(loaded, dataset, *SHORTLIST))
    return found


def tuned(loaded: LoadedModel, dataset: Dataset | None) -> dict[str, System]:
    """Settings of CTranslate2, one varied at a time."""
    found = {"float32": translator(loaded, CTranslate2Engine(loaded))}
    for batch in BATCHES:
        engine = CTranslate2Engine(loaded, compute_type="int8", tuning=Tuning(batch=batch))
        found[f"int8, batch {batch}"] = translator(loaded, engine)
    for patience in PATIENCES:
        engine = CTranslate2Engine(loaded, tuning=Tuning(patience=patience))
        found[f"float32, patience {patience:g}"] = translator(loaded, engine)
    for frequent, per_symbol in SHORTLISTS if dataset is not None else ():
        assert dataset is not None
        engine = narrowed(loaded, dataset, frequent, per_symbol)
        found[f"int8, shortlist {frequent} + {per_symbol}"] = translator(loaded, engine)
    return found


def narrowed(loaded: LoadedModel, dataset: Dataset, frequent: int, per_symbol: int) -> CTranslate2Engine:
    """int8 with a shortlist of these sizes."""
    shortlist = dataset_shortlist(dataset, frequent=frequent, per_symbol=per_symbol)
    return CTranslate2Engine(loaded, compute_type="int8", shortlist=shortlist)


def translator(loaded: LoadedModel, engine: CTranslate2Engine | None = None) -> System:
    """Text to text through an engine; PyTorch's by default."""
    made = Translator(loaded.model, loaded.source, loaded.target, loaded.recipe, engine)  # type: ignore[arg-type]
    return lambda texts, width: made.translate(texts, beam=width)


def measured(systems: dict[str, System], sources: list[str], arguments: argparse.Namespace) -> list[Row]:
    """Each system and search with its times, one a round."""
    rows: list[Row] = [
        {"engine": name, "search": search, "seconds": [], "processor_seconds": []}
        for search in SEARCHES
        for name in systems
    ]
    peers = [_peer_row(given, search) for search in SEARCHES for given in arguments.peer]
    for row in rows:
        systems[row["engine"]](sources[:WARM_UP], SEARCHES[row["search"]])
    for number in range(arguments.rounds):
        for row in rows:
            began, used = time.perf_counter(), time.process_time()
            row["outputs"] = systems[row["engine"]](sources, SEARCHES[row["search"]])
            row["seconds"].append(time.perf_counter() - began)
            row["processor_seconds"].append(time.process_time() - used)
            print(f"round {number + 1}: {row['engine']}, {row['search']}: {row['seconds'][-1]:.1f} s", flush=True)
        for row in peers:
            _measure_peer(row, arguments)
    for row in peers:
        row["outputs"] = texts_of(row.pop("tokens"), arguments.peer_data)
    for row in (*rows, *peers):
        for times in ("seconds", "processor_seconds"):
            if row.get(times):
                row[f"sentences_per_{times.removesuffix('s')}"] = len(sources) / statistics.median(row[times])
    return rows + peers


def _peer_row(given: str, search: str) -> Row:
    name, _, model = given.partition("=")
    return {"engine": name, "model": str(Path(model).absolute()), "search": search, "seconds": []}


def _kept(row: Row) -> Row:
    """What the result keeps of a row: no outputs, and of a folder its name."""
    named = {"model": Path(row["model"]).name} if "model" in row else {}
    return {name: value for name, value in (row | named).items() if name != "outputs"}


def _measure_peer(row: Row, arguments: argparse.Namespace) -> None:
    """One round of another toolkit, in its own process and environment."""
    answer = PEERS[row["engine"]].translate(
        arguments.peer_cache,
        "transformer",
        data=str(arguments.peer_data.absolute()),
        model=row["model"],
        output=os.devnull,
        beam=SEARCHES[row["search"]],
        threads=arguments.threads,
        cores=sorted(os.sched_getaffinity(0)),
    )
    row["seconds"].append(answer["seconds"])
    row["tokens"] = answer["tokens"]
    print(f"{row['engine']}, {row['search']}: {row['seconds'][-1]:.1f} s", flush=True)


def judge(rows: Sequence[Row], references: list[str], loaded: LoadedModel) -> None:
    """Quality, and likeness to the first row's outputs."""
    language = loaded.recipe.data.target_language
    first = rows[0]
    for row in rows:
        row["bleu"] = bleu(row["outputs"], references, language)
        row["same_as_first"] = sum(a == b for a, b in zip(row["outputs"], first["outputs"], strict=True))
        times = "processor_seconds" if "processor_seconds" in row else "seconds"
        row["ratio"] = statistics.median(first[times]) / statistics.median(row[times])
        if row is not first:
            pair = (bleu_statistics(one["outputs"], references, language) for one in (first, row))
            difference = paired_bootstrap(*pair)
            row["bleu_difference"] = difference.difference
            row["bleu_difference_interval"] = [difference.low, difference.high]
            row["p_value"] = difference.p_value


if __name__ == "__main__":
    main()

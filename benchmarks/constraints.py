"""Constraints on outputs: whether they always hold, how well outputs are found that satisfy them, and what they cost.

    python benchmarks/constraints.py cases [--count 1000]
    python benchmarks/constraints.py placing MODEL SOURCE REFERENCE [--lines 200]
    python benchmarks/constraints.py speed MODEL SOURCE REFERENCE [--lines 200]

``cases`` draws models with random weights, of several decoders, and random demands on their texts. Every search must
write only texts that satisfy them, or the demands must be refused; all outputs are gone through, to see that none
satisfies what is refused, and that exact search finds the most probable one of those that do.

``placing`` demands of each translation a word of its reference that the free translation lacks. Beam search that shares
its places by what is missing is compared with the same beam that only excludes what cannot be completed, and with a
greedy search: the mean log-probability of the translations, their chrF, and the processor time.

``speed`` translates with terminologies of several sizes, some of whose terms occur in the lines.

Each writes its part of ``results/constraints.json``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import (
    DEFAULT_SYMBOLS,
    Beam,
    BestFirstBeam,
    DiverseBeam,
    Ending,
    Exact,
    Greedy,
    Packed,
    Sample,
    SearchMethod,
    SearchRequest,
    TextSize,
)
from dragoman.contracts.expect import expect
from dragoman.errors import InputError
from dragoman.evaluation.chrf import chrf
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.constraints import Constraints
from dragoman.predict.torch_engine import TorchEngine
from dragoman.predict.translator import Translator
from dragoman.recipe import recipe_from
from dragoman.search import search as search_module
from dragoman.search.beam import beam_search
from dragoman.search.search import SEARCH_FEATURES
from dragoman.text.phrase_automaton import PhraseAutomaton
from dragoman.text.phrases import Phrases
from dragoman.text.spelling import Spelling
from dragoman.text.terminology import Term, Terminology
from dragoman.text.vocabulary import Vocabulary
from dragoman.text.vocabulary_automaton import VocabularyAutomaton

RESULT = Path(__file__).parent / "results" / "constraints.json"
_TRANSFORMER = {"layers": 1, "width": 8, "feed_forward": 8, "heads": 2, "dropout": 0.0}
_RECURRENT = {"width": 8, "embedding_width": 8, "dropout": 0.0}
DECODERS: dict[str, dict[str, Any]] = {
    "transformer": _TRANSFORMER,
    "LSTM with attention": {"kind": "lstm", "attention": "dot", **_RECURRENT},
    "GRU with attention": {"kind": "gru", "attention": "additive", **_RECURRENT},
    "GRU without attention": {"kind": "gru", "attention": "none", **_RECURRENT},
}
SYMBOLS = ["a", "b", "ab", " a", " ", "c", " b.", ".", " ba", "A", "é"]
WORDS = ["a", "b", "ab", "ba", "a b", "A", "b. a", "c", "é"]
_ALL: list[SearchMethod] = [
    *(Greedy(), Sample(), Beam(1, 0.0), Beam(4, 1.0), BestFirstBeam(3, 0.0), DiverseBeam(4, 2, 0.5, 0.0)),
    Exact(0.0),
]
METHODS = [method for method in _ALL if method.feature in SEARCH_FEATURES]


def cases(count: int) -> dict[str, Any]:
    """Random demands on random models."""
    satisfied, refused, most_probable = Counter[str](), Counter[str](), Counter[str]()
    for case in range(count):
        draw = random.Random(case)
        name = draw.choice(list(DECODERS))
        symbols = draw.sample(SYMBOLS, 4)
        known = Vocabulary.of({symbol: id for id, symbol in enumerate(["<pad>", "<unk>", "<s>", "</s>", *symbols])})

        def phrase(draw: random.Random = draw, symbols: list[str] = symbols) -> str:
            """Mostly one that the vocabulary can spell."""
            spelt = "".join(draw.choices(symbols, k=draw.choice([1, 1, 2]))).strip()
            return spelt if spelt and draw.random() < 0.9 else draw.choice(WORDS)

        phrases = Phrases(
            tuple((phrase(),) for _ in range(draw.choice([0, 1, 1, 2]))),
            tuple(phrase() for _ in range(draw.choice([0, 0, 1, 2]))),
            draw.choice(["", "", phrase()]),
            draw.random() < 0.5,
        )
        limit = draw.randrange(1, 5)
        outputs = [ids for n in range(limit + 1) for ids in itertools.product(range(4, 8), repeat=n)]
        accepts = PhraseAutomaton(phrases).accepts
        good = {ids for ids in outputs if accepts("".join(known.symbols[id] for id in ids).removeprefix(" "))}
        model = _model(DECODERS[name], len(known), case)
        engine = TorchEngine(model, DEFAULT_SYMBOLS, batch_tokens=100)
        source = Packed.of([[*draw.choices(range(4, 8), k=3), DEFAULT_SYMBOLS.end]])
        one = VocabularyAutomaton(Spelling.of(known), phrases)
        if not good:
            try:
                engine.search(source, SearchRequest(Greedy(), limits=[limit], constraints=[one]))
            except InputError:
                refused[name] += 1
                continue
            raise AssertionError(f"case {case}: no output satisfies it, and it was not refused")
        for method in METHODS:
            found = engine.search(source, SearchRequest(method, limits=[limit], constraints=[one])).best[0]
            assert found.ending is Ending.COMPLETE, (case, method, found)
            assert tuple(found.tokens) in good, (case, method, found)
            if isinstance(method, Exact):
                best = _highest(model, source, sorted(good))
                assert abs(found.log_probability - best) < 1e-4, (case, found, best)
                most_probable[name] += 1
        satisfied[name] += 1
    assert sum(satisfied.values()) + sum(refused.values()) == count
    return {
        "cases": count,
        "methods": [str(method) for method in METHODS],
        "satisfied": dict(satisfied),
        "refused, as no output satisfies": dict(refused),
        "exact search found the most probable": dict(most_probable),
    }


def _model(decoder: dict[str, Any], symbols: int, seed: int) -> EncoderDecoder:
    recipe = recipe_from({"model": {"encoder": _TRANSFORMER, "decoder": decoder, "tie": "none"}})
    model = expect(build(recipe.model, TextSize(symbols), TextSize(symbols), seed), EncoderDecoder).double().eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.5)
    return model


def _highest(model: EncoderDecoder, source: Packed, outputs: list[tuple[int, ...]]) -> float:
    target = Packed.of([[*ids, DEFAULT_SYMBOLS.end] for ids in outputs])
    with torch.inference_mode():
        memory = model.encode(Packed.of(source.rows() * len(outputs)))
        losses = model.decoder.token_losses(target, memory)
    totals = torch.zeros(len(outputs), dtype=losses.dtype).index_add_(0, target.layout.rows, losses)
    return -float(totals.min())


def placing(translator: Translator, sources: list[str], references: list[str]) -> dict[str, Any]:
    """A word of each reference that the free translation lacks, demanded of it."""
    free = translator.translate(sources, progress=False)
    demanded = []
    for number, (text, reference) in enumerate(zip(free, references, strict=True)):
        words = [word for word in _words(reference) if word not in _words(text) and len(word) > 3]
        demanded.append(random.Random(number).choice(words) if words else None)
    chosen = [place for place, word in enumerate(demanded) if word is not None]
    lines, answers = [sources[place] for place in chosen], [references[place] for place in chosen]
    bound = [Constraints(must_contain=(str(demanded[place]),)) for place in chosen]
    alpha = translator.recipe.search.length_penalty
    found = {"free": _measured(lambda: list(translator.stream(lines)), answers)}
    for name, method, shared in (
        ("beam 5, places shared by what is missing", Beam(5, alpha), True),
        ("beam 5, only what cannot be completed excluded", Beam(5, alpha), False),
        ("beam 10, places shared by what is missing", Beam(10, alpha), True),
        ("greedy", Greedy(), True),
    ):

        def search(method: SearchMethod = method) -> list[Any]:
            return [best for (best,) in translator.n_best(lines, 1, search=method, constraints=bound, progress=False)]

        with mock.patch.object(search_module, "beam_search", beam_search if shared else _unshared):
            found[name] = _measured(search, answers)
    return {"lines": len(lines), **found}


def _unshared(step: Any, *others: Any, to_go: Any = None) -> Any:
    """Beam search whose places go to the best, whatever is missing."""
    del to_go
    return beam_search(lambda tokens, state: step(tokens, state), *others)


def _measured(search: Callable[[], list[Any]], references: list[str]) -> dict[str, float]:
    began = time.process_time()
    translations = search()
    seconds = time.process_time() - began
    return {
        "log-probability": round(sum(item.log_probability for item in translations) / len(translations), 3),
        "chrF": round(chrf([item.text for item in translations], references), 2),
        "words": round(sum(len(item.text.split()) for item in translations) / len(translations), 2),
        "seconds": round(seconds, 1),
    }


def speed(translator: Translator, sources: list[str], references: list[str]) -> dict[str, Any]:
    """Lines a second with terminologies of several sizes."""
    words = [word for word, _ in Counter(word for line in sources for word in _words(line)).most_common()]
    targets = sorted({word for line in references for word in _words(line) if len(word) > 4})
    foreign = [f"{words[number % len(words)]}ogram{number}" for number in range(990)]
    sizes = {
        "no terminology": [],
        "10 terms": words[40:50],
        "1,000 terms, the same ones beside others that do not occur": [*words[40:50], *foreign],
        "all words but the 40 most frequent": words[40:],
    }
    found = {}
    for name, terms in sizes.items():
        draw = random.Random(0)
        listed = Terminology([Term(term, (draw.choice(targets),)) for term in terms]) if terms else None
        began = time.process_time()
        translations = list(translator.stream(sources, constraints=Constraints(terminology=listed)))
        seconds = time.process_time() - began
        found[name] = {
            "terms": len(listed) if listed is not None else 0,
            "lines with terms": sum(bool(item.terms) for item in translations),
            "terms in them": sum(len(item.terms) for item in translations),
            "not kept to, and said": sum(not term.kept for item in translations for term in item.terms),
            "lines a second": round(len(sources) / seconds, 1),
        }
    return {"lines": len(sources), **found}


def _words(text: str) -> list[str]:
    return [word for word in (part.strip(".,!?\"'") for part in text.split()) if word.isalpha()]


def _lines(path: Path, count: int) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        yield from (line.rstrip("\n") for line in itertools.islice(lines, count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("cases", "placing", "speed"))
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=200)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.part == "cases":
        result = cases(arguments.count)
    else:
        model, *texts = arguments.paths
        measure = placing if arguments.part == "placing" else speed
        result = measure(Translator.load(model, device="cpu"), *(list(_lines(path, arguments.lines)) for path in texts))
    results = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    results |= {arguments.part: result, "machine": describe_machine()}
    RESULT.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()

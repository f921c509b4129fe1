"""Conditional random fields: against enumeration, against CRFsuite, and against the softmax tagger.

    python benchmarks/tagging.py exact gradient planted encoders demo
    python benchmarks/tagging.py crfsuite        # wants `pip install sklearn-crfsuite`

- *exact*: partition function, marginals, losses of words and the best sequences of 1,000 random cases, some with
  transitions that are not allowed, against enumeration in float64; the gradient against differences.
- *gradient*: the time of loss and gradient, beside automatic differentiation of the recursion.
- *crfsuite*: sentences that mix languages, with indicator features of each word (the word, its last three letters, its
  shape, the word before). CRFsuite's own weights are evaluated by both; both are trained to convergence with the same
  penalty on the weights; and both tag with the same weights.
- *planted*: tags that follow each other by a Markov chain, and words that tell little of their tag: the random field
  beside softmax regression, on the same indicator features of the word, both trained to convergence.
- *encoders*: spans whose type is seen at some of their words only, learnt by the package's trainer with the preset
  `text-tags`, each with both decoders.
- *demo*: the recipe of ``dragoman demo tags`` with both decoders.

Each part writes its figures into ``results/tagging.json`` and leaves those of the other parts alone.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from command_line import command_line
from torch import Tensor

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import Layout
from dragoman.data.mixed_sentences import TaggedSentence, generate_sentences
from dragoman.layers.conditional_random_field import (
    Transitions,
    best_sequences,
    forward_equations,
    log_partition,
    marginals,
    sequence_loss,
    sequence_scores,
    tag_nats,
)
from dragoman.layers.recurrent.time_major import TimeMajor
from dragoman.training.run import train

RESULT = Path(__file__).parent / "results" / "tagging.json"
PENALTY = 0.1
"""c of c·‖w‖² beside −ln p, as CRFsuite's `c2`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=PARTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for part in arguments.parts:
        machine = describe_machine()
        if part == "crfsuite":
            cast(dict[str, str], machine["versions"])["sklearn-crfsuite"] = metadata.version("sklearn-crfsuite")
            cast(dict[str, str], machine["versions"])["python-crfsuite"] = metadata.version("python-crfsuite")
        found = {"command": command_line(), "machine": machine, **PARTS[part]()}
        result = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
        result[part] = found
        print(json.dumps(found, indent=2), flush=True)
        RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def exact(cases: int = 1000, best: int = 7) -> dict[str, Any]:
    """The largest differences from enumeration."""
    draw = torch.Generator().manual_seed(1)
    largest: dict[str, float] = {}

    def note(name: str, one: Tensor, other: Tensor) -> None:
        largest[name] = max(largest.get(name, 0.0), float((one - other).abs().max()))

    sequences_that_differ = 0
    for case in range(cases):
        tags = int(torch.randint(2, 6, (), generator=draw))
        layout = Layout.of(torch.randint(1, 6, (3,), generator=draw))
        emissions = 3 * torch.randn(layout.tokens, tags, generator=draw, dtype=torch.float64)
        shapes = ((tags,), (tags, tags), (tags,))
        scores = Transitions(*(2 * torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes))
        true = torch.randint(0, tags, (layout.tokens,), generator=draw)
        if case % 2 and tags > 2:
            scores.first[1] = scores.following[0, 1] = scores.last[2] = -torch.inf
        total, shares = log_partition(emissions, layout, scores), marginals(emissions, layout, scores)
        nats, found = tag_nats(emissions, layout, scores, true), best_sequences(emissions, layout, scores, best)
        for row, (begin, length) in enumerate(zip(layout.starts.tolist(), layout.lengths.tolist(), strict=True)):
            words = slice(begin, begin + length)
            every = torch.tensor(list(itertools.product(range(tags), repeat=length)))
            values = scores.first[every[:, 0]] + scores.last[every[:, -1]]
            for word in range(length):
                values = values + emissions[begin + word, every[:, word]]
                if word:
                    values = values + scores.following[every[:, word - 1], every[:, word]]
            log_z = torch.logsumexp(values, 0)
            p = (values - log_z).exp()
            note("ln Z", total[row], log_z)
            note("marginals", shares[words], torch.stack([(p[:, None] * (every == k)).sum(0) for k in range(tags)], 1))
            place = int((every == true[words]).all(1).nonzero())
            if values[place] > -torch.inf:
                note("-ln p(y), summed over words", nats[words].sum(), log_z - values[place])
            order = values.argsort(descending=True, stable=True)[:best]
            order = order[values[order] > -torch.inf]
            note("scores of the best sequences", found.scores[row, : len(order)], values[order])
            sequences_that_differ += int((found.tags[words, : len(order)].t() != every[order]).any())
        if case % 10 == 0:
            own = sequence_scores(emissions, layout, scores, true)
            if bool(own.isfinite().all()):
                _note_gradient(note, emissions, layout, scores, true)
    return {
        "cases": cases,
        "texts": 3 * cases,
        "largest_difference": largest,
        "best_sequences_that_differ": sequences_that_differ,
    }


def _note_gradient(
    note: Callable[[str, Tensor, Tensor], None], emissions: Tensor, layout: Layout, scores: Transitions, true: Tensor
) -> None:
    parts = [part.clone().requires_grad_() for part in (emissions, *scores)]
    sequence_loss(parts[0], layout, Transitions(*parts[1:]), true).backward()  # type: ignore[no-untyped-call]
    step = 1e-6
    for name, part in zip(("emissions", *Transitions._fields), parts, strict=True):
        numeric = torch.zeros_like(part)
        with torch.no_grad():
            flat, into = part.view(-1), numeric.view(-1)
            for place in range(len(flat)):
                before = float(flat[place])
                if before == -torch.inf:
                    continue
                values = []
                for sign in (1, -1):
                    flat[place] = before + sign * step
                    values.append(float(sequence_loss(parts[0], layout, Transitions(*parts[1:]), true)))
                flat[place] = before
                into[place] = (values[0] - values[1]) / (2 * step)
        assert part.grad is not None
        note(f"gradient of {name}, from differences", part.grad, numeric)


def gradient(rounds: int = 21) -> dict[str, Any]:
    """Milliseconds of processor time for loss and gradient of 48 texts of 5 to 29 words, medians."""
    found = []
    for tags in (9, 22, 50):
        draw = torch.Generator().manual_seed(tags)
        layout = Layout.of(torch.randint(5, 30, (48,), generator=draw))
        emissions = torch.randn(layout.tokens, tags, generator=draw, requires_grad=True)
        shapes = ((tags,), (tags, tags), (tags,))
        scores = Transitions(*(torch.randn(shape, generator=draw, requires_grad=True) for shape in shapes))
        true = torch.randint(0, tags, (layout.tokens,), generator=draw)
        ways = {
            "analytic": lambda e=emissions, at=layout, s=scores, y=true: sequence_loss(e, at, s, y),
            "automatic": lambda e=emissions, at=layout, s=scores, y=true: _by_the_equations(e, at, s, y),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, loss in ways.items():
                begun = time.process_time()
                loss().backward()
                seconds[name].append(time.process_time() - begun)
        found.append({"tags": tags, **{name: round(1000 * statistics.median(s), 2) for name, s in seconds.items()}})
    return {"texts": 48, "milliseconds": found}


def _by_the_equations(emissions: Tensor, layout: Layout, transitions: Transitions, tags: Tensor) -> Tensor:
    steps = TimeMajor.of(layout)
    exact = Transitions(*(score.double() for score in transitions))
    alpha = steps.restore(forward_equations(steps.arrange(emissions.double()), exact, steps))
    ends = layout.starts + layout.lengths - 1
    log_z = torch.logsumexp(alpha[ends] + exact.last, 1)
    return (log_z - sequence_scores(emissions.double(), layout, exact, tags)).sum()


# Against CRFsuite


def _features(words: Sequence[str]) -> list[list[str]]:
    """Indicator features of each word."""
    shapes = [
        "".join("9" if c.isdigit() else "a" if c.islower() else "A" if c.isupper() else c for c in w) for w in words
    ]
    return [
        [f"word={word}", f"end={word[-3:]}", f"shape={shape[:6]}", f"before={before}"]
        for word, shape, before in zip(words, shapes, ["", *words], strict=False)
    ]


class _Linear:
    """Sums of weights of indicator features, and scores of transitions, for some sentences.

    Args:
        sentences: the sentences, whose features are known.
        features: number of each feature.
        tags: number of each tag.
    """

    def __init__(self, sentences: Sequence[TaggedSentence], features: dict[str, int], tags: dict[str, int]) -> None:
        rows = [row for sentence in sentences for row in _features(sentence.words)]
        self.features = torch.tensor([[features[name] for name in row if name in features] for row in rows])
        self.tags = torch.tensor([tags[tag] for sentence in sentences for tag in sentence.tags])
        self.layout = Layout.of([len(sentence.words) for sentence in sentences])

    def emissions(self, weight: Tensor) -> Tensor:
        """The emission scores under a weight for each feature and tag."""
        return torch.nn.functional.embedding_bag(self.features, weight, mode="sum")


def crfsuite() -> dict[str, Any]:
    """Both with the same weights, both trained, and the time to tag."""
    import sklearn_crfsuite

    generated = list(generate_sentences(1500, seed=11))
    training, test = generated[:1000], generated[1000:]
    known = sorted({name for sentence in training for row in _features(sentence.words) for name in row})
    features = {name: number for number, name in enumerate(known)}
    tags = {tag: number for number, tag in enumerate(sorted({tag for s in training for tag in s.tags}))}
    begun = time.process_time()
    theirs = sklearn_crfsuite.CRF(
        algorithm="lbfgs", c1=0.0, c2=PENALTY, max_iterations=3000, epsilon=1e-9, delta=1e-12,
        all_possible_states=True, all_possible_transitions=True,
    )  # fmt: skip
    theirs.fit([_features(s.words) for s in training], [list(s.tags) for s in training])
    their_seconds = time.process_time() - begun
    weight, scores = _weights_of(theirs, features, tags)
    data = _Linear(training, features, tags)
    log_likelihood = -float(sequence_loss(data.emissions(weight), data.layout, scores, data.tags))
    tagger = theirs.tagger_
    theirs_says = 0.0
    for sentence in training:
        tagger.set(_features(sentence.words))
        theirs_says += float(np.log(tagger.probability(list(sentence.tags))))
    squares = float((weight**2).sum() + (scores.following**2).sum())
    begun = time.process_time()
    own_weight, own_scores, objective = _fit(data, len(features), len(tags))
    own_seconds = time.process_time() - begun
    own = -float(sequence_loss(data.emissions(own_weight), data.layout, own_scores, data.tags))
    return {
        "sentences": len(training),
        "words": data.layout.tokens,
        "features": len(features),
        "tags": len(tags),
        "penalty": PENALTY,
        "their_weights": {
            "log_likelihood_by_crfsuite": theirs_says,
            "log_likelihood_by_our_layer": log_likelihood,
            "difference": abs(theirs_says - log_likelihood),
        },
        "both_trained": {
            "objective_of_crfsuite": -log_likelihood + PENALTY * squares,
            "objective_of_ours": objective,
            "log_likelihood_of_crfsuite": log_likelihood,
            "log_likelihood_of_ours": own,
            "difference_of_log_likelihoods": abs(own - log_likelihood),
            "relative_difference": abs(own - log_likelihood) / abs(log_likelihood),
            "processor_seconds_of_crfsuite": round(their_seconds, 2),
            "processor_seconds_of_ours": round(own_seconds, 2),
        },
        "tagging": _tagging(theirs, test, features, tags, weight, scores),
    }


def _weights_of(crf: Any, features: dict[str, int], tags: dict[str, int]) -> tuple[Tensor, Transitions]:
    """CRFsuite's weights as ours; it has no scores of beginnings and ends."""
    weight = torch.zeros(len(features), len(tags), dtype=torch.float64)
    for (name, tag), value in crf.state_features_.items():
        weight[features[name], tags[tag]] = value
    following = torch.zeros(len(tags), len(tags), dtype=torch.float64)
    for (before, tag), value in crf.transition_features_.items():
        following[tags[before], tags[tag]] = value
    nothing = torch.zeros(len(tags), dtype=torch.float64)
    return weight, Transitions(nothing, following, nothing)


def _fit(data: _Linear, features: int, tags: int, *, chain: bool = True) -> tuple[Tensor, Transitions, float]:
    """Weights that minimise −ln p + c‖w‖², by L-BFGS until nothing changes; without ``chain`` transitions stay 0."""
    weight = torch.zeros(features, tags, dtype=torch.float64, requires_grad=True)
    following = torch.zeros(tags, tags, dtype=torch.float64, requires_grad=chain)
    nothing = torch.zeros(tags, dtype=torch.float64)
    optimizer = torch.optim.LBFGS(
        [weight, following] if chain else [weight], max_iter=3000, max_eval=6000, history_size=20,
        tolerance_grad=1e-7, tolerance_change=1e-13, line_search_fn="strong_wolfe",
    )  # fmt: skip

    def objective() -> Tensor:
        optimizer.zero_grad()
        nats = sequence_loss(data.emissions(weight), data.layout, Transitions(nothing, following, nothing), data.tags)
        loss = nats + PENALTY * ((weight**2).sum() + (following**2).sum())
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(objective)  # type: ignore[no-untyped-call]
    value = float(objective().detach())
    return weight.detach(), Transitions(nothing, following.detach(), nothing), value


def _tagging(
    crf: Any,
    sentences: Sequence[TaggedSentence],
    features: dict[str, int],
    tags: dict[str, int],
    weight: Tensor,
    scores: Transitions,
) -> dict[str, Any]:
    """How fast both tag with the same weights, in turn, from features that are made already, and how often they
    agree."""
    names = list(tags)
    made = [_features(sentence.words) for sentence in sentences]
    padding = len(features)
    numbers = torch.tensor([[features.get(name, padding) for name in row] for text in made for row in text])
    padded = torch.cat([weight, torch.zeros(1, weight.shape[1], dtype=weight.dtype)])
    layout = Layout.of([len(sentence.words) for sentence in sentences])

    def ours() -> list[str]:
        emissions = torch.nn.functional.embedding_bag(numbers, padded, mode="sum")
        return [names[k] for k in best_sequences(emissions, layout, scores).tags[:, 0].tolist()]

    def theirs() -> list[str]:
        return [tag for text in made for tag in crf.tagger_.tag(text)]

    seconds: dict[str, list[float]] = {"ours": [], "crfsuite": []}
    for _ in range(7):
        for name, function in (("ours", ours), ("crfsuite", theirs)):
            begun = time.process_time()
            function()
            seconds[name].append(time.process_time() - begun)
    true = [tag for sentence in sentences for tag in sentence.tags]
    one, other = ours(), theirs()
    return {
        "words": len(true),
        "words_with_the_same_tag": sum(map(str.__eq__, one, other)),
        "accuracy": round(100 * float(np.mean([a == b for a, b in zip(one, true, strict=True)])), 2),
        "words_per_processor_second_of_ours": round(len(true) / statistics.median(seconds["ours"])),
        "words_per_processor_second_of_crfsuite": round(len(true) / statistics.median(seconds["crfsuite"])),
    }


# Against softmax regression


def planted(seeds: int = 5) -> dict[str, Any]:
    """Tags that go round in a ring, seldom otherwise, and words that stand for two tags each."""
    runs = [_planted(seed) for seed in range(seeds)]
    gains = [run["random_field"]["accuracy"] - run["softmax"]["accuracy"] for run in runs]
    return {
        "seeds": seeds,
        "runs": runs,
        "median_gain_of_accuracy": round(statistics.median(gains), 2),
        "smallest_gain_of_accuracy": round(min(gains), 2),
    }


def markov_sentences(count: int, draw: np.random.Generator) -> list[TaggedSentence]:
    """Sentences of a hidden Markov chain of 4 tags."""
    found = []
    for _ in range(count):
        tag = int(draw.integers(4))
        words, tags = [], []
        for _ in range(int(draw.integers(4, 12))):
            # Word 2k is of tags k and k + 1, word 2k + 1 of tags k and k + 2.
            kind = int(draw.integers(2))
            partner = (tag + 1 + kind) % 4
            words.append(f"{kind}-{min(tag, partner)}-{max(tag, partner)}")
            tags.append(f"T{tag}")
            tag = (tag + 1) % 4 if draw.random() < 0.85 else int(draw.integers(4))
        found.append(TaggedSentence(tuple(words), tuple(tags)))
    return found


def _planted(seed: int) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    training, test = markov_sentences(400, draw), markov_sentences(400, draw)
    features = {name: n for n, name in enumerate(sorted({f"word={w}" for s in training for w in s.words}))}
    tags = {f"T{number}": number for number in range(4)}
    found: dict[str, Any] = {"seed": seed}
    for name, chain in (("softmax", False), ("random_field", True)):
        weight, scores, _ = _fit(_Linear(training, features, tags), len(features), 4, chain=chain)
        data = _Linear(test, features, tags)
        said = best_sequences(data.emissions(weight), data.layout, scores).tags[:, 0]
        right = said == data.tags
        wrong = torch.zeros(data.layout.batch).index_add(0, data.layout.rows, (~right).float())
        nats = float(sequence_loss(data.emissions(weight), data.layout, scores, data.tags)) / data.layout.tokens
        found[name] = {
            "accuracy": round(100 * float(right.double().mean()), 2),
            "sentences_right": round(100 * float((wrong == 0).double().mean()), 2),
            "nats_per_word": round(nats, 4),
        }
    return found


def span_sentences(count: int, draw: np.random.Generator) -> pd.DataFrame:
    """Sentences with spans of two types, whose words tell their type at random only: some are of one type, some of
    none."""
    rows = []
    for _ in range(count):
        words, tags = [], []
        for _ in range(int(draw.integers(1, 4))):
            for _ in range(int(draw.integers(0, 3))):
                words.append(f"o{draw.integers(40)}")
                tags.append("O")
            kind = "AB"[int(draw.integers(2))]
            length = int(draw.integers(2, 6))
            for place in range(length):
                told = draw.random() < 0.3
                words.append(f"{kind.lower()}{draw.integers(40)}" if told else f"x{draw.integers(40)}")
                tags.append(f"{'B' if place == 0 else 'I'}-{kind}")
        rows.append((" ".join(words), " ".join(tags)))
    return pd.DataFrame(rows, columns=["source", "target"])


def encoders(seeds: int = 3) -> dict[str, Any]:
    """F1 of spans with a bidirectional LSTM in front of both decoders."""
    changes: dict[str, Any] = {
        "tokenizer": {"vocabulary_size": 400, "kind": "words"},
        "cleaning": {"drop_near_duplicates": False},
        "model": {"encoder": {"width": 32, "embedding_width": 32}},
        "training": {"updates": 150, "validate_every": 50, "checkpoint_every": 150, "threads": 1, "device": "cpu"},
    }
    changes["training"]["schedule"] = {"warmup": 10}
    runs = []
    for seed in range(seeds):
        draw = np.random.default_rng(seed)
        parts = {
            "train": span_sentences(600, draw),
            "validation": span_sentences(300, draw),
            "test": span_sentences(600, draw),
        }
        runs.append({"seed": seed, **_both("text-tags", changes, parts, seed)})
    return _gains(runs)


def demo() -> dict[str, Any]:
    """The sentences of ``dragoman demo tags``."""
    sentences = generate_sentences(12_000, seed=1)
    frame = pd.DataFrame([(" ".join(s.words), " ".join(s.tags)) for s in sentences], columns=["source", "target"])
    changes = {"training": {"threads": 1, "device": "cpu", "label_smoothing": 0.0}}
    return _gains([{"seed": 1, **_both("demo-tags", changes, {"train": frame}, 1)}])


def _both(preset: str, changes: dict[str, Any], parts: dict[str, pd.DataFrame], seed: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind in (("softmax", "tags"), ("random_field", "crf")):
        model = {**changes.get("model", {}), "decoder": {"kind": kind}}
        settings = {**changes, "model": model, "training": {**changes["training"], "seed": seed + 1}}
        begun = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            run = train(preset, Path(folder) / "run", changes=settings, progress=False, **parts)
        report = cast(Any, run.report)
        found[name] = {
            "span_f1": round(report.f1.value, 2),
            "accuracy": round(report.accuracy.value, 2),
            "processor_seconds": round(time.process_time() - begun, 1),
        }
    return found


def _gains(runs: list[dict[str, Any]]) -> dict[str, Any]:
    gains = {
        measure: [run["random_field"][measure] - run["softmax"][measure] for run in runs]
        for measure in ("span_f1", "accuracy")
    }
    return {
        "runs": runs,
        **{f"median_gain_of_{name}": round(statistics.median(values), 2) for name, values in gains.items()},
    }


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "exact": exact,
    "gradient": gradient,
    "crfsuite": crfsuite,
    "planted": planted,
    "encoders": encoders,
    "demo": demo,
}


if __name__ == "__main__":
    main()

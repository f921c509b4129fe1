"""Tables of translators and language models; ``tables.py`` puts them on pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tables_source import RESULTS, closing, heading, machine, picture, results


def demo() -> list[str]:
    rows = []
    for name in sorted(RESULTS.glob("demo-*.json")):
        result = json.loads(name.read_text(encoding="utf-8"))
        pair = name.stem.removeprefix("demo-").replace("-", " → ")
        match = result["test"]["exact_match"]
        interval = f"{100 * match['low']:.1f} to {100 * match['high']:.1f}"
        rows.append(
            f"| {pair} | {sum(result['pairs'].values()):,} | {result['seconds']:.0f} | {100 * match['value']:.1f} % "
            f"({interval}) | {machine(result)} |"
        )
    return [
        *heading("The demo", "python benchmarks/demo.py"),
        "Phrases of the test set, none of which stands in training, that are translated exactly.",
        "",
        "| languages | pairs | seconds in all | exact match (95 % interval) | machine |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def multi30k() -> list[str]:
    rows = []
    for result in results("multi30k-*.json"):
        training, test = result["training"], result["test_2016"]
        for search in ("greedy", "beam 5"):
            found = test[search]
            bleu, chrf = found["bleu"], found["chrf2++"]
            rows.append(
                f"| {result['threads']} | {training['minutes']:.1f} | {training['target_tokens_per_second']:,.0f} "
                f"| {search} | {bleu['value']:.2f} ({bleu['low']:.1f} to {bleu['high']:.1f}) | {chrf['value']:.1f} "
                f"| {found['sentences_per_second']:.0f} |"
            )
    machines = sorted({machine(result) for result in results("multi30k-*.json")})
    notes = [
        f"{result['threads']} thread(s): {result['note']}" for result in results("multi30k-*.json") if result["note"]
    ]
    return [
        *heading("Multi30k, English → German", "python benchmarks/multi30k.py --data DIR"),
        "The preset `tiny` on 29,000 pairs, measured on test 2016 with sacreBLEU (13a, cased, detokenised).",
        "",
        "| threads | minutes of training | target tokens per second | search | BLEU (95 % interval) | chrF2++ "
        "| sentences per second |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Machine: {'; '.join(machines)}. The learning curves lie beside the figures in `benchmarks/results/`.",
        *notes,
        "",
    ]


def search_errors() -> list[str]:
    lines: list[str] = []
    for result in results("search-errors.json"):
        lines += [*heading("Search errors", "python benchmarks/search_errors.py --data DIR"), _SEARCHED, ""]
        for name, model in result["models"].items():
            lines += [f"### {_NAMES.get(name, name)}", "", *_searched(model["report"]), ""]
            lines += [*_by_length(model["by length"]), ""]
            lines += [picture(f"Search errors of the model {name}", f"benchmarks/results/search-errors-{name}.png"), ""]
        lines += [f"Machine: {machine(result)}, 1 thread, beside other work, so that seconds are upper limits.", ""]
    for result in results("exact-search.json"):
        cases = ", ".join(f"{kind} {count:,}" for kind, count in result["cases"].items())
        differences = result["differences from enumeration"]
        lines += [
            *heading("Exact search and enumeration", "python benchmarks/exact_search.py"),
            f"On {result['all cases']:,} rows of random small models, raw and with length penalties of both signs, "
            f"exact search proved the two outputs that enumeration finds, with {differences} differences: {cases}.",
            "",
        ]
    return lines


_SEARCHED = (
    "The presets `tiny` and `recurrent` on Multi30k, English → German, measured on test 2016. *Missed*: share of the "
    "proved sentences where the search found a less probable output than the model's best; *short*: outputs with less "
    "than half of the words of the reference, the empty ones included."
)
_NAMES = {"tiny": "Transformer (preset `tiny`)", "recurrent": "LSTM with attention (preset `recurrent`)"}


def _searched(report: dict[str, Any]) -> list[str]:
    share = f"{report['proved']['count']:,} of {report['proved']['total']:,}"
    rows = []
    for search in report["searches"]:
        gap = "–" if search["median_gap"] is None else f"{search['median_gap']:.2f}"
        bleu, chrf = (f"{metric['value']:.2f}" for metric in search["quality"])
        shares = (f"{100 * search[name]['value']:.1f} %" for name in ("missed", "empty", "short"))
        missed, empty, short = shares
        rows.append(
            f"| {search['name']} | {missed} | {gap} | {empty} | {short} | {bleu} | {chrf} | {search['calls']:,.0f} "
            f"| {search['seconds']:,.0f} |"
        )
    return [
        "| search | missed | median gap, nats | empty | short | BLEU | chrF2++ | calls a sentence | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Proved: {share}, within {report['budget']} each.",
    ]


def search_methods() -> list[str]:
    lines: list[str] = []
    for result in results("search-methods.json"):
        lines += heading("Methods of search", "python benchmarks/search_methods.py MODEL SOURCE REFERENCE")
        lines += ["The preset `tiny` on Multi30k, English → German, measured on sentences of test 2016.", ""]
        for part, note in _PARTS.items():
            if part in result:
                lines += [f"### {part[0].upper()}{part[1:]}", "", note, "", *_table(result[part]["found"]), ""]
        lines += [f"Machine: {machine(result)}, 1 thread, seconds of its processor.", ""]
    return lines


_PARTS = {
    "minimum Bayes risk": "1,000 sentences. The utility stands first, then the candidates. p: paired bootstrap.",
    "diversity": "Ten outputs for each of 200 sentences.",
    "best first": "Best-first beam search beside beam search.",
    "frequencies": "χ² of 100,000 draws from a model whose probabilities are known.",
}


def _table(found: dict[str, dict[str, Any]]) -> list[str]:
    """A table of values by name, and by name within a name; the names of the columns are those of the first row that
    has all."""
    rows = {name: dict(_flat(values)) for name, values in found.items()}
    columns = list(max(rows.values(), key=len))
    return [
        f"| | {' | '.join(columns)} |",
        f"|---{'|---' * len(columns)}|",
        *(f"| {name} | {' | '.join(str(row.get(column, '–')) for column in columns)} |" for name, row in rows.items()),
    ]


def _flat(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from ((f"{inner}: {name}", each) for inner, each in value.items())
        else:
            yield name, value


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _by_length(groups: list[dict[str, Any]]) -> list[str]:
    searches = list(groups[0]["missed"])
    rows = [
        f"| {group['words']} | {group['proved sentences']:,} "
        f"| {' | '.join(_percent(group['missed'][name]) for name in searches)} "
        f"| {100 * group['empty best']:.1f} % | {group['log-probability of the best']:.1f} "
        f"| {group['log-probability of the empty output']:.1f} |"
        for group in groups
    ]
    missed = " | ".join(f"{name}: missed" for name in searches)
    return [
        f"| words of the reference | proved | {missed} | empty bests | ln P of the best | ln P of the empty output |",
        "|---" * (len(searches) + 5) + "|",
        *rows,
    ]


def real_corpora() -> list[str]:
    rows, notes = [], []
    for name in ("home-assistant-de", "home-assistant-zh", "tatoeba-zh"):
        for result in results(f"{name}.json"):
            test = result["test"]
            cells = [f"{test[metric]['value']:.1f}" for metric in ("bleu", "chrf")]
            shares = [
                "–" if share is None else f"{100 * share['value']:.1f} %"
                for share in (test["exact_match"], test["placeholders"])
            ]
            rows.append(
                f"| {name} | {result['pairs']['train']:,} | {result['updates']:,} | {result['minutes']:.0f} "
                f"({result['threads']}) | {' | '.join([*cells, *shares])} |"
            )
            notes += [f"{name}: {result['note']}", ""] if result["note"] else []
    if not rows:
        return []
    return [
        *heading("Real corpora", "python benchmarks/real_corpora.py NAME"),
        "The preset `tiny`, measured at beam 5 on "
        "held-out pairs whose sources do not stand in training, with sacreBLEU (13a, for Chinese zh). Ten outputs each "
        "lie in `benchmarks/results/`.",
        "",
        "| corpus | training pairs | updates | minutes (threads) | BLEU | chrF2++ | exact match | placeholders kept |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        *notes,
    ]


def architectures() -> list[str]:
    short, longer = results("architectures.json"), results("architectures-longer.json")
    parts = []
    for result in short:
        parts += [
            *heading("Architectures", "python benchmarks/architectures.py --data DIR"),
            "This is `dragoman compare` on Multi30k, English → German, test 2016, under one budget of training tokens. "
            "p is that of the paired bootstrap against the best; tokens/s are target tokens per second of training.",
            "",
            *_comparison(result),
            picture(
                "Validation BLEU of each architecture over minutes of training",
                "benchmarks/results/architectures-quality-time.png",
            ),
            "",
        ]
    for result in longer:
        parts += ["The two that the literature compares, trained until they gain no more (`--longer`):", ""]
        parts += _comparison(result)
    return parts


def _comparison(result: dict[str, Any]) -> list[str]:
    rows = []
    for row in result["rows"]:
        found, difference = row["measures"], row["against_best"]
        quality = found["quality"]
        p = "best" if difference is None else f"{difference['p_value']:.3f}"
        reached = "–" if row["minutes_to_reach"] is None else f"{row['minutes_to_reach']:.1f}"
        speeds = " | ".join(f"{speed:.0f}" for speed in found["speeds"].values())
        rows.append(
            f"| {row['name']} | {row['parameters'] / 1e6:.1f} | {quality['value']:.2f} ({quality['low']:.1f} to "
            f"{quality['high']:.1f}) | {p} | {row['validation_loss']:.3f} | {row['tokens_per_second']:,.0f} "
            f"| {row['minutes']:.1f} | {reached} | {speeds} |"
        )
    return [
        "| model | million parameters | BLEU, beam 5 (95 %) | p | validation loss | tokens/s | minutes "
        f"| min. to {result['reach']:g} | greedy/s | beam/s |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Each saw {result['rows'][0]['tokens']:,} target tokens in the same batches. {result['threads']} thread(s), "
        + closing(result),
        "",
    ]


def reversal() -> list[str]:
    rows = []
    for result in results("reversal.json"):
        for name, found in result["models"].items():
            match = found["exact_match"]
            interval = f"{100 * match['low']:.1f} to {100 * match['high']:.1f}"
            rows.append(
                f"| {name} | {found['updates']:,} | {100 * match['value']:.1f} % ({interval}) | {found['seconds']} "
                f"| {found['machine']['processor'].split(' (')[0]} |"
            )
    if not rows:
        return []
    result = results("reversal.json")[0]
    return [
        *heading("Reversal", "python benchmarks/reversal.py"),
        f"Rows of up to 10 symbols out of 20, turned round. "
        f"{result['pairs']:,} pairs, measured on 500 unseen rows; the first four have no attention, so that all of a "
        "row must pass through one vector.",
        "",
        "| model | updates | exact match (95 %) | seconds of one core | processor |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def language_models() -> list[str]:
    rows, notes = [], []
    for result in results("language-models.json"):
        for name, found in result["models"].items():
            bits, perplexity = found["bits_per_character"], found["perplexity"]
            rows.append(
                f"| {name} | {perplexity['value']:.1f} ({perplexity['low']:.1f} to {perplexity['high']:.1f}) "
                f"| {bits['value']:.3f} | {found['tokens_per_second']:,} |"
            )
        fusion = result["fusion"]
        test = {float(weight): f"{bleu['value']:.2f}" for weight, bleu in fusion["test_2016"].items()}
        weights = ", ".join(f"{bleu:.2f} at {weight}" for weight, bleu in fusion["validation"].items())
        notes += [
            f"Shallow fusion of {fusion['model']} into the translator's search, which shares its vocabulary, beam 5: "
            f"BLEU on the validation set {weights}; on test 2016 {test[0.0]} without and "
            f"{test[fusion['weight']]} at the weight chosen there, {fusion['weight']}. {result['note']}",
            "",
        ]
    if not rows:
        return []
    return [
        *heading("Language models", "python benchmarks/language_models.py --data DIR --translator MODEL"),
        "The 29,000 German "
        "captions of Multi30k, one vocabulary and one number of updates for all, measured on test 2016.",
        "",
        "| model, partition | perplexity per token (95 %) | bits per character | tokens/s |",
        "|---|---|---|---|",
        *rows,
        "",
        *notes,
    ]

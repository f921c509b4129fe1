"""Tables of how well shifts are found, told apart and answered; ``tables.py`` puts them on a page.

One function for each result file: a benchmark of shifts adds its file and its function to :data:`TABLES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tables_source import heading, machine, picture, results

SAMPLES = {
    "captions": "captions",
    "documents": "integrations, permuted whole",
    "documents as sentences": "integrations, permuted string by string (wrong)",
}


def _tests(result: dict[str, Any]) -> list[str]:
    """Size and power of the tests of covariate shift, beside other toolkits."""
    return [*_size(result), *_power(result), *_peers(result)]


def _size(result: dict[str, Any]) -> list[str]:
    rows = [
        f"| {SAMPLES[name]} | {test} | {found['trials']:,} "
        + "".join(f"| {100 * found['rejected'][level][test]:.1f} % " for level in ("0.05", "0.005"))
        + "|"
        for name, found in result["size"].items()
        for test in found["rejected"]["0.05"]
    ]
    if not rows:
        return []
    (low, high), (least, most) = ([100 * end for end in result["regions"][level]] for level in ("0.05", "0.005"))
    documents = result["documents"]
    return [
        *heading("Where there is no shift", "python benchmarks/shift_tests.py"),
        f"How often a shift is found where both samples are {result['captions']} captions of Multi30k each, or "
        f"{documents['integrations']} integrations of Home Assistant each with at most {documents['most strings']} "
        f"strings, with {result['features']} features that a translator of Multi30k keeps of its inputs and "
        f"{result['permutations']} permutations. Chance alone leaves a test that keeps its level within "
        f"{low:.1f} to {high:.1f} % at α = 0.05, {least:.1f} to {most:.1f} % at 0.005.",
        "",
        "| both samples | test | trials | found at α = 0.05 | found at α = 0.005 |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def _power(result: dict[str, Any]) -> list[str]:
    rows = [
        f"| {100 * row['share']:g} % | {row['size']:,} | {row['trials']} "
        + "".join(f"| {100 * rate:.0f} % " for rate in row["rejected"]["0.05"].values())
        + f"| {row['area']:.2f} | {row['processor_seconds']:.2f} |"
        for row in result["power"]
    ]
    if not rows:
        return []
    return [
        *heading("Where there is a shift", "python benchmarks/shift_tests.py"),
        "How often a shift is found at α = 0.05 where a share of the new captions are English strings of Home "
        "Assistant. The area under the ROC curve is that of the classifier, out of fold: 0.5 says that it cannot tell "
        "new from old, 1 that it always can. Seconds are a processor's, for all tests together.",
        "",
        "| foreign | old and new, each | trials | overall | classifier | mean discrepancy | Kolmogorov–Smirnov | area "
        "| seconds |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        picture("Share of samples in which a shift is found over their size", "benchmarks/results/shift-tests.png"),
        "",
        f"{machine(result)}. {result['note']}".rstrip(),
        "",
    ]


def _peers(result: dict[str, Any]) -> list[str]:
    if not result["peers"]:
        return []
    toolkits, draws, timed = (result["peers"][key] for key in ("toolkits", "draws", "timed"))
    rows = []
    for name, found in toolkits.items():
        for test, rates in found["rejected"].items():
            seconds = found["processor_seconds"].get(test)
            whole = found["processor_seconds"].get("all tests") if test == "overall" else seconds
            rows.append(
                f"| {name} | {test} | {100 * rates['none']:.0f} % | {100 * rates['contaminated']:.0f} % "
                f"| {'–' if whole is None else f'{whole:.2f}'} |"
            )
    return [
        *heading("Beside other toolkits", "python benchmarks/shift_tests.py --frouros PYTHON --alibi-detect PYTHON"),
        f"The same {draws['draws']} draws of {draws['size']} old and {draws['size']} new captions for all, without "
        f"foreign strings and with {100 * draws['share']:g} %, {draws['permutations']} permutations, α = 0.05. Seconds "
        f"are a processor's at {timed['size']} old and {timed['size']} new examples and {timed['permutations']} "
        "permutations; ours are those of all three tests. frouros was given the median distance as its kernel's width; "
        "the classifier of alibi-detect is a logistic regression, without permutations.",
        "",
        "| toolkit | test | found without a shift | found with one | seconds |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def _labels(result: dict[str, Any]) -> list[str]:
    """Shares of classes, beside quapy."""
    rows = []
    for name, model in result["models"].items():
        for found in model["settings"]:
            distances = found["total_variation"]
            accuracy = found["accuracy"]
            rows.append(
                f"| {name} | {found['split']} | {found['concentration']:g} | {found['size']:,} "
                + "".join(
                    f"| {distances[method]['median']:.3f} ({distances[method]['95th percentile']:.3f}) "
                    if method in distances
                    else "| – "
                    for method in SHARES
                )
                + f"| {100 * accuracy['before']:.1f} → {100 * accuracy['after']:.1f} % |"
            )
    return [
        *heading("Shares of classes", "python benchmarks/label_shift.py --data DIR --runs FOLDER --peer PYTHON"),
        "Handwritten digits whose shares are drawn from a Dirichlet distribution: total variation between estimated "
        f"and drawn shares, median of {result['draws']} draws (95th percentile). *Files*: old pictures are those "
        "numbered 8,001 to 9,000, new ones from 9,001 on, which are harder, so that label shift holds only nearly. "
        "*Halves*: both are dealt out at random, so that it holds. The sample itself is what counting its true labels "
        "would give. Accuracy is that before and after the probabilities are re-weighted.",
        "",
        "| model | split | concentration | new pictures "
        + "".join(f"| {title} " for title in SHARES.values())
        + "| accuracy |",
        "|---" * (5 + len(SHARES)) + "|",
        *rows,
        "",
        f"{machine(result)}, quapy {result['peer']['quapy']}. {result['note']}".rstrip(),
        "",
    ]


SHARES = {
    "maximum likelihood": "maximum likelihood",
    "quapy, EMQ": "EMQ",
    "quapy, EMQ-BCTS": "EMQ, calibrated",
    "confusion, soft": "confusion, soft",
    "confusion, hard": "confusion, hard",
    "quapy, PACC": "PACC",
    "the sample itself": "the sample itself",
}
"""Titles of the methods that are shown."""


def _concept(result: dict[str, Any]) -> list[str]:
    """Size and power of the test of concept shift."""
    settings = result["settings"]
    effects = list(next(iter(settings.values()))["power"])
    rows = [
        f"| {name} | {100 * found['rejected_by_plain_means']:.0f} % | {100 * found['rejected']:.1f} % "
        f"| {100 * found['coverage']:.1f} % | {found['pairs']:.0f} "
        + "".join(f"| {100 * found['power'][effect]:.0f} % " for effect in effects)
        + "|"
        for name, found in settings.items()
    ]
    trials = max(found["trials"] for found in settings.values())
    return [
        *heading("Concept shift under a covariate shift", "python benchmarks/concept_shift.py"),
        f"How often a concept shift is found at α = 0.05 in {result['examples']} old and as many new examples whose "
        "inputs have shifted by 1.5 standard deviations along one feature, on which the loss depends. Without a "
        f"concept shift, in {trials:,} trials: by comparing mean losses, and by comparing those of like inputs; the "
        "share of 95 % intervals that hold the truth, and how many pairs have like inputs. With one: by how much it "
        "adds to the loss.",
        "",
        "| setting | mean losses | like inputs | interval holds | pairs " + "".join(f"| + {e} " for e in effects) + "|",
        "|---" * (5 + len(effects)) + "|",
        *rows,
        "",
        f"{machine(result)}. {result['note']}".rstrip(),
        "",
    ]


def _kinds(result: dict[str, Any]) -> list[str]:
    lines = ["## Is the kind of a shift named?", ""]
    lines += [
        f"{result['trials']:,} planted shifts each, of {result['new']:,} new examples with labels; a row for each "
        "planted kind, a column for each that the diagnosis named first.",
        "",
    ]
    for part, title in (("models", "Small models of rows, through their folders"), ("profiles", "Softmax regression")):
        confusion = result[part]["confusion"]
        lines += [f"| {title} | {' | '.join(confusion)} |", f"|---|{'---:|' * len(confusion)}"]
        lines += [f"| {kind} | {' | '.join(map(str, named.values()))} |" for kind, named in confusion.items()]
        lines += ["", f"Named rightly: {100 * result[part]['share']:.1f} %.", ""]
    return lines


def _monitoring(result: dict[str, Any]) -> list[str]:
    """The sequential test of monitoring, beside River's detectors."""
    parts = {"false_alarms": _false_alarms, "several": _several, "delays": _delays, "memory": _memory}
    return [line for name, table in parts.items() if name in result for line in table(result[name])]


def _several(result: dict[str, Any]) -> list[str]:
    share, rows = f"{100 * result['share']:.1f} %", f"{result['rows']:,} rows"
    return [
        f"With {result['scores']} features a row that hang together, some with ties and heavy tails, and a reference "
        f"of {result['reference']} rows, {share} of {result['streams']:,} streams of {rows} ever alarmed.",
        "",
    ]


def _false_alarms(result: dict[str, Any]) -> list[str]:
    rows = []
    for size in (500, 2000):
        found = result[f"reference of {size}"]
        peers = "".join(f"| {100 * peer['share']:.0f} % of {peer['streams']} " for peer in found["peers"].values())
        rows.append(f"| {size:,} | {100 * found['share']:.1f} % of {result['streams']:,} {peers}|")
    peers = result["reference of 500"]["peers"]
    return [
        *heading("Monitoring: false alarms", "python benchmarks/monitoring.py false_alarms several --river PYTHON"),
        f"Streams of {result['rows']:,} rows that nothing happens to, and how many of them ever alarmed at α = "
        f"{result['alpha']:g}. River's detectors have their default settings and got the reference as the beginning of "
        "the stream.",
        "",
        f"| rows of the reference | `dragoman monitor` {''.join(f'| {name} ' for name in peers)}|",
        f"|---|---{'|---' * len(peers)}|",
        *rows,
        "",
    ]


def _delays(result: dict[str, Any]) -> list[str]:
    names = {"ours": "`dragoman monitor`", "ADWIN": "ADWIN", "Page-Hinkley": "Page–Hinkley"}
    names = {key: name for key, name in names.items() if key in result["shifts"][0]}
    rows = []
    for row in result["shifts"]:
        cells = "".join(
            f"| {_rows(row[key]['median'])} ({_rows(row[key]['nine_of_ten'])}) | {100 * row[key]['before']:.0f} % "
            for key in names
        )
        rows.append(f"| {row['begin']:,} | {row['shift']:g} {cells}|")
    return [
        *heading("Monitoring: delays", "python benchmarks/monitoring.py delays --river PYTHON"),
        f"The mean of a normal number shifts by so many standard deviations from a row on, in {result['streams']} "
        f"streams each, with a reference of {result['reference']:,} rows: the rows until the alarm, the median and, in "
        "brackets, what nine of ten streams need at most; and the share of streams with a false alarm before. "
        "`dragoman monitor` ends at its first alarm; River's detectors go on, so that theirs are found after false "
        "alarms as well.",
        "",
        f"| shift from row | by {''.join(f'| {name}: rows | before ' for name in names.values())}|",
        f"|---|---{'|---|---' * len(names)}|",
        *rows,
        "",
    ]


def _rows(count: float | None) -> str:
    return "not found" if count is None else f"{count:,.0f}"


def _memory(result: dict[str, Any]) -> list[str]:
    rows = [
        f"| {found['rows']:,} | {found['log_mib']:,.1f} | {found['peak_mib']:,.0f} | {found['state_kib']:,.0f} "
        f"| {found['processor_seconds']:,.0f} | {found['rows_a_second']:,.0f} |"
        for name, found in result.items()
        if name.endswith(" rows")
    ]
    return [
        *heading("Monitoring: memory", "python benchmarks/monitoring.py memory"),
        "`dragoman monitor` on a log of JSON lines, by a model that reads rows of a table, whose features are five. "
        "Seconds are the processor's, with the start of the process.",
        "",
        "| rows | MiB of the log | MiB of memory at most | KiB of the state | seconds | rows a second |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
    ]


TABLES: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "shift-tests.json": _tests,
    "label-shift.json": _labels,
    "concept-shift.json": _concept,
    "shift-kinds.json": _kinds,
    "monitoring.json": _monitoring,
}
"""What is made of each result file, in the order of the page."""


def shift_tables() -> list[str]:
    """All that have been measured."""
    return [line for name, table in TABLES.items() for result in results(name) for line in table(result)]

"""Tables of speed and memory; ``tables.py`` puts them on pages."""

from __future__ import annotations

from typing import Any

from tables_source import closing, heading, picture, results

SYSTEMS = {"dragoman": "Dragoman", "eole": "Eole", "hf": "Hugging Face", "joey": "Joey NMT"}


def speed_tables() -> list[str]:
    """All that have been measured."""
    return [
        *_training_throughput(),
        *_precision(),
        *_time_to_quality(),
        *_translation_speed(),
        *_quality_speed(),
        *_scaling(),
        *_prepare(),
    ]


def _training_throughput() -> list[str]:
    parts = []
    for result in results("training-throughput*.json"):
        parts += [
            *heading(_throughput_title(result), "python benchmarks/training_throughput.py --data DIR"),
            "Real target tokens "
            "per second, the same Multi30k tokens, vocabulary and about 4,096 target tokens a batch for all, "
            "interleaved, medians. In brackets tokens per second of processor, which other processes disturb less.",
            "",
            f"| model | threads | {' | '.join(SYSTEMS.values())} | × the fastest | of the bf16 peak |",
            f"|---|---|{'---|' * len(SYSTEMS)}---|---|",
            *[_throughput_row(entry) for entry in result["summary"]],
            "",
            "Peak of resident memory in MiB: " + "; ".join(map(_memory, result["summary"])) + ".",
            "",
            closing(result),
            "",
        ]
    return parts


def _throughput_title(result: dict[str, Any]) -> str:
    architectures = dict.fromkeys(entry["architecture"] for entry in result["summary"])
    threads = dict.fromkeys(str(entry["threads"]) for entry in result["summary"])
    counted = "1 thread" if list(threads) == ["1"] else f"{' and '.join(threads)} threads"
    return f"Training, side by side: {', '.join(architectures)}, {counted}"


def _memory(entry: dict[str, Any]) -> str:
    systems = entry["systems"]
    peaks = [f"{title} {systems[n]['peak_resident_mib']:,.0f}" for n, title in SYSTEMS.items() if n in systems]
    return f"{entry['architecture']}, {entry['threads']} thread(s): {', '.join(peaks)}"


def _throughput_row(entry: dict[str, Any]) -> str:
    cells = []
    for name in SYSTEMS:
        found = entry["systems"].get(name, {})
        clock, processor = found.get("tokens_per_second"), found.get("tokens_per_processor_second")
        cells.append("–" if clock is None else f"{clock:,.0f} ({processor:,.0f})")
    ratios = [entry.get(f"ratio_{unit}") for unit in ("tokens_per_second", "tokens_per_processor_second")]
    clock, processor = (f"{ratio['ratio']:.1f}" if ratio else "–" for ratio in ratios)
    share = entry.get("share_of_bf16_peak")
    peak = "–" if share is None else f"{100 * share['share']:.0f} % ({100 * share['share_by_processor_time']:.0f} %)"
    return f"| {entry['architecture']} | {entry['threads']} | {' | '.join(cells)} | {clock} ({processor}) | {peak} |"


def _precision() -> list[str]:
    parts = []
    for result in results("precision.json"):
        differences = ", ".join(f"{row['difference']:+.2f}" for row in result["rows"])
        parts += [
            *heading("What bfloat16 and the native kernels cost in quality", "python benchmarks/precision.py"),
            f"Against float32 without native kernels: {differences} BLEU "
            f"with {len(result['rows'])} seeds, {result['mean difference']:+.2f} on average. {result['note']}",
            "",
        ]
    return parts


def _time_to_quality() -> list[str]:
    parts = []
    for result in results("time-to-quality.json"):
        names = [name for name in SYSTEMS if name in result["systems"]]
        goals = result["minutes_to_bleu"]
        rows = []
        for name in names:
            best = max(point["bleu"] for point in result["systems"][name]["curve"])
            reached = [goals[goal].get(name) or {} for goal in goals]
            cells = [_minutes(found.get("minutes"), found.get("processor_minutes")) for found in reached]
            trained = result["systems"][name]["seconds"]
            rows.append(
                f"| {SYSTEMS[name]} | {' | '.join(cells)} | {best:.2f} | "
                f"{_minutes(trained['clock'] / 60, trained['processor'] / 60)} |"
            )
        times = [str(goals[goal]["times_faster"] or "–") for goal in goals]
        parts += [
            *heading("Time to quality", "python benchmarks/time_to_quality.py --data DIR"),
            "Minutes of training on one core, "
            "by the clock (of processor), until sacreBLEU on test 2016, beam 5, is as much.",
            "",
            f"| toolkit | {' | '.join(f'BLEU {goal}' for goal in goals)} | best BLEU | trained for |",
            f"|---|{'---|' * len(goals)}---|---|",
            *rows,
            f"| times faster than the next | {' | '.join(times)} | | |",
            "",
            closing(result),
            "",
            picture("BLEU over minutes of training, by toolkit", "benchmarks/results/time-to-quality.png"),
            "",
        ]
    return parts


def _minutes(clock: float | None, processor: float | None) -> str:
    return "–" if clock is None or processor is None else f"{clock:.1f} ({processor:.1f})"


def _quality_speed() -> list[str]:
    return [
        line
        for result in results("quality-speed.json")
        for line in (
            *heading("Quality and speed", "python benchmarks/quality_speed.py RUN …"),
            f"Presets and engines, {result['threads']} thread(s). {result['note']}",
            "",
            picture("BLEU against sentences per second", "benchmarks/results/quality-speed.png"),
            "",
        )
    ]


_VARIED = {
    "batch": "target tokens in a batch",
    "length": "tokens in a sentence",
    "width": "width of the model",
    "corpus": "pairs in the corpus",
    "threads": "threads",
}


def _scaling() -> list[str]:
    parts = []
    for result in results("scaling.json"):
        rows = []
        for name, title in _VARIED.items():
            found = [entry for entry in result["summary"] if entry["varied"] == name and entry["rounds"]]
            cells = [
                f"{e['value']:,}: {e['tokens_per_processor_second']:,.0f} ({e['peak_resident_mib']:,.0f})"
                for e in found
            ]
            rows += [f"| {title} | {' · '.join(cells)} |"] if found else []
        parts += [
            *heading("Scaling", "python benchmarks/scaling.py"),
            "The preset `tiny` with one thing varied: target tokens per "
            "second of processor (and the peak of resident memory in MiB).",
            "",
            "| what is varied | value: tokens per second (memory) |",
            "|---|---|",
            *rows,
            "",
            closing(result),
            "",
            picture(
                "Speed and memory of training by batch, length, width and corpus", "benchmarks/results/scaling.png"
            ),
            "",
        ]
    return parts


def _translation_speed() -> list[str]:
    parts = []
    for result in results("translation-speed.json"):
        engines = dict.fromkeys(row["engine"] for row in result["rows"])
        rows = []
        for engine in engines:
            cells = []
            for search in ("greedy", "beam 5"):
                found = [row for row in result["rows"] if (row["engine"], row["search"]) == (engine, search)]
                cells += [_speed_cells(row) for row in found] or ["– | – | –"]
            rows.append(f"| {engine} | {' | '.join(cells)} |")
        parts += [
            *heading("Translating", "python benchmarks/translation_speed.py MODEL"),
            f"{result['sentences']:,} sentences of "
            f"test 2016, {result['threads']} thread(s), sentences per second by the clock (of processor), BLEU, and "
            "outputs that are the same as PyTorch's.",
            "",
            "| engine | greedy | BLEU | same | beam 5 | BLEU | same |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
            closing(result),
            "",
        ]
    return parts


def _speed_cells(row: dict[str, Any]) -> str:
    clock, processor = row["sentences_per_second"], row.get("sentences_per_processor_second")
    bleu = "–" if row.get("bleu") is None else f"{row['bleu']:.2f}"
    beside = "" if processor is None else f" ({processor:,.0f})"
    return f"{clock:,.0f}{beside} | {bleu} | {row.get('same_as_first', '–')}"


def _prepare() -> list[str]:
    rows = [
        f"| {size['pairs']:,} | {size['seconds']:,.1f} | {size['microseconds_per_pair']:.0f} "
        f"| {size['processor_microseconds_per_pair']:.0f} | {size['peak_resident_gib']:.2f} |"
        for result in results("prepare.json")
        for size in result["sizes"]
    ]
    if not rows:
        return []
    return [
        *heading("Any size", "python benchmarks/prepare.py"),
        "Reading, cleaning by every rule, splitting, learning the "
        "vocabulary, encoding and writing, on generated pairs.",
        "",
        "| pairs | seconds | microseconds a pair | of processor | most resident memory, GiB |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]

"""Tables of the native engine; ``tables.py`` puts them on a page."""

from __future__ import annotations

import statistics
from typing import Any

from tables_source import closing, heading, picture, results

SEARCHES = ("greedy", "beam 5")


def native_tables() -> list[str]:
    """All that have been measured."""
    return [
        *_speed(),
        *_latency(),
        *_base(),
        *_firefox(),
        *_architectures(),
        *_reader(),
        *_predictions(),
        *_validation(),
        *_scaling(),
        *_profile(),
    ]


def _translation(part: str) -> list[tuple[dict[str, Any], Any]]:
    return [(result, result[part]) for result in results("native_translation.json") if part in result]


def _command(model: str = "MODEL") -> str:
    return f"python benchmarks/native_translation.py {model} --source FILE --target FILE --dataset DIR"


def _speed() -> list[str]:
    parts = []
    for result, steps in _translation("speed"):
        parts += [
            *heading("Beside CTranslate2: a whole test set", _command()),
            f"The preset `tiny`, {result['sentences']:,} sentences of Multi30k's test 2016 in one call, the same "
            "weights, in turn in one process. Sentences per second of processor, medians of "
            f"{result['rounds']} rounds; BLEU; in the rows of the native engine how many times as fast as CTranslate2 "
            "with the same numbers, the median of the ratios within each round (lowest to highest). A preview of the "
            "output layer finds likely symbols from a quarter of the numbers; it is set against CTranslate2 with all "
            "symbols.",
            "",
            _settings(result),
            "",
        ]
        for threads in dict.fromkeys(step["threads"] for step in steps):
            found = {step["search"]: step for step in steps if step["threads"] == threads}
            parts += [
                f"{threads} thread{'s' * (threads > 1)}:",
                "",
                "| engine | greedy | BLEU | × CTranslate2 | beam 5 | BLEU | × CTranslate2 |",
                "|---|---|---|---|---|---|---|",
                *[_speed_row(name, found) for name in found[SEARCHES[0]]["systems"]],
                "",
            ]
        parts += [*_limits(result, steps), closing(result), ""]
    return parts


def _settings(result: dict[str, Any]) -> str:
    """How CTranslate2 was called."""
    said = []
    ours = (0, 0)
    for search, found in result["settings"].items():
        ours = found["ours"]["shortlist"]
        plain, narrowed = found["all symbols"]["best"], found["shortlist"]["best"]
        frequent, each = narrowed["shortlist"]
        said.append(
            f"{search}: batches of {plain['batch']}, with a shortlist ({frequent} + {each}) of {narrowed['batch']}, "
            f"where {narrowed['same']:,} of its outputs are those of all symbols, and {found['ours']['same']:,} of ours"
        )
    return (
        f"CTranslate2 {result['versions']['ctranslate2']} has its best settings: AVX-512 forced, {result['allocator']} "
        f"to allocate, and of the tried batches and shortlists the fastest ({'; '.join(said)}). Our shortlist is of "
        f"each sentence by itself, {ours[0]:,} frequent symbols and up to {ours[1]:,} for each symbol of the source."
    )


def _speed_row(name: str, found: dict[str, Any]) -> str:
    cells = []
    for search in SEARCHES:
        one = found[search]["systems"].get(name)
        ratio = found[search]["ratios"].get(name)
        if one is None:
            cells += ["–", "–", "–"]
            continue
        cells += [f"{one['per_processor_second']:,.0f}", f"{one['bleu']:.2f}", _ratio(ratio)]
    return f"| {name} | {' | '.join(cells)} |"


def _ratio(ratio: dict[str, float] | None) -> str:
    if ratio is None:
        return "–"
    return f"**{ratio['processor']:.2f}** ({ratio['lowest']:.2f} to {ratio['highest']:.2f})"


def _limits(result: dict[str, Any], steps: list[dict[str, Any]]) -> list[str]:
    limit = result["limit"]
    rows, previewed = [], []
    for step in steps:
        preview = step["systems"].get("native int8, preview")
        if "limit" in step and preview is not None:
            share = preview["per_processor_second"] / step["limit"]["int8"]["sentences_at_the_limit"]
            previewed.append(f"{step['search']} {100 * share:.0f} %")
        for number, found in step.get("limit", {}).items():
            rows.append(
                f"| {step['search']} | {number} | {found['operations_of_a_sentence'] / 1e6:,.0f} | "
                f"{found['sentences_at_the_limit']:,.0f} | {100 * found['share']:.0f} % |"
            )
    measured = ", ".join(f"{number} {value / 1e9:,.0f}" for number, value in limit.items() if value)
    return [
        f"What a core multiplies at most, measured with all numbers in registers: {measured} thousand million "
        "operations a second. Of that the products of a translation reach:",
        "",
        "| search | numbers | million operations a sentence | sentences a second at the limit | reached |",
        "|---|---|---|---|---|",
        *rows,
        "",
        *(
            [
                "A preview leaves most products of the output layer out. By its speed, those of the whole layer would "
                f"reach: {', '.join(previewed)}.",
                "",
            ]
            if previewed
            else []
        ),
    ]


def _latency() -> list[str]:
    parts = []
    for result, steps in _translation("latency"):
        parts += [
            *heading("Beside CTranslate2: one sentence a call", _command()),
            "Milliseconds of processor of a call that translates one sentence, half of the calls (99 % of them); with "
            "two threads by the clock. All engines take turns on each sentence. × CTranslate2 is the median of the "
            "ratios of each sentence.",
            "",
        ]
        for threads in dict.fromkeys(step["threads"] for step in steps):
            found = {step["search"]: step for step in steps if step["threads"] == threads}
            unit = "processor" if threads == 1 else "clock"
            parts += [
                f"{threads} thread{'s' * (threads > 1)}:",
                "",
                "| engine | greedy | × CTranslate2 | beam 5 | × CTranslate2 |",
                "|---|---|---|---|---|",
                *[_latency_row(name, found, unit) for name in found[SEARCHES[0]]["systems"]],
                "",
            ]
        parts += [closing(result), ""]
    return parts


def _latency_row(name: str, found: dict[str, Any], unit: str) -> str:
    cells = []
    for search in SEARCHES:
        one, ratio = found[search]["systems"][name], found[search]["ratios"].get(name)
        cells += [
            f"{one[f'{unit}_p50']:.2f} ({one[f'{unit}_p99']:.2f})",
            "–" if ratio is None else f"**{ratio[unit]:.2f}**",
        ]
    return f"| {name} | {' | '.join(cells)} |"


def _base() -> list[str]:
    parts = []
    for result, found in _translation("base"):
        sizes = found["sizes"]
        names = list(found["searches"]["greedy"]["systems"])
        rows = []
        for name in names:
            cells = []
            for search in SEARCHES:
                one = found["searches"].get(search)
                if one is None:
                    cells += ["–", "–"]
                    continue
                best = " (best)" if name == one["best"] else ""
                cells += [
                    f"{one['systems'][name]['per_processor_second']:,.1f}{best}",
                    _ratio(one["ratios"].get(name)),
                ]
            rows.append(f"| {name} | {' | '.join(cells)} |")
        shares = "; ".join(
            f"{search}: " + ", ".join(f"{n} {100 * share:.0f} %" for n, share in one["limit"].items())
            for search, one in found["searches"].items()
        )
        parts += [
            *heading("Beside CTranslate2: a larger model", _command()),
            f"{sizes['layers']} + {sizes['layers']} layers of width {sizes['width']}, {found['symbols']:,} symbols, "
            f"{found['parameters'] / 1e6:,.0f} million numbers, which no cache of a core holds. Random weights: "
            f"{found['sentences']} sentences of {found['tokens']} symbols, whose outputs have as many. Sentences per "
            "second of processor.",
            "",
            "| engine | greedy | × CTranslate2's best | beam 5 | × CTranslate2's best |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"Of the core's limit the products reach, {shares}.",
            "",
            closing(result),
            "",
        ]
    return parts


def _firefox() -> list[str]:
    parts = []
    for result, found in _translation("firefox"):
        rows = [
            f"| {name} | {found['systems'][f'Firefox, {name}']['per_processor_second']:,.0f} | "
            f"{found['systems'][f'native, {name}']['per_processor_second']:,.0f} | {_ratio(found['ratios'][name])} |"
            for name in found["ratios"]
        ]
        encoder, decoder = (found["sizes"][side] for side in ("encoder", "decoder"))
        parts += [
            *heading("Beside the Firefox engine", _command() + " --firefox FOLDER"),
            f"`fxtranslate` {found['versions']['fxtranslate']} ({found['kernels']}) with the model {found['model']} of "
            f"Firefox, and ours with a random model of the same sizes: {encoder['layers']} layers that read, "
            f"{decoder['layers']} that write, width {encoder['width']}, {found['symbols']:,} symbols. One sentence a "
            f"call, greedily, int8; {found['sentences']} sentences, outputs of the same lengths "
            f"({found['tokens_of_an_output']:.1f} symbols on average), text in and text out with the same tokenizer. "
            "The decoder of the Firefox model is a simple recurrent unit, ours attends to its past, which is more "
            "work. Sentences per second of processor.",
            "",
            "| symbols | Firefox | native | times as fast |",
            "|---|---|---|---|",
            *rows,
            "",
            closing(result),
            "",
        ]
    return parts


def _architectures() -> list[str]:
    parts = []
    for result in results("native_architectures.json"):
        rows, quality = [], []
        for name, found in result["models"].items():
            beam, alone = found["beam 5"], found["one sentence a call, beam 5"]
            exact = found["equality"]
            same = [f"{exact[search]['same']:,}" for search in SEARCHES]
            difference = max(exact[search]["largest_difference_of_scores"] for search in SEARCHES)
            rows.append(
                f"| {name} | {' | '.join(same)} | {difference:.0e} | "
                f"{beam['systems']['PyTorch']['per_processor_second']:,.0f} | "
                f"{beam['systems']['native int8']['per_processor_second']:,.0f} | "
                f"{_times(beam, 'native float32')} | {_times(beam, 'native int8')} | "
                f"{alone['systems']['PyTorch']['processor_p50']:.1f} | "
                f"{alone['systems']['native int8']['processor_p50']:.2f} | {_times(alone, 'native int8')} |"
            )
            quality.append(
                f"| {name} | {found['quality']['float32']['bleu']:.2f} | {_difference(found, 'bfloat16')} | "
                f"{_difference(found, 'int8')} |"
            )
        count = next(iter(result["models"].values()))["sentences"]
        parts += [
            *heading(
                "Every architecture",
                "python benchmarks/native_architectures.py --source FILE --target FILE NAME=MODEL",
            ),
            "Small models, most of them after a few hundred updates on Multi30k, and so of low quality. *Same*: of "
            f"{count:,} sentences, those whose float32 outputs have PyTorch's symbols; then the "
            "largest difference of their scores. Sentences per second of processor with beam 5, and milliseconds of a "
            "call with one sentence, beam 5; × PyTorch are medians of ratios.",
            "",
            "| model | same, greedy | same, beam 5 | scores differ by | PyTorch, sentences/s | native int8 | "
            "× float32 | × int8 | PyTorch, ms a call | native int8 | × |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "What numbers of fewer bits cost: BLEU with beam 5, and its difference to float32 with the 95 % interval "
            "of a paired bootstrap.",
            "",
            "| model | float32 | bfloat16 | int8 |",
            "|---|---|---|---|",
            *quality,
            "",
            closing(result),
            "",
        ]
    return parts


def _times(found: dict[str, Any], name: str) -> str:
    return f"**{found['ratios'][name]['processor']:.1f}**"


def _difference(found: dict[str, Any], number: str) -> str:
    one = found["quality"][number]
    return f"{one['difference']:+.2f} ({one['interval'][0]:+.2f} to {one['interval'][1]:+.2f})"


def _reader() -> list[str]:
    parts = []
    for result in results("native_architectures.json"):
        if (found := result.get("reader")) is None:
            continue
        alone = found["one line a call"]
        rows = [
            f"| {name} | {one['per_processor_second']:,.1f} | "
            f"{'–' if name == 'PyTorch' else _times(found, name)} | "
            f"{alone['systems'][name]['processor_p50']:.1f} | {'–' if name == 'PyTorch' else _times(alone, name)} | "
            f"{found['character_error_rate'][name]:.2f} % |"
            for name, one in found["systems"].items()
        ]
        exact = found["equality"]
        parts += [
            *heading("The reader", "python benchmarks/native_architectures.py --reader FOLDER --source FILE …"),
            f"The preset `reader` after a short training, {found['lines']} rendered lines of the test set. float32 "
            f"reads the same symbols as PyTorch in {exact['same']:,} of {exact['of']:,} lines, with scores that differ "
            f"by at most {exact['largest_difference_of_scores']:.0e}. Lines per second of processor, milliseconds of "
            "processor of a call with one line, and character error rate.",
            "",
            "| engine | lines/s | × PyTorch | ms a call | × PyTorch | characters in error |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            closing(result),
            "",
        ]
    return parts


def _predictions() -> list[str]:
    parts = []
    for result in results("native_predictions.json"):
        rows = []
        for name, found in result["models"].items():
            exact, alone = found["equality"], found["one input a call"]
            half = {system: one["processor_p50"] for system, one in alone["systems"].items()}
            cells = []
            for part in ("in one call", "model alone"):
                systems = found[part]["systems"]
                cells += [
                    f"{systems['PyTorch']['per_processor_second']:,.0f}",
                    f"{systems['native']['per_processor_second']:,.0f}",
                    f"**{found[part]['ratio']['processor']:.2f}**",
                ]
            rows.append(
                f"| {name} | {exact['same']:,} of {found['inputs']:,} | "
                f"{exact['largest_difference_of_outputs']:.0e} | {' | '.join(cells)} | {half['PyTorch']:.2f} | "
                f"{half['native']:.2f} | **{alone['ratio']['processor']:.2f}** |"
            )
        parts += [
            *heading("Labels, numbers and tags", "python benchmarks/native_predictions.py NAME=MODEL=INPUTS"),
            "float32, beside PyTorch. *Same*: equal labels or tags, and numbers that differ by less than a "
            "hundred-thousandth; then the largest difference of what the decoder says. Inputs per second of processor "
            "when all come in one call, from texts, pictures or rows to predictions, and of the model alone; and "
            "milliseconds of processor of a call with one input. × is how many times as fast the native engine is, the "
            "median of the ratios within each round. `dragoman predict` takes the native engine where it is the faster "
            "one: for texts and pictures, and not for rows.",
            "",
            "| model | same | outputs differ by | PyTorch, inputs/s | native | × | model alone: PyTorch | native | × | "
            "PyTorch, ms a call | native | × |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            closing(result),
            "",
        ]
    return parts


def _validation() -> list[str]:
    parts = []
    for result in results("native_validation.json"):
        rows = []
        for name, found in result["runs"].items():
            cells = [f"{found['updates']} of {found['seconds_of_an_update']:.2f} s"]
            for part in ("seconds_of_searches", "seconds_of_validations"):
                both = [statistics.median(found[part][engine]) for engine in ("PyTorch", "native")]
                cells += [f"{both[0]:.2f}", f"{both[1]:.2f}", f"**{both[0] / both[1]:.2f}**"]
            for share in found["share"].values():
                cells.append(f"{100 * share['PyTorch']:.1f} % → {100 * share['native']:.1f} %")
            rows.append(f"| {name} | {' | '.join(cells)} |")
        one = next(iter(result["runs"].values()))
        parts += [
            *heading("Validation in training", "python benchmarks/native_validation.py --corpus FOLDER"),
            f"Two minutes of updates on Multi30k in one thread. Each validation, of {one['sentences']:,} sentences, "
            "was made with the same weights by both engines, with the same scores. Seconds of processor, medians: of "
            "the greedy search, and of a whole validation, of which most goes to the losses of the validation set and "
            "of as many training sentences, which PyTorch computes for both. Then what validations take of a run's "
            "time when one is made as often as here, and as often as the preset says.",
            "",
            "| preset, beginning | updates | search: PyTorch, s | native | × | validation: PyTorch, s | native | × | "
            "share as often as here | share by the preset |",
            "|---|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            closing(result),
            "",
        ]
    return parts


def _scaling() -> list[str]:
    parts = []
    titles = {
        "width": "width of the model",
        "layers": "layers of encoder and decoder",
        "length": "symbols of a sentence",
    }
    for result in results("native_scaling.json"):
        rows = []
        for varied, title in titles.items():
            for search in SEARCHES:
                found = [row for row in result["rows"] if (row["varied"], row["search"]) == (varied, search)]
                if found:
                    cells = (
                        f"{row['value']}: {row['native']:,.0f} of {row['CTranslate2']:,.0f} ({row['ratio']:.1f} ×)"
                        for row in found
                    )
                    rows.append(f"| {title} | {search} | {' · '.join(cells)} |")
        parts += [
            *heading("How the cost grows", "python benchmarks/native_scaling.py"),
            f"The preset `tiny` with one thing varied, random weights, {result['symbols']:,} symbols, outputs as long "
            "as their sources and without loops, int8: microseconds of processor for each symbol of an output, ours of "
            "CTranslate2's (how many times as fast).",
            "",
            "| what is varied | search | value: microseconds |",
            "|---|---|---|",
            *rows,
            "",
            closing(result),
            "",
            picture(
                "Microseconds a symbol by width, layers and length, native and CTranslate2",
                "benchmarks/results/native_scaling.png",
            ),
            "",
        ]
    return parts


def _profile() -> list[str]:
    parts = []
    for result in results("native_profile.json"):
        searches = result["searches"]
        names = list(dict.fromkeys(name for found in searches.values() for name in found["parts"]))
        rows = []
        for name in names:
            cells = []
            for search in SEARCHES:
                share = searches[search]["parts"].get(name, 0.0)
                cells += [f"{share * searches[search]['microseconds_of_a_sentence']:,.0f}", f"{100 * share:.1f} %"]
            rows.append(f"| {name} | {' | '.join(cells)} |")
        said = []
        for search in SEARCHES:
            found = searches[search]
            limits = found["microseconds_at_the_limit"]
            said.append(
                f"{search} {found['microseconds_of_a_sentence']:,.0f} microseconds a sentence for "
                f"{found['hypotheses_of_a_sentence']:.0f} symbols that hypotheses read, of which "
                f"{limits['output layer']:,.0f} of the output layer and {limits['other products']:,.0f} of the other "
                f"products would be left at the limit: {100 * found['share_of_the_limit']:.0f} %"
            )
        parts += [
            *heading("Where each microsecond goes", "python benchmarks/native_profile.py MODEL --source FILE"),
            f"The preset `tiny`, {result['number']}, the whole test set in one call, sampled by `perf`: "
            f"{'; '.join(said)}.",
            "",
            "| part | greedy, µs | share | beam 5, µs | share |",
            "|---|---|---|---|---|",
            *rows,
            "",
            closing(result),
            "",
        ]
    return parts

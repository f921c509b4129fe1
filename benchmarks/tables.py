"""Rewrite the README's tables from ``results/*.json``.

python benchmarks/tables.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tables_diagnosis import diagnosis_tables
from tables_source import closing, machine, results
from tables_speed import speed_tables

HERE = Path(__file__).parent
README = HERE.parent / "README.md"


def main() -> None:
    parts = [
        *_demo(),
        *_multi30k(),
        *speed_tables(),
        *_architectures(),
        *_reversal(),
        *_language_models(),
        *_reading(),
        *_digits(),
        *_closed_form(),
        *_language_identification(),
        *_real_corpora(),
        *diagnosis_tables(),
        *_prepare(),
        *_faults(),
    ]
    text = README.read_text(encoding="utf-8")
    pattern = r"(<!-- results:[^>]*-->\n).*?(<!-- end of results -->)"
    filled = re.sub(pattern, lambda m: m.group(1) + "\n".join(parts) + "\n" + m.group(2), text, flags=re.DOTALL)
    README.write_text(filled, encoding="utf-8")


def _demo() -> list[str]:
    rows = []
    for name in sorted((HERE / "results").glob("demo-*.json")):
        result = json.loads(name.read_text(encoding="utf-8"))
        pair = name.stem.removeprefix("demo-").replace("-", " → ")
        match = result["test"]["exact_match"]
        interval = f"{100 * match['low']:.1f} to {100 * match['high']:.1f}"
        rows.append(
            f"| {pair} | {sum(result['pairs'].values()):,} | {result['seconds']:.0f} | {100 * match['value']:.1f} % "
            f"({interval}) | {machine(result)} |"
        )
    return [
        "**The demo** (`python benchmarks/demo.py`): phrases of the test set, none of which stands in training, "
        "that are translated exactly.",
        "",
        "| languages | pairs | seconds in all | exact match (95 % interval) | machine |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def _multi30k() -> list[str]:
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
        "**Multi30k, English → German** (`python benchmarks/multi30k.py --data DIR`): the preset `tiny` on 29,000 "
        "pairs, measured on test 2016 with sacreBLEU (13a, cased, detokenised).",
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


def _architectures() -> list[str]:
    short, longer = results("architectures.json"), results("architectures-longer.json")
    parts = []
    for result in short:
        parts += [
            "**Architectures** (`python benchmarks/architectures.py --data DIR`, which is `dragoman compare`): "
            "Multi30k, English → German, test 2016, under one budget of training tokens. p is that of the paired "
            "bootstrap against the best; tokens/s are target tokens per second of training.",
            "",
            *_comparison(result),
            "![Validation BLEU of each architecture over minutes of training]"
            "(benchmarks/results/architectures-quality-time.png)",
            "",
        ]
    for result in longer:
        parts += ["The two that the literature compares, trained until they gain no more (`--longer`):", ""]
        parts += _comparison(result)
    return parts


def _comparison(result: dict[str, Any]) -> list[str]:
    rows = []
    for row in result["rows"]:
        found, difference = row["examination"], row["against_best"]
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


def _reversal() -> list[str]:
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
        f"**Reversal** (`python benchmarks/reversal.py`): rows of up to 10 symbols out of 20, turned round. "
        f"{result['pairs']:,} pairs, measured on 500 unseen rows; the first four have no attention, so that all of a "
        "row must pass through one vector.",
        "",
        "| model | updates | exact match (95 %) | seconds of one core | processor |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def _language_models() -> list[str]:
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
        "**Language models** (`python benchmarks/language_models.py --data DIR --translator MODEL`): the 29,000 German "
        "captions of Multi30k, one vocabulary and one number of updates for all, measured on test 2016.",
        "",
        "| model, partition | perplexity per token (95 %) | bits per character | tokens/s |",
        "|---|---|---|---|",
        *rows,
        "",
        *notes,
    ]


def _reading() -> list[str]:
    lines = [
        "**Reading lines of text** (`python benchmarks/reading.py`): the preset `reader`, which learnt from lines of a "
        "corpus rendered in the fonts of the machine, on 1,000 lines of another text in fonts that it never saw; "
        "Tesseract on the same pictures. Character and word error rate in percent, lower is better.",
        "",
        "| text | looks | Dragoman CER (95 %) | WER | lines/s | Tesseract CER (95 %) | WER | lines/s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    notes = []
    for result in results("reading*.json"):
        ours, theirs = result["readers"]["dragoman"], result["readers"]["tesseract"]
        for look in ("clean", "noisy"):
            cells = [f"{_rate(found[look])} | {_plain_rate(found[look])}" for found in (ours, theirs)]
            lines.append(f"| {result['language']} | {look} | {' | '.join(cells)} |")
        training = result["training"]
        notes.append(
            f"{result['language']}: {training['minutes']:.1f} minutes of training in {training['processes']} processes "
            f"({training['updates']:,} updates, {training['parameters'] / 1e6:.1f} million parameters); test fonts "
            f"{', '.join(result['test_fonts'])}; Tesseract {theirs['version']}. {machine(result)}."
            + (f" {result['note']}" if result["note"] else "")
        )
    if not notes:
        return []
    names = sorted(path.name for path in (HERE / "results").glob("reading*.png"))
    pictures = [f"![Test lines, clean and noisy](benchmarks/results/{name})" for name in names]
    return [*lines, "", *[part for note in notes for part in (note, "")], *[p for one in pictures for p in (one, "")]]


def _rate(found: dict[str, float]) -> str:
    return f"{found['cer']:.2f} ({found['cer_low']:.2f} to {found['cer_high']:.2f})"


def _plain_rate(found: dict[str, float]) -> str:
    return f"{found['wer']:.2f} | {found['lines_per_second']:.0f}"


def _digits() -> list[str]:
    rows = [
        f"| {name} | {100 * found['accuracy']['value']:.1f} % ({100 * found['accuracy']['low']:.1f} to "
        f"{100 * found['accuracy']['high']:.1f}) | {found['parameters']:,} | {found['seconds']:.0f} |"
        for result in results("digits.json")
        for name, found in result["models"].items()
    ]
    return [
        "**Handwritten digits** (`python benchmarks/digits.py --data DIR`): MNIST, 8,000 pictures to learn from, "
        "measured on the last 1,000.",
        "",
        "| model | accuracy (95 % interval) | parameters | seconds in all |",
        "|---|---|---|---|",
        *rows,
        "",
        *[
            f"{result['threads']} thread(s), {machine(result)}. {result['note']}".strip()
            for result in results("digits.json")
        ],
        "",
    ]


def _closed_form() -> list[str]:
    (result,) = results("closed-form.json")
    linear, softmax = result["linear"], result["softmax"]
    return [
        "**What is known exactly** (`python benchmarks/closed_form.py`): a linear encoder with the squared loss "
        f"is linear regression: its coefficients and the closed form's differ by {_short(linear, 'coefficients')} "
        f"standard deviations at most, its predictions by {_short(linear, 'predictions')}. With a label decoder it is "
        f"softmax regression: at the same penalty its loss is {softmax['loss']:.6f}, that of scikit-learn's "
        f"`LogisticRegression` {softmax['loss_of_scikit_learn']:.6f}.",
        "",
    ]


def _short(found: dict[str, float], what: str) -> str:
    return f"{found[f'largest_difference_of_{what}_in_deviations']:.0e}"


def _language_identification() -> list[str]:
    rows, notes = [], []
    for result in results("language-identification.json"):
        for name, found in result["models"].items():
            value, low, high = (100 * found["accuracy"][part] for part in ("value", "low", "high"))
            rows.append(
                f"| {name} | {value:.2f} % ({low:.2f} to {high:.2f}) | {found['macro_f1']['value']:.2f} "
                f"| {found['training_seconds']:.0f} | {found['strings_per_second']:,} | {found['megabytes']:.1f} |"
            )
        strings = result["strings"]
        notes.append(
            f"{result['languages']} languages, {strings['train']:,} strings to learn from, {strings['test']:,} to "
            f"measure on. {result['threads']} thread(s), {machine(result)}."
            + (f" {result['note']}" if result["note"] else "")
        )
    return [
        "**Which language is it?** (`python benchmarks/language_identification.py --wheel FILE`): strings of three "
        "words or more of the Home Assistant catalogues, split by key, so that no string stands on two sides.",
        "",
        "| model | accuracy (95 % interval) | macro-F1 | seconds of training | strings/s | model, MB |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        *notes,
        "",
    ]


def _real_corpora() -> list[str]:
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
        "**Real corpora** (`python benchmarks/real_corpora.py NAME`): the preset `tiny`, measured at beam 5 on "
        "held-out pairs whose sources do not stand in training, with sacreBLEU (13a, for Chinese zh). Ten outputs each "
        "lie in `benchmarks/results/`.",
        "",
        "| corpus | training pairs | updates | minutes (threads) | BLEU | chrF2++ | exact match | placeholders kept |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        *notes,
    ]


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
        "**Any size** (`python benchmarks/prepare.py`): reading, cleaning by every rule, splitting, learning the "
        "vocabulary, encoding and writing, on generated pairs.",
        "",
        "| pairs | seconds | microseconds a pair | of processor | most resident memory, GiB |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def _faults() -> list[str]:
    names = {
        "kill": "killed (SIGKILL), also at random moments",
        "io": "one write fails (EIO)",
        "full": "the disk is full (ENOSPC)",
        "read-only": "the disk is read-only (EROFS)",
        "gone": "the folder is gone",
    }
    rows = [
        f"| {names[fault]} | {found['tried']:,} | {found['tried'] - len(found['wrong']):,} |"
        for result in results("kill.json")
        for fault, found in result["faults"].items()
    ]
    if not rows:
        return []
    return [
        "**Nothing lost** (`python benchmarks/kill.py`): a toy run is struck at the moments at which it writes, also "
        "half-way through a write; then it goes on, and what it ends with is compared with an undisturbed run.",
        "",
        "| what strikes | times | identical bits in the end |",
        "|---|---|---|",
        *rows,
        "",
    ]


if __name__ == "__main__":
    main()

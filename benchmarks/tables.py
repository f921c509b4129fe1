"""Rewrite the pages of ``docs/benchmarks``, and the README's table, from ``results/*.json``.

python benchmarks/tables.py
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tables_adaptation
import tables_alignment
import tables_diagnosis as diagnosis
import tables_native as native
import tables_pictures as pictures
import tables_recipe
import tables_shift as shift
import tables_speed as speed
import tables_translation as translation
from tables_source import machine, recorded, results

REPOSITORY = Path(__file__).parents[1]
FOLDER = "docs/benchmarks"
Section = Callable[[], list[str]]


@dataclass(frozen=True)
class Page:
    """A page of results.

    Attributes:
        title: the heading of the page.
        says: what a reader finds on it, as one sentence.
        sections: what it is made of, in order.
    """

    title: str
    says: str
    sections: tuple[Section, ...]


def _printed_by_the_demo() -> list[str]:
    return [
        *("## What `dragoman demo` prints", "", *recorded("demo-en-fr.txt")),
        *("## What `dragoman diagnose fit` says of its run", "", *recorded("demo-fit.txt")),
    ]


PAGES = {
    "demo.md": Page(
        "The demo",
        "What `dragoman demo` prints, how long it takes, and how well its model does.",
        (translation.demo, _printed_by_the_demo),
    ),
    "translation.md": Page(
        "Translation quality",
        "How well the preset `tiny` translates after training on Multi30k and on the strings of real products.",
        (translation.multi30k, translation.real_corpora),
    ),
    "search.md": Page(
        "Searches",
        "What greedy search and beams miss of a model's most probable outputs, whether these are any good, and what "
        "other searches give.",
        (translation.search_errors, translation.search_methods),
    ),
    "alignment.md": Page(
        "Word alignment",
        "How well words are aligned by attention, by guided attention and by counting.",
        (tables_alignment.alignment,),
    ),
    "speed.md": Page(
        "Speed and memory",
        "How fast Dragoman prepares, trains and translates, beside other toolkits and by the size of the work.",
        (speed.speed_tables,),
    ),
    "recipe.md": Page(
        "The training recipe",
        "What optimizer, schedule, initial weights and regularisation give, alone and together.",
        (tables_recipe.switches,),
    ),
    "native.md": Page(
        "The native engine",
        "How fast translators and readers run in native code, beside CTranslate2, the Firefox engine and PyTorch, how "
        "equal they are, and where the time goes.",
        (native.native_tables,),
    ),
    "architectures.md": Page(
        "Architectures",
        "Transformers, recurrent networks and convolutions under one budget, and what each of them can learn.",
        (translation.architectures, translation.reversal, diagnosis.vanishing_tables),
    ),
    "language-models.md": Page(
        "Language models",
        "Perplexity and bits per character of each kind of language model, and what one brings to a translator.",
        (translation.language_models,),
    ),
    "pictures-tables-labels.md": Page(
        "Pictures, tables, labels, numbers and tags",
        "Reading lines of text, recognising digits and languages, estimating numbers and tagging, beside other tools.",
        (
            pictures.reading,
            pictures.digits,
            pictures.language_identification,
            pictures.rows,
            pictures.closed_form,
            pictures.tagging,
        ),
    ),
    "diagnosis.md": Page(
        "Diagnosis",
        "How often the diagnosis of fit, the forecasts and the stability monitor are right, and what they cost.",
        (diagnosis.diagnosis_tables,),
    ),
    "shift.md": Page(
        "Shift",
        "How often a shift is seen where there is one and where there is none, and what helps against it.",
        (shift.shift_tables,),
    ),
    "adaptation.md": Page(
        "Going on from a model",
        "What a model gains on new examples and forgets of the old ones, with replay and without.",
        (tables_adaptation.adaptation,),
    ),
    "faults.md": Page(
        "Faults",
        "What is left of a run that was killed, or whose disk failed, at any moment.",
        (diagnosis.faults,),
    ),
}


def main() -> None:
    for file, text in pages().items():
        path = REPOSITORY / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The text of every page with results, by its path in the repository."""
    made = {f"{FOLDER}/{name}": _page(page) for name, page in PAGES.items()}
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    pattern = r"(<!-- results:[^>]*-->\n).*?(<!-- end of results -->)"
    filled = re.sub(pattern, lambda m: m.group(1) + "\n".join(strongest()) + "\n" + m.group(2), readme, flags=re.DOTALL)
    return {**made, f"{FOLDER}/README.md": _contents(), "README.md": filled}


def _page(page: Page) -> str:
    lines = [
        f"# {page.title}",
        "",
        "<!-- made by benchmarks/tables.py from benchmarks/results -->",
        "",
        page.says,
        "",
        *[line for section in page.sections for line in section()],
    ]
    return "\n".join(lines).rstrip() + "\n"


def _contents() -> str:
    lines = [
        "# Benchmarks",
        "",
        "<!-- made by benchmarks/tables.py from benchmarks/results -->",
        "",
        "Every figure was measured by a command in `benchmarks/`, which wrote it to a JSON file in",
        "`benchmarks/results/`; `python benchmarks/tables.py` makes these pages from those files, and a test compares",
        "them. Each page names the machine and the conditions.",
        "",
        *[line for name, page in PAGES.items() for line in (f"- [{page.title}]({name}).", f"  {page.says}")],
    ]
    return "\n".join(lines) + "\n"


def strongest() -> list[str]:
    """The README's one table: at most eight rows, each with its conditions."""
    rows = [_quality(), _time(), _training(), _translating(), _preparing(), _reading(), _diagnosing(), _resuming()]
    measured = ("multi30k-2", "time-to-quality", "training-throughput", "native_translation", "prepare", "fit", "kill")
    machines = dict.fromkeys(machine(result) for name in (*measured, "reading") for result in results(f"{name}.json"))
    return [
        "| what | Dragoman | beside | under which conditions |",
        "|---|---|---|---|",
        *[f"| {' | '.join(row)} |" for row in rows],
        "",
        f"Measured on {'; '.join(machines)}. No GPU was used.",
        "",
    ]


Row = tuple[str, str, str, str]


def _quality() -> Row:
    *_, result = results("multi30k-*.json")
    bleu, training = result["test_2016"]["beam 5"]["bleu"], result["training"]
    return (
        "[quality](docs/benchmarks/translation.md)",
        f"{bleu['value']:.1f} BLEU (95 %: {bleu['low']:.1f} to {bleu['high']:.1f})",
        "–",
        f"Multi30k, English → German, 29,000 pairs, test 2016, beam 5; {training['minutes']:.0f} minutes of training "
        f"on {result['threads']} cores",
    )


def _time() -> Row:
    (result,) = results("time-to-quality.json")
    reached = result["minutes_to_bleu"]["30"]
    return (
        "[time to 30 BLEU](docs/benchmarks/speed.md#time-to-quality)",
        f"{reached['dragoman']['minutes']:.0f} minutes",
        f"Eole {reached['eole']['minutes']:.0f} minutes",
        "the same corpus and vocabulary, a small Transformer each, one core",
    )


def _training() -> Row:
    entries = [entry for result in results("training-throughput.json") for entry in result["summary"]]
    (entry,) = (entry for entry in entries if entry["threads"] == 2)
    speeds = {name: found["tokens_per_second"] for name, found in entry["systems"].items()}
    others = [f"{speed.SYSTEMS[name]} {value:,.0f}" for name, value in speeds.items() if name != "dragoman"]
    return (
        "[training](docs/benchmarks/speed.md)",
        f"{speeds['dragoman']:,.0f} target tokens per second",
        ", ".join(others),
        "the same Transformer, tokens and batches, 2 threads, medians",
    )


def _translating() -> Row:
    (result,) = results("native_translation.json")
    (step,) = (step for step in result["speed"] if (step["threads"], step["search"]) == (1, "beam 5"))
    systems = step["systems"]
    ours, theirs, torch = (systems[name] for name in ("native int8", "CTranslate2 int8", "PyTorch float32"))
    return (
        "[translating](docs/benchmarks/native.md)",
        f"{ours['per_processor_second']:,.0f} sentences per second at {ours['bleu']:.1f} BLEU",
        f"CTranslate2 {theirs['per_processor_second']:,.0f} at {theirs['bleu']:.1f}; PyTorch "
        f"{torch['per_processor_second']:,.0f} at {torch['bleu']:.1f}",
        "beam 5, one thread, int8, the same small Transformer, CTranslate2 at its best settings",
    )


def _preparing() -> Row:
    size = results("prepare.json")[0]["sizes"][-1]
    return (
        "[cleaning and encoding](docs/benchmarks/speed.md#any-size)",
        f"{size['pairs']:,} pairs in {size['seconds']:.0f} seconds",
        "–",
        f"every cleaning rule, at most {size['peak_resident_gib']:.1f} GiB of memory; generated pairs",
    )


def _reading() -> Row:
    (result,) = (result for result in results("reading*.json") if result["language"] == "en")
    ours, theirs = (result["readers"][name]["noisy"]["cer"] for name in ("dragoman", "tesseract"))
    return (
        "[reading a line](docs/benchmarks/pictures-tables-labels.md#reading-lines-of-text)",
        f"{ours:.2f} % character error rate",
        f"Tesseract {theirs:.2f} %",
        f"1,000 noisy lines of English in fonts never seen, after {result['training']['minutes']:.0f} minutes of "
        "training; on clean lines Tesseract is ahead",
    )


def _diagnosing() -> Row:
    (result,) = results("fit.json")
    return (
        "[naming what a run suffers from](docs/benchmarks/diagnosis.md)",
        f"{100 * result['balanced_accuracy']:.0f} % balanced accuracy",
        "–",
        f"{result['planted_runs']} planted runs, four verdicts, diagnosed with `--probe`",
    )


def _resuming() -> Row:
    faults = results("kill.json")[0]["faults"].values()
    tried = sum(found["tried"] for found in faults)
    same = tried - sum(len(found["wrong"]) for found in faults)
    return (
        "[resuming after a fault](docs/benchmarks/faults.md)",
        f"{same:,} of {tried:,} with identical bits",
        "–",
        "a toy run killed, or its disk made to fail, while it writes",
    )


if __name__ == "__main__":
    main()

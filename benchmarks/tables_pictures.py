"""Tables of models that read pictures or tables, or predict labels or numbers; ``tables.py`` puts them on pages."""

from __future__ import annotations

import statistics

from tables_source import RESULTS, heading, machine, picture, results


def reading() -> list[str]:
    lines = [
        *heading("Reading lines of text", "python benchmarks/reading.py"),
        "The preset `reader`, which learnt from lines of a "
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
    names = sorted(path.name for path in RESULTS.glob("reading*.png"))
    pictures = [picture("Test lines, clean and noisy", f"benchmarks/results/{name}") for name in names]
    return [*lines, "", *[part for note in notes for part in (note, "")], *[p for one in pictures for p in (one, "")]]


def _rate(found: dict[str, float]) -> str:
    return f"{found['cer']:.2f} ({found['cer_low']:.2f} to {found['cer_high']:.2f})"


def _plain_rate(found: dict[str, float]) -> str:
    return f"{found['wer']:.2f} | {found['lines_per_second']:.0f}"


def digits() -> list[str]:
    rows = [
        f"| {name} | {100 * found['accuracy']['value']:.1f} % ({100 * found['accuracy']['low']:.1f} to "
        f"{100 * found['accuracy']['high']:.1f}) | {found['parameters']:,} | {found['seconds']:.0f} |"
        for result in results("digits.json")
        for name, found in result["models"].items()
    ]
    return [
        *heading("Handwritten digits", "python benchmarks/digits.py --data DIR"),
        "MNIST, 8,000 pictures to learn from, measured on the last 1,000.",
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


def closed_form() -> list[str]:
    (result,) = results("closed-form.json")
    linear, softmax = result["linear"], result["softmax"]
    return [
        *heading("What is known exactly", "python benchmarks/closed_form.py"),
        "A linear encoder with the squared loss "
        f"is linear regression: its coefficients and the closed form's differ by {_short(linear, 'coefficients')} "
        f"standard deviations at most, its predictions by {_short(linear, 'predictions')}. With a label decoder it is "
        f"softmax regression: at the same penalty its loss is {softmax['loss']:.6f}, that of scikit-learn's "
        f"`LogisticRegression` {softmax['loss_of_scikit_learn']:.6f}.",
        "",
    ]


def tagging() -> list[str]:
    """The softmax tagger and the conditional random field."""
    (result,) = results("tagging.json")
    exact, peer = result["exact"], result["crfsuite"]
    weights, trained, tags = peer["their_weights"], peer["both_trained"], peer["tagging"]
    times = result["gradient"]["milliseconds"]
    runs = [
        ("tags in a ring, words that stand for two tags each; no encoder", "planted", "accuracy"),
        ("spans whose type is told by three words in ten; bidirectional LSTM", "encoders", "span_f1"),
        ("sentences of mixed languages, as in `dragoman demo tags`; bidirectional GRU", "demo", "span_f1"),
    ]
    rows = []
    for task, part, measure in (run for run in runs if run[1] in result):
        found = result[part]["runs"]
        softmax, field = (
            statistics.median(run[name][measure] for run in found) for name in ("softmax", "random_field")
        )
        name = {"accuracy": "accuracy", "span_f1": "span F1"}[measure]
        gain = result[part][f"median_gain_of_{measure}"]
        rows.append(f"| {task} | {len(found)} | {name} | {softmax:.2f} % | {field:.2f} % | {gain:+.2f} |")
    return [
        *heading("Tags of words", "python benchmarks/tagging.py exact gradient crfsuite planted encoders demo"),
        f"The conditional random field equals enumeration on {exact['texts']:,} random texts: partition function, "
        "marginals, losses and the best sequences differ by "
        f"{max(value for name, value in exact['largest_difference'].items() if 'gradient' not in name):.0e} at most. "
        f"With the weights that CRFsuite learnt from {peer['sentences']:,} sentences ({peer['features']:,} features, "
        f"{peer['tags']} tags) both give the log-likelihood {weights['log_likelihood_by_crfsuite']:.4f} within "
        f"{weights['difference']:.0e}; trained with the same penalty both reach "
        f"{trained['log_likelihood_of_ours']:.4f} within {trained['difference_of_log_likelihoods']:.0e}, in "
        f"{trained['processor_seconds_of_ours']:.0f} seconds of one processor against CRFsuite's "
        f"{trained['processor_seconds_of_crfsuite']:.0f}. From the same features and weights it tags "
        f"{tags['words_per_processor_second_of_ours']:,} words a second, CRFsuite "
        f"{tags['words_per_processor_second_of_crfsuite']:,}. Loss and gradient of {result['gradient']['texts']} texts "
        f"take {' / '.join(str(row['analytic']) for row in times)} ms with "
        f"{' / '.join(str(row['tags']) for row in times)} tags, by automatic differentiation of the recursion "
        f"{' / '.join(str(row['automatic']) for row in times)} ms.",
        "",
        "| task | seeds | measure | softmax tagger | random field | gain |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        "Medians over the seeds; the gain is the median of each seed's. An encoder that sees the neighbours learns "
        "much of what transitions say by itself.",
        "",
    ]


def _short(found: dict[str, float], what: str) -> str:
    return f"{found[f'largest_difference_of_{what}_in_deviations']:.0e}"


def language_identification() -> list[str]:
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
        *heading("Which language is it?", "python benchmarks/language_identification.py --wheel FILE"),
        "Strings of three "
        "words or more of the Home Assistant catalogues, split by key, so that no string stands on two sides.",
        "",
        "| model | accuracy (95 % interval) | macro-F1 | seconds of training | strings/s | model, MB |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        *notes,
        "",
    ]


def rows() -> list[str]:
    """The preset ``row-number`` beside gradient boosting."""
    (result,) = results("rows.json")
    lines = [
        f"| {name} | {found['rows']:,} | {found['ours']['rmse']:,.1f} | {found['boosting']['rmse']:,.1f} "
        f"| {100 * (found['rmse_ratio'] - 1):+.1f} % | {found['ours']['processor_seconds']:.1f} "
        f"| {found['ours']['whole_processor_seconds']:.1f} | {found['boosting']['processor_seconds']:.1f} |"
        for name, found in result["tables"].items()
    ]
    return [
        *heading("Numbers from tables", "python benchmarks/rows.py --diamonds FILE --flights FILE"),
        "The preset `row-number` beside scikit-learn's `HistGradientBoostingRegressor`, both with their defaults: the "
        "price of diamonds and the delay of flights on arrival, medians of three splits. RMSE is the root mean squared "
        "error on the test set, lower is better; seconds are of the processor, for training alone and for the whole "
        "call, which also prepares the table, writes the run and measures the test set.",
        "",
        "| table | rows | Dragoman RMSE | boosting RMSE | difference | Dragoman training, s | Dragoman in all, s "
        "| boosting, s |",
        "|---|---|---|---|---|---|---|---|",
        *lines,
        "",
        f"{result['threads']} thread(s), {machine(result)}. {result['note']}.",
        "",
    ]

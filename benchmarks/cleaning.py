"""Clean catalogues and show what each rule drops, with a sample of the drops to read and judge.

    python benchmarks/cleaning.py LANGUAGE FILE ... [--sample 50] [--drops drops.tsv]

``FILE`` are ``.mo`` or ``.po`` files of one target language with English ``msgid``, such as those of unpacked Debian
packages (``vlc-l10n``, ``wordpress-l10n``, ``libreoffice-l10n-de``). Prints what was read and kept, and the drops by
rule. ``--drops`` gets up to so many random drops of each rule, one a line: rule, source, target. Figures for several
packages, with drops that were judged by hand, are in ``results/cleaning.json``.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import pandas as pd

from dragoman.data.clean_corpora import clean
from dragoman.recipe import recipe_from


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=50)
    parser.add_argument("--drops", type=Path, default=None)
    arguments = parser.parse_args()
    corpora = [{"path": file.absolute(), "name": f"{file.stem}-{n}"} for n, file in enumerate(arguments.files)]
    recipe = recipe_from({"data": {"source_language": "en", "target_language": arguments.language, "train": corpora}})
    with tempfile.TemporaryDirectory() as temporary:
        report = clean(recipe, Path(temporary) / "cleaned")
        dropped = pd.read_parquet(Path(temporary) / "cleaned" / "dropped.parquet")
    print(f"read {report['read']:,}, kept {report['kept']:,}")
    for rule, count in report["dropped"].items():
        print(f"{count:8,} {rule}")
    if arguments.drops is not None:
        chosen = random.Random(1)
        rows = []
        for rule, group in dropped.groupby("rule"):
            pairs = list(zip(group["source"], group["target"], strict=True))
            sample = chosen.sample(pairs, min(arguments.sample, len(pairs)))
            rows += [(str(rule), *pair) for pair in sample]
        table = pd.DataFrame(rows, columns=["rule", "source", "target"])
        table.to_csv(arguments.drops, sep="\t", index=False)


if __name__ == "__main__":
    main()

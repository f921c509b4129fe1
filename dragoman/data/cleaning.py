"""Which pairs are kept, and an account of those that are not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from dragoman.data.pair import Pair
from dragoman.recipe.data import CleaningRecipe
from dragoman.text.normalization import UNICODE_FORMS, normalize
from dragoman.text.rules import is_empty, is_overlong, is_uneven

_EXAMPLES = 5
_SHOWN = 80

Rule = Callable[[str, str], bool]


@dataclass(slots=True)
class CleaningReport:
    """What cleaning did to one corpus.

    Attributes:
        read: pairs that came in.
        kept: pairs that went out.
        changed: pairs kept with a side that normalisation changed.
        dropped: pairs dropped, by the first rule that they broke.
        examples: the first few dropped pairs of each rule, with file and line, shortened.
    """

    read: int = 0
    kept: int = 0
    changed: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def drop(self, rule: str, pair: Pair) -> None:
        """Count a pair that broke ``rule``."""
        self.dropped[rule] = self.dropped.get(rule, 0) + 1
        shown = self.examples.setdefault(rule, [])
        if len(shown) < _EXAMPLES:
            sides = {"source": _shortened(pair.source), "target": _shortened(pair.target)}
            shown.append({"file": pair.file, "line": pair.line, **sides})

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON can write it."""
        return {
            "read": self.read,
            "kept": self.kept,
            "changed": self.changed,
            "dropped": self.dropped,
            "examples": self.examples,
        }

    def as_text(self) -> str:
        """One line: what was kept and why the rest was not."""
        reasons = ", ".join(f"{count:,} {rule}" for rule, count in self.dropped.items())
        return f"kept {self.kept:,} of {self.read:,} pairs" + (f"; dropped {reasons}" if reasons else "")


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def clean(pairs: Iterable[Pair], recipe: CleaningRecipe, report: CleaningReport) -> Iterator[Pair]:
    """The pairs worth training on, normalised; ``report`` counts the rest."""
    rules: dict[str, Rule] = {
        "empty": is_empty,
        "overlong": lambda source, target: is_overlong(source, target, recipe.max_characters),
        "uneven": lambda source, target: is_uneven(source, target, recipe.max_ratio),
    }
    if recipe.drop_duplicates:
        rules["duplicate"] = _SeenBefore()
    return _filter(pairs, recipe, report, rules)


def normalize_only(pairs: Iterable[Pair], recipe: CleaningRecipe, report: CleaningReport) -> Iterator[Pair]:
    """All pairs, normalised, but those with an empty side: what a validation or test set gets."""
    return _filter(pairs, recipe, report, {"empty": is_empty})


def _filter(
    pairs: Iterable[Pair], recipe: CleaningRecipe, report: CleaningReport, rules: dict[str, Rule]
) -> Iterator[Pair]:
    form, collapse = UNICODE_FORMS[recipe.unicode_form], recipe.collapse_white_space
    for pair in pairs:
        report.read += 1
        source = normalize(pair.source, form, collapse_white_space=collapse)
        target = normalize(pair.target, form, collapse_white_space=collapse)
        broken = next((name for name, rule in rules.items() if rule(source, target)), None)
        if broken is not None:
            report.drop(broken, pair)
            continue
        report.kept += 1
        report.changed += source != pair.source or target != pair.target
        yield Pair(source, target, pair.file, pair.line)


class _SeenBefore:
    """A pair whose two sides have been met; 16 bytes are kept of each."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def __call__(self, source: str, target: str) -> bool:
        text = f"{source}\0{target}".encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, digest_size=16).digest()
        if digest in self._seen:
            return True
        self._seen.add(digest)
        return False

"""Which pairs are kept, and an account of those that are not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dragoman.data.drops import Drop
from dragoman.data.keys import pair_hashes
from dragoman.data.pair import Entry, Pair, Skip
from dragoman.data.screen import Screen
from dragoman.data.seen import SeenBefore
from dragoman.recipe.data import CleaningRecipe
from dragoman.text.normalization import UNICODE_FORMS, normalize
from dragoman.text.placeholders import same_placeholders
from dragoman.text.rules.control_characters import has_control_characters
from dragoman.text.rules.copied import is_copied
from dragoman.text.rules.empty import is_empty
from dragoman.text.rules.language import BatchRule, wrong_language
from dragoman.text.rules.language_screen import screened
from dragoman.text.rules.numbers import differs_in_numbers
from dragoman.text.rules.overlong import has_overlong_word, is_overlong
from dragoman.text.rules.repetition import is_repetitive
from dragoman.text.rules.script import wrong_script
from dragoman.text.rules.uneven import is_uneven

CHUNK = 10_000
"""Pairs that are cleaned, set down and encoded together."""

_EXAMPLES = 5
_SHOWN = 80

Rule = Callable[[str, str], bool]


@dataclass(slots=True)
class CleaningReport:
    """What cleaning did to one corpus.

    Attributes:
        read: entries that came in.
        kept: pairs that went out.
        changed: pairs kept with a side that normalisation changed.
        dropped: entries dropped, by the first rule that they broke.
        examples: the first few dropped entries of each rule, with file and line, shortened.
    """

    read: int = 0
    kept: int = 0
    changed: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def count(self, drops: Iterable[Drop]) -> None:
        """Count dropped entries."""
        for drop in drops:
            self.dropped[drop.rule] = self.dropped.get(drop.rule, 0) + 1
            shown = self.examples.setdefault(drop.rule, [])
            if len(shown) < _EXAMPLES:
                sides = {"source": _shortened(drop.source), "target": _shortened(drop.target)}
                shown.append({"file": drop.file, "line": drop.line, **sides})

    def add(self, other: CleaningReport) -> None:
        """Add the counts and, as far as there is room, the examples of another corpus."""
        self.read += other.read
        self.kept += other.kept
        self.changed += other.changed
        for rule, count in other.dropped.items():
            self.dropped[rule] = self.dropped.get(rule, 0) + count
            self.examples[rule] = (self.examples.get(rule, []) + other.examples[rule])[:_EXAMPLES]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON can write it."""
        return asdict(self)

    def as_text(self) -> str:
        """One line: what was kept and why the rest was not."""
        reasons = ", ".join(f"{count:,} {rule}" for rule, count in self.dropped.items())
        return f"kept {self.kept:,} of {self.read:,} pairs" + (f"; dropped {reasons}" if reasons else "")


def _shortened(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


class Cleaner:
    """Applies the rules of a recipe to corpora, one after the other; a duplicate is one across all of them.

    Args:
        recipe: which rules apply, and their limits.
        source_language: code of the source's language.
        target_language: code of the target's.
        everything: whether all rules apply, as to training data; else only what cannot be used at all is dropped, as
            in a validation or test set, which shall be like what a model will meet.
    """

    def __init__(
        self, recipe: CleaningRecipe, source_language: str, target_language: str, *, everything: bool = True
    ) -> None:
        self._form = UNICODE_FORMS[recipe.unicode_form]
        self._collapse = recipe.collapse_white_space
        self._rules: dict[str, Rule] = {"empty": is_empty}
        self._batch_rules: dict[str, BatchRule] = {}
        self._screen: Screen | None = None
        if everything:
            self._rules |= _rules(recipe, source_language, target_language)
            self._batch_rules = _batch_rules(recipe, source_language, target_language)
            self._screen = Screen.of(recipe, source_language, target_language)

    def clean(
        self,
        entries: Iterable[Entry],
        report: CleaningReport,
        record: Callable[[list[Drop]], None] = lambda drops: None,
    ) -> Iterator[list[Pair]]:
        """The pairs worth keeping, normalised, in lists of some thousand.

        Args:
            entries: of one corpus.
            report: counts what is dropped.
            record: is given all drops, list by list.
        """
        for part in _batched(entries, CHUNK):
            chunk = self._judged_alone(part)
            pairs = self._judged_together(chunk, report)
            report.read += chunk.read
            report.count(chunk.drops)
            record(chunk.drops)
            yield pairs

    def _judged_alone(self, entries: list[Entry]) -> _Chunk:
        chunk = _Chunk(len(entries))
        surely = self._surely_pass(entries)
        doubtful = [entry for entry, passes in zip(entries, surely, strict=True) if not passes]
        # White space and Unicode forms are what keeps most sound pairs from passing as they were read.
        normalized = [self._normalized(entry) for entry in doubtful]
        judged = zip(normalized, self._surely_pass(normalized), strict=True)
        for entry, passes in zip(entries, surely, strict=True):
            if passes and isinstance(entry, Pair):
                chunk.passed.append((entry, entry))
                continue
            pair, passes_now = next(judged)
            if isinstance(entry, Skip):
                chunk.drops.append(Drop(*entry))
            elif not passes_now and (name := self._first_broken(pair)) is not None:
                chunk.drops.append(Drop(name, *entry))
            else:
                chunk.passed.append((entry, pair))
        return chunk

    def _surely_pass(self, entries: Sequence[Entry]) -> list[bool]:
        """For each whether it is a pair, normalised, that surely breaks no rule on single pairs."""
        if self._screen is None:
            return [False] * len(entries)
        sources, targets = [entry.source for entry in entries], [entry.target for entry in entries]
        passes = self._screen.surely_pass(sources, targets)
        return [passed and not isinstance(entry, Skip) for entry, passed in zip(entries, passes, strict=True)]

    def _normalized(self, entry: Entry) -> Pair:
        source = normalize(entry.source, self._form, collapse_white_space=self._collapse)
        target = normalize(entry.target, self._form, collapse_white_space=self._collapse)
        return Pair(source, target, entry.file, entry.line)

    def _first_broken(self, pair: Pair) -> str | None:
        return next((name for name, rule in self._rules.items() if rule(pair.source, pair.target)), None)

    def _judged_together(self, chunk: _Chunk, report: CleaningReport) -> list[Pair]:
        passed = chunk.passed
        for name, rule in self._batch_rules.items():
            broken = rule([pair.source for _, pair in passed], [pair.target for _, pair in passed])
            if not any(broken):
                continue
            both = list(zip(passed, broken, strict=True))
            chunk.drops += [Drop(name, *read) for (read, _), is_broken in both if is_broken]
            passed = [pairs for pairs, is_broken in both if not is_broken]
        report.kept += len(passed)
        report.changed += sum(read is not pair and read[:2] != pair[:2] for read, pair in passed)
        return [pair for _, pair in passed]


@dataclass(slots=True)
class _Chunk:
    """Some thousand entries on their way through the rules.

    Attributes:
        read: how many there were.
        passed: each pair that broke no rule so far, as it was read and normalised.
        drops: the others.
    """

    read: int
    passed: list[tuple[Pair, Pair]] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)


def _batched(items: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    """Lists of ``size`` items; the last may be shorter."""
    remaining = iter(items)
    while part := list(itertools.islice(remaining, size)):
        yield part


def _rules(recipe: CleaningRecipe, source_language: str, target_language: str) -> dict[str, Rule]:
    """The rules that look at one pair, the cheap and telling ones first."""
    rules: dict[str, tuple[bool, Rule]] = {
        "overlong": (True, lambda source, target: is_overlong(source, target, recipe.max_characters)),
        "control characters": (recipe.control_characters, has_control_characters),
        "overlong word": (True, lambda source, target: has_overlong_word(source, target, recipe.max_word_characters)),
        "uneven": (True, lambda source, target: is_uneven(source, target, recipe.max_ratio)),
        "copied": (recipe.copies, lambda source, target: is_copied(source, target, recipe.max_copied_words)),
        "script": (recipe.script, wrong_script(source_language, target_language)),
        "repetition": (recipe.repetition, is_repetitive),
        "numbers": (recipe.numbers, differs_in_numbers),
        "placeholders": (recipe.placeholders, lambda source, target: not same_placeholders(source, target)),
    }
    return {name: rule for name, (is_on, rule) in rules.items() if is_on}


def _batch_rules(recipe: CleaningRecipe, source_language: str, target_language: str) -> dict[str, BatchRule]:
    """The rules that look at many pairs at once."""
    rules: dict[str, BatchRule] = {}
    if recipe.language and (rule := wrong_language(source_language, target_language)) is not None:
        rules["language"] = screened(rule)
    if recipe.drop_duplicates:
        rules["duplicate"] = _met_before(0)
    if recipe.drop_near_duplicates:
        rules["near-duplicate"] = _met_before(1)
    return rules


def _met_before(which: int) -> BatchRule:
    """Drops what was met before; ``which`` of the hashes of :func:`~dragoman.data.keys.pair_hashes` tells."""
    seen = SeenBefore()
    return lambda sources, targets: seen.add(pair_hashes(sources, targets)[which]).tolist()

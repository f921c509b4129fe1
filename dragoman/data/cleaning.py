"""Which pairs are kept, and an account of those that are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, UInt64

from dragoman.data.cells import Absent, Cells, lines_of
from dragoman.data.chunk import Chunk
from dragoman.data.drops import Drop
from dragoman.data.prefetch import run_ahead
from dragoman.data.screen import Screen
from dragoman.data.seen import SeenBefore
from dragoman.data.text_sides import DUPLICATE, NEAR_DUPLICATE, PAIRS, TextSides
from dragoman.errors import InputError
from dragoman.native.lines import Lines
from dragoman.recipe.data import CleaningRecipe
from dragoman.storage.json import JsonObject
from dragoman.text.line_normalization import normalize_lines
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax
from dragoman.text.rules.control_characters import has_control_characters
from dragoman.text.rules.copied import is_copied
from dragoman.text.rules.language import BatchRule, wrong_language
from dragoman.text.rules.language_screen import screened
from dragoman.text.rules.length import has_overlong_word, is_empty, is_overlong, is_uneven
from dragoman.text.rules.numbers import differs_in_numbers
from dragoman.text.rules.placeholders import align_placeholders, differs_in_placeholders
from dragoman.text.rules.repetition import is_repetitive
from dragoman.text.rules.script import wrong_script

_EXAMPLES = 5
_SHOWN = 80
NO_TARGET, UNFITTING, UNWRITABLE = "no target", "another length", "no font"
"""The rules on examples without a label or a number, on targets that are longer or shorter than their source allows,
and on lines that no font on this machine can write."""

Rule = Callable[[str, str], bool]


@dataclass(slots=True)
class CleaningReport:
    """The counts of what cleaning kept, changed and dropped in a corpus.

    >>> report = CleaningReport(read=10, kept=8, dropped={"empty": 2})
    >>> report.as_text()
    'kept 8 of 10 pairs; dropped 2 empty'

    Attributes:
        read: number of entries that were read.
        kept: number of pairs that were kept.
        changed: number of kept pairs with a text that normalisation changed.
        dropped: number of dropped entries by the first rule that they broke.
        examples: the first few dropped entries of each rule, shortened, with file and line.
        remarks: remarks for people on how the corpus was read.
    """

    read: int = 0
    kept: int = 0
    changed: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

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
        self.remarks += other.remarks

    def to_dict(self) -> JsonObject:
        """The report as JSON values."""
        return asdict(self)

    def as_text(self, unit: str = "pairs") -> str:
        """A line on how much was kept and why the rest was dropped; ``unit`` names what was read."""
        reasons = ", ".join(f"{count:,} {rule}" for rule, count in self.dropped.items())
        return f"kept {self.kept:,} of {self.read:,} {unit}" + (f"; dropped {reasons}" if reasons else "")


def _shortened(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


class SeenExamples:
    """The examples seen so far in all corpora; every later example that equals one of them is a duplicate.

    Args:
        recipe: settings of cleaning, which say which rules on duplicates apply.
    """

    def __init__(self, recipe: CleaningRecipe) -> None:
        asked = {DUPLICATE: recipe.drop_duplicates, NEAR_DUPLICATE: recipe.drop_near_duplicates}
        self._seen = {name: SeenBefore() for name, is_on in asked.items() if is_on}

    def __bool__(self) -> bool:
        return bool(self._seen)

    def met(self, hashes: dict[str, UInt64[np.ndarray, " n"]]) -> Iterator[tuple[str, Bool[np.ndarray, " k"]]]:
        """For each rule, which of the examples that the earlier rules kept were seen already."""
        left: Bool[np.ndarray, " n"] | None = None
        for name in (name for name in self._seen if name in hashes):
            left = np.ones(len(hashes[name]), dtype=bool) if left is None else left
            met = self._seen[name].add(hashes[name][left])
            yield name, met
            left[left] = ~met


class Cleaner:
    """The rules of a recipe, which are applied to one corpus after the other.

    Args:
        recipe: settings of cleaning: which rules apply, and their limits.
        source_language: code of the source language; empty if it is not known.
        target_language: code of the target language; empty if it is not known.
        everything: whether all rules apply, as to training data; else only what cannot be used at all is dropped, as
            in a validation or test set, which shall be like what a model will meet.
        placeholders: what counts as a placeholder.
        sides: which sides are text.
        seen: the examples of the corpora before this one; None for none.
        missing: says which targets are missing; None if texts alone can be.
        unfitting: says which targets do not go with their sources, and why; None if all do. Where not all rules apply,
            such an example is an error.
        writable: says which texts can be rendered; None if none is.
    """

    def __init__(
        self,
        recipe: CleaningRecipe,
        source_language: str,
        target_language: str,
        *,
        everything: bool = True,
        placeholders: PlaceholderSyntax = LEGACY_SYNTAX,
        sides: TextSides = PAIRS,
        seen: SeenExamples | None = None,
        missing: Callable[[Cells], Bool[np.ndarray, " n"]] | None = None,
        unfitting: Callable[[Chunk], Mapping[int, InputError]] | None = None,
        writable: Callable[[Sequence[str]], list[bool]] | None = None,
    ) -> None:
        recipe = sides.rules(recipe)
        if not sides.are_pairs:
            source_language = target_language = source_language if sides.source else target_language
        self._sides = sides
        self._missing = missing
        self._unfitting = unfitting
        self._everything = everything
        self._writable = writable
        self._form = recipe.unicode_form
        self._collapse = recipe.collapse_white_space
        self._no_break_spaces = (False, recipe.no_break_spaces and sides.target)
        self._rules: dict[str, Rule] = {"empty": is_empty}
        self._batch_rules: dict[str, BatchRule] = {}
        self._seen: SeenExamples | None = None
        self._screen: Screen | None = None
        self._aligned = placeholders if everything and recipe.placeholders else None
        if everything:
            self._rules |= _rules(recipe, source_language, target_language, placeholders)
            self._batch_rules = _batch_rules(recipe, source_language, target_language, placeholders)
            self._seen = SeenExamples(recipe) if seen is None else seen
            self._screen = Screen.of(recipe, source_language, target_language, placeholders)

    def clean(
        self,
        chunks: Iterable[Chunk],
        report: CleaningReport,
        record: Callable[[list[Drop]], None] = lambda drops: None,
    ) -> Iterator[Chunk]:
        """The examples worth keeping, their texts normalised, chunk by chunk.

        Args:
            chunks: the corpus, chunk by chunk.
            report: report in which what is kept and dropped is counted.
            record: function that is given all drops, list by list.
        """
        for judged in run_ahead(map(self._judged_alone, chunks)):
            kept = self._judged_together(judged)
            report.read += len(judged.read)
            report.kept += len(kept)
            report.changed += int(judged.changed.sum())
            report.count(judged.drops)
            record(judged.drops)
            yield kept

    def _judged_alone(self, read: Chunk) -> _Judged:
        """Normalise, and apply the rules on single examples to those that do not surely keep them."""
        unusable = self._unusable(read)
        usable = np.ones(len(read), dtype=bool)
        usable[list(unusable)] = False
        pairs = self._sides.of(read)
        if pairs is None:
            drops = [read.drop(row, rule) for row, rule in sorted(unusable.items())]
            rows = np.flatnonzero(usable)
            return _Judged(read, rows, read.select(rows), np.zeros(len(rows), dtype=bool), drops)
        passes = self._surely_pass(*pairs) & usable
        doubtful = np.flatnonzero(~passes)
        if not len(doubtful):
            return _Judged(read, np.arange(len(read)), read, np.zeros(len(read), dtype=bool))
        # White space and Unicode forms are what keeps most sound texts from passing as they were read.
        (sources, left), (targets, right) = self._normalized(*(side.select(doubtful) for side in pairs))
        changed = np.zeros(len(read), dtype=bool)
        changed[doubtful] = left | right
        passes[doubtful] = self._surely_pass(sources, targets) & usable[doubtful]
        sides = [side.replaced(doubtful, new) for side, new in zip(pairs, (sources, targets), strict=True)]
        drops = []
        respelt: dict[int, tuple[str, str]] = {}
        for place in np.flatnonzero(~passes[doubtful]).tolist():
            row, pair = int(doubtful[place]), (sources[place], targets[place])
            broken = unusable[row] if row in unusable else self._first_broken(*pair)
            passes[row] = broken is None
            if broken is not None:
                drops.append(read.drop(row, broken))
            elif self._aligned is not None and (aligned := align_placeholders(*pair, self._aligned)) not in (
                None,
                pair,
            ):
                respelt[row] = aligned
        if respelt:
            places = np.array(list(respelt))
            changed[places] = True
            for number, side in enumerate(sides):
                sides[number] = side.replaced(places, [pair[number] for pair in respelt.values()])
        rows = np.flatnonzero(passes)
        return _Judged(read, rows, self._sides.put(read, (sides[0], sides[1])).select(rows), changed[rows], drops)

    def _unusable(self, read: Chunk) -> dict[int, str]:
        """Entries that are no example, and examples without a target, by row."""
        if self._missing is None:
            return dict(read.skips)
        missing = np.flatnonzero(self._missing(read.targets)).tolist()
        return {**dict.fromkeys(missing, NO_TARGET), **read.skips}

    def _normalized(
        self, sources: Lines, targets: Lines
    ) -> tuple[tuple[Lines, Bool[np.ndarray, " n"]], tuple[Lines, Bool[np.ndarray, " n"]]]:
        def one(texts: Lines, *, no_break: bool) -> tuple[Lines, Bool[np.ndarray, " n"]]:
            return normalize_lines(texts, self._form, collapse_white_space=self._collapse, no_break_spaces=no_break)

        target = one(targets, no_break=self._no_break_spaces[1])
        return one(sources, no_break=self._no_break_spaces[0]) if self._sides.are_pairs else target, target

    def _surely_pass(self, sources: Lines, targets: Lines) -> Bool[np.ndarray, " n"]:
        """For each pair whether it is normalised, and surely breaks no rule on single pairs."""
        return (
            np.zeros(len(sources), dtype=bool) if self._screen is None else self._screen.surely_pass(sources, targets)
        )

    def _first_broken(self, source: str, target: str) -> str | None:
        return next((name for name, rule in self._rules.items() if rule(source, target)), None)

    def _judged_together(self, judged: _Judged) -> Chunk:
        if self._unfitting is not None and (unfitting := self._unfitting(judged.kept)):
            if not self._everything:
                raise unfitting[min(unfitting)]
            judged.drop(UNFITTING, np.isin(np.arange(len(judged.kept)), list(unfitting)))
        for name, rule in self._batch_rules.items():
            pairs = lines_of(judged.kept.sources), lines_of(judged.kept.targets)
            judged.drop(name, np.array(rule(*pairs), dtype=bool))
        if self._seen:
            for name, met in self._seen.met(self._sides.hashes(judged.kept)):
                judged.drop(name, met)
        if self._writable is not None and isinstance(judged.kept.sources, Absent):
            judged.drop(UNWRITABLE, ~np.array(self._writable(lines_of(judged.kept.targets)), dtype=bool))
        return judged.kept


@dataclass(slots=True)
class _Judged:
    """A chunk on its way through the rules.

    Attributes:
        read: the entries as they were read.
        rows: those of them that broke no rule so far.
        kept: these, normalised.
        changed: which of these normalising changed.
        drops: the others.
    """

    read: Chunk
    rows: Int[np.ndarray, " n"]
    kept: Chunk
    changed: Bool[np.ndarray, " n"]
    drops: list[Drop] = field(default_factory=list)

    def drop(self, rule: str, broken: Bool[np.ndarray, " n"]) -> None:
        """Drop the examples that broke a rule."""
        if not broken.any():
            return
        self.drops += [self.read.drop(row, rule) for row in self.rows[broken].tolist()]
        self.rows, self.changed = self.rows[~broken], self.changed[~broken]
        self.kept = self.kept.select(np.flatnonzero(~broken))


def _rules(
    recipe: CleaningRecipe, source_language: str, target_language: str, placeholders: PlaceholderSyntax
) -> dict[str, Rule]:
    """The rules that look at one pair, the cheap and telling ones first."""
    rules: dict[str, tuple[bool, Rule]] = {
        "overlong": (True, lambda source, target: is_overlong(source, target, recipe.max_characters)),
        "control characters": (recipe.control_characters, has_control_characters),
        "overlong word": (
            True,
            lambda source, target: has_overlong_word(source, target, recipe.max_word_characters, placeholders),
        ),
        "uneven": (True, lambda source, target: is_uneven(source, target, recipe.max_ratio)),
        "copied": (
            recipe.copies,
            lambda source, target: is_copied(source, target, recipe.max_copied_words, placeholders),
        ),
        "script": (recipe.script, wrong_script(source_language, target_language, placeholders)),
        "repetition": (recipe.repetition, is_repetitive),
        "numbers": (recipe.numbers, lambda source, target: differs_in_numbers(source, target, placeholders)),
        "placeholders": (
            recipe.placeholders,
            lambda source, target: differs_in_placeholders(source, target, placeholders),
        ),
    }
    return {name: rule for name, (is_on, rule) in rules.items() if is_on}


def _batch_rules(
    recipe: CleaningRecipe, source_language: str, target_language: str, placeholders: PlaceholderSyntax
) -> dict[str, BatchRule]:
    """The rules that look at many pairs at once."""
    rule = wrong_language(source_language, target_language, placeholders) if recipe.language else None
    return {} if rule is None else {"language": screened(rule)}

"""Which pairs are kept, and an account of those that are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from dragoman.data.ahead import run_ahead
from dragoman.data.drops import Drop
from dragoman.data.keys import pair_hashes
from dragoman.data.pair_chunk import PairChunk
from dragoman.data.screen import Screen
from dragoman.data.seen import SeenBefore
from dragoman.recipe.data import CleaningRecipe
from dragoman.text.line_normalization import normalize_lines
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax
from dragoman.text.rules.control_characters import has_control_characters
from dragoman.text.rules.copied import is_copied
from dragoman.text.rules.empty import is_empty
from dragoman.text.rules.language import BatchRule, wrong_language
from dragoman.text.rules.language_screen import screened
from dragoman.text.rules.numbers import differs_in_numbers
from dragoman.text.rules.overlong import has_overlong_word, is_overlong
from dragoman.text.rules.placeholders import align_placeholders, differs_in_placeholders
from dragoman.text.rules.repetition import is_repetitive
from dragoman.text.rules.script import wrong_script
from dragoman.text.rules.uneven import is_uneven

_EXAMPLES = 5
_SHOWN = 80
_HASHES = ("duplicate", "near-duplicate")
"""The rules that go by the hashes of :func:`~dragoman.data.keys.pair_hashes`, in their order."""

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
        remarks: what a person should know of how the corpus was read.
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

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON can write it."""
        return asdict(self)

    def as_text(self, unit: str = "pairs") -> str:
        """One line: what was kept and why the rest was not; ``unit`` names what was read."""
        reasons = ", ".join(f"{count:,} {rule}" for rule, count in self.dropped.items())
        return f"kept {self.kept:,} of {self.read:,} {unit}" + (f"; dropped {reasons}" if reasons else "")


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
        placeholders: what counts as a placeholder.
    """

    def __init__(
        self,
        recipe: CleaningRecipe,
        source_language: str,
        target_language: str,
        *,
        everything: bool = True,
        placeholders: PlaceholderSyntax = LEGACY_SYNTAX,
    ) -> None:
        self._form = recipe.unicode_form
        self._collapse = recipe.collapse_white_space
        self._no_break_spaces = (False, recipe.no_break_spaces)
        self._rules: dict[str, Rule] = {"empty": is_empty}
        self._batch_rules: dict[str, BatchRule] = {}
        self._seen: dict[str, SeenBefore] = {}
        self._screen: Screen | None = None
        self._aligned = placeholders if everything and recipe.placeholders else None
        if everything:
            self._rules |= _rules(recipe, source_language, target_language, placeholders)
            self._batch_rules = _batch_rules(recipe, source_language, target_language, placeholders)
            asked = zip(_HASHES, (recipe.drop_duplicates, recipe.drop_near_duplicates), strict=True)
            self._seen = {name: SeenBefore() for name, is_on in asked if is_on}
            self._screen = Screen.of(recipe, source_language, target_language, placeholders)

    def clean(
        self,
        chunks: Iterable[PairChunk],
        report: CleaningReport,
        record: Callable[[list[Drop]], None] = lambda drops: None,
    ) -> Iterator[PairChunk]:
        """The pairs worth keeping, normalised, chunk by chunk.

        Args:
            chunks: of one corpus.
            report: counts what is dropped.
            record: is given all drops, list by list.
        """
        for judged in run_ahead(map(self._judged_alone, chunks)):
            kept = self._judged_together(judged)
            report.read += len(judged.read)
            report.kept += len(kept)
            report.changed += int(judged.changed.sum())
            report.count(judged.drops)
            record(judged.drops)
            yield kept

    def _judged_alone(self, read: PairChunk) -> _Judged:
        """Normalise, and apply the rules on single pairs to those that do not surely keep them."""
        passes = self._surely_pass(read.sources, read.targets) & read.is_pair
        doubtful = np.flatnonzero(~passes)
        if not len(doubtful):
            return _Judged(read, np.arange(len(read)), read, np.zeros(len(read), dtype=bool))
        # White space and Unicode forms are what keeps most sound pairs from passing as they were read.
        (sources, left), (targets, right) = (
            normalize_lines(
                side.select(doubtful), self._form, collapse_white_space=self._collapse, no_break_spaces=no_break
            )
            for side, no_break in zip((read.sources, read.targets), self._no_break_spaces, strict=True)
        )
        sides = [read.sources.replaced(doubtful, sources), read.targets.replaced(doubtful, targets)]
        changed = np.zeros(len(read), dtype=bool)
        changed[doubtful] = left | right
        passes[doubtful] = self._surely_pass(sources, targets) & read.is_pair[doubtful]
        drops = []
        respelt: dict[int, tuple[str, str]] = {}
        for place in np.flatnonzero(~passes[doubtful]).tolist():
            row, pair = int(doubtful[place]), (sources[place], targets[place])
            broken = read.skips[row] if row in read.skips else self._first_broken(*pair)
            passes[row] = broken is None
            if broken is not None:
                drops.append(Drop(broken, *read.pair(row)))
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
        return _Judged(read, rows, replace(read, sources=sides[0], targets=sides[1]).select(rows), changed[rows], drops)

    def _surely_pass(self, sources: Sequence[str], targets: Sequence[str]) -> Bool[np.ndarray, " n"]:
        """For each pair whether it is normalised, and surely breaks no rule on single pairs."""
        return (
            np.zeros(len(sources), dtype=bool) if self._screen is None else self._screen.surely_pass(sources, targets)
        )

    def _first_broken(self, source: str, target: str) -> str | None:
        return next((name for name, rule in self._rules.items() if rule(source, target)), None)

    def _judged_together(self, judged: _Judged) -> PairChunk:
        for name, rule in self._batch_rules.items():
            judged.drop(name, np.array(rule(judged.pairs.sources, judged.pairs.targets), dtype=bool))
        if self._seen:
            hashes = dict(zip(_HASHES, pair_hashes(judged.pairs.sources, judged.pairs.targets), strict=True))
            left = np.ones(len(judged.pairs), dtype=bool)
            for name, seen in self._seen.items():
                met = seen.add(hashes[name][left])
                judged.drop(name, met)
                left[left] = ~met
        return judged.pairs


@dataclass(slots=True)
class _Judged:
    """A chunk on its way through the rules.

    Attributes:
        read: the entries as they were read.
        rows: those of them that broke no rule so far.
        pairs: these, normalised.
        changed: which of these normalising changed.
        drops: the others.
    """

    read: PairChunk
    rows: Int[np.ndarray, " n"]
    pairs: PairChunk
    changed: Bool[np.ndarray, " n"]
    drops: list[Drop] = field(default_factory=list)

    def drop(self, rule: str, broken: Bool[np.ndarray, " n"]) -> None:
        """Drop the pairs that broke a rule."""
        if not broken.any():
            return
        self.drops += [Drop(rule, *self.read.pair(row)) for row in self.rows[broken].tolist()]
        self.rows, self.changed = self.rows[~broken], self.changed[~broken]
        self.pairs = self.pairs.select(np.flatnonzero(~broken))


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

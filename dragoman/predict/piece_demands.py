"""What is demanded of the translation of each piece of a source line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dragoman.contracts import Ending, Hypothesis
from dragoman.errors import InputError, UnsupportedError
from dragoman.predict.constraints import Automata, Constraints
from dragoman.predict.pieces import Piece
from dragoman.predict.translation import Concern, ConcernKind, Translation
from dragoman.text.codec import Codec
from dragoman.text.phrase_automaton import violations
from dragoman.text.phrases import MOST_REQUIRED, Phrases, quoted
from dragoman.text.placeholder_mask import Mask
from dragoman.text.terminology import AppliedTerm, Term
from dragoman.text.vocabulary_automaton import VocabularyAutomaton


@dataclass(frozen=True, slots=True)
class Demands:
    """What is demanded of the translation of one piece, in the form in which the model writes it: with units in place
    of placeholders.

    Attributes:
        line: number of the line, for errors.
        phrases: what was asked for by itself.
        terms: the terms of the source, each with what it demands.
        left_out: terms that cannot be kept to beside all else.
        automaton: accepts what satisfies the phrases and the terms.
    """

    line: int
    phrases: Phrases
    terms: tuple[tuple[Term, Phrases], ...]
    left_out: tuple[tuple[Term, Phrases], ...]
    automaton: VocabularyAutomaton | None

    def applied(self, text: str) -> tuple[AppliedTerm, ...]:
        """The terms of the source, and whether a translation keeps to each.

        Args:
            text: the translation, with units in place of placeholders.
        """
        return tuple(
            AppliedTerm(term.source, term.targets, term.excluded, not any(violations(phrases, text)))
            for term, phrases in (*self.terms, *self.left_out)
        )

    def check(self, hypothesis: Hypothesis, text: str) -> None:
        """See to it that a translation satisfies what was asked for by itself.

        Args:
            hypothesis: the hypothesis that the translation is.
            text: the translation, with units in place of placeholders.

        Raises:
            UnsupportedError: if it does not.
        """
        wrong = list(violations(self.phrases, text)) if self.phrases else []
        if self.phrases and not wrong and hypothesis.ending is not Ending.COMPLETE:
            wrong = [hypothesis.ending.value]
        if wrong:
            raise UnsupportedError(
                f"line {self.line}: no translation was found of which it holds that it {self.phrases}: "
                f"{'; '.join(wrong)}",
                cause="the model gives every such translation that the search came upon a probability of 0, or what is "
                "done to its output afterwards, such as putting capitals, changes it.",
                remedy="ask for less, or search with a wider beam.",
            )


class PieceDemands:
    """Finds out what constraints demand of pieces.

    Args:
        target: codec of the target.
        language: code of the target language.
        normalized: brings a target text into the form that the model learnt from.
    """

    def __init__(self, target: Codec, language: str, normalized: Callable[[str], str]) -> None:
        self._target, self._language, self._normalized = target, language, normalized
        self._automata = Automata(target)

    def check(self, constraints: Constraints) -> None:
        """Refuse constraints that no line can satisfy, whatever it is.

        Raises:
            InputError: naming what contradicts each other, or what the vocabulary cannot spell.
        """
        asked = (*constraints.must_contain, *constraints.must_not_contain, constraints.prefix)
        mask = Mask.of(" ".join(asked), self._target.units, self._target.placeholders)
        phrases = constraints.phrases(lambda text: mask.hide(self._normalized(text)), self._language)
        if phrases:
            self._automata.check(phrases, 1 << 20, "the constraints")

    def of(
        self,
        pieces: Sequence[Piece],
        constraints: Sequence[Constraints],
        numbers: Sequence[int],
        limits: Sequence[int],
    ) -> list[Demands | None]:
        """The demands on the translation of each piece; None where there are none.

        A term belongs to the piece that it stands in, and a prefix to the first piece of its line.

        Args:
            pieces: the pieces of some lines, in their order.
            constraints: the constraints of each line.
            numbers: the number of each line, for errors.
            limits: the most tokens of each piece's translation.

        Raises:
            InputError: if a translation cannot satisfy what is asked for by itself.
        """
        parts, seen = Counter(piece.line for piece in pieces), set[int]()
        found: list[Demands | None] = []
        for piece, limit in zip(pieces, limits, strict=True):
            asked = constraints[piece.line]
            first = piece.line not in seen
            seen.add(piece.line)
            if asked and parts[piece.line] > 1 and asked.must_contain:
                raise InputError(
                    f"line {numbers[piece.line]}: it is too long for the model and translated in "
                    f"{parts[piece.line]} pieces, and must contain {', '.join(map(quoted, asked.must_contain))}",
                    cause="nothing says in which of its pieces.",
                    remedy="give its sentences as lines of their own.",
                )
            found.append(self._demands(piece, asked, numbers[piece.line], limit, first=first) if asked else None)
        return found

    def of_whole(
        self, translation: Translation, source: str, constraints: Constraints, line: int
    ) -> tuple[AppliedTerm, ...]:
        """The terms of a line that none of its pieces has, because it was cut inside of them.

        Args:
            translation: translation of the line, joined from those of its pieces.
            source: the line, normalised.
            constraints: the constraints of the line.
            line: number of the line, for errors.

        Raises:
            UnsupportedError: if the translations of two pieces together make a phrase that was not to occur.
        """
        text = self._target.placeholders.without(translation.text)
        asked = replace(constraints.phrases(self._normalized, self._language), required=(), prefix="")
        wrong = list(violations(asked, text))
        if wrong:
            raise UnsupportedError(
                f"line {line}: {'; '.join(wrong)}, where the translations of two of its {translation.pieces} pieces "
                "meet",
                cause="it is too long for the model, and each piece is translated by itself.",
                remedy="give its sentences as lines of their own.",
            )
        if constraints.terminology is None:
            return ()
        there = {term.source for term in translation.terms}
        lost = [term for term in constraints.terminology.find(source) if term.source not in there]
        return tuple(
            AppliedTerm(
                term.source,
                term.targets,
                term.excluded,
                not any(violations(_of_term(asked, term, self._normalized), text)),
            )
            for term in lost
        )

    def _demands(self, piece: Piece, constraints: Constraints, line: int, limit: int, *, first: bool) -> Demands | None:
        def hidden(text: str) -> str:
            return piece.mask.hide(self._normalized(text))

        asked = replace(constraints.phrases(hidden, self._language), any_case=piece.in_capitals)
        asked = asked if first else replace(asked, prefix="")
        terms = () if constraints.terminology is None else constraints.terminology.find(piece.mask.hide(piece.text))
        if not asked and not terms:
            return None
        of_terms = [(term, _of_term(asked, term, hidden)) for term in terms]
        units = self._target.units.difference(piece.mask.placeholders)
        foreign = sorted(map(self._target.tokenizer.vocabulary.ids.__getitem__, units))
        self._automata.check(asked, limit, f"line {line}", foreign)
        kept, left_out = of_terms, list[tuple[Term, Phrases]]()
        if not self._fit(asked, of_terms, foreign, limit):
            kept = []
            for pair in of_terms:
                (kept if self._fit(asked, [*kept, pair], foreign, limit) else left_out).append(pair)
        phrases = _joined(asked, kept)
        automaton = self._automata.of(phrases, foreign) if phrases else None
        return Demands(line, asked, tuple(kept), tuple(left_out), automaton)

    def _fit(self, asked: Phrases, terms: Sequence[tuple[Term, Phrases]], forbidden: Sequence[int], limit: int) -> bool:
        """Whether a translation can keep to all terms beside what was asked for."""
        groups = {group for part in (asked, *(phrases for _, phrases in terms)) for group in part.required}
        return len(groups) <= MOST_REQUIRED and self._automata.least(_joined(asked, terms), forbidden) <= limit


def _of_term(asked: Phrases, term: Term, form: Callable[[str], str]) -> Phrases:
    """What a term demands, where phrases are found as those of what was asked for."""
    required = (tuple(map(form, term.targets)),) if term.targets else ()
    return replace(asked, required=required, excluded=tuple(map(form, term.excluded)), prefix="")


def _joined(asked: Phrases, terms: Sequence[tuple[Term, Phrases]]) -> Phrases:
    """All demands as one, each of them once."""
    parts = [asked, *(phrases for _, phrases in terms)]
    required = dict.fromkeys(group for part in parts for group in part.required)
    excluded = dict.fromkeys(phrase for part in parts for phrase in part.excluded)
    return replace(asked, required=tuple(required), excluded=tuple(excluded))


def not_kept(terms: Sequence[AppliedTerm]) -> tuple[Concern, ...]:
    """A concern for the terms that a translation does not keep to, if there are any."""
    lost = [term for term in terms if not term.kept]
    if not lost:
        return ()
    shown = "; ".join(f"{quoted(term.source)} as {_wish(term)}" for term in lost)
    return (Concern(ConcernKind.TERMS, f"does not keep to the terminology: {shown}"),)


def _wish(term: AppliedTerm) -> str:
    wishes = [" or ".join(map(quoted, term.targets))] if term.targets else []
    return ", ".join([*wishes, *(f"not {quoted(phrase)}" for phrase in term.excluded)])

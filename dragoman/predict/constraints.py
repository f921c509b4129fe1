"""What a person demands of the texts that a model writes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from dragoman.contracts import NEVER
from dragoman.errors import InputError
from dragoman.text.codec import Codec
from dragoman.text.phrases import Phrases, quoted
from dragoman.text.terminology import Terminology
from dragoman.text.vocabulary_automaton import VocabularyAutomaton

_KEPT = 64


@dataclass(frozen=True, slots=True)
class Constraints:
    """What the texts that a model writes must contain, must not contain and must begin with.

    All of it holds of the text, however the model cuts it into symbols. How phrases are found in a text says
    :class:`~dragoman.text.phrases.Phrases`.

    >>> str(Constraints(must_contain=("Bremse",), prefix="Die"))
    'must contain “Bremse”, must begin with “Die”'

    Attributes:
        must_contain: phrases that each text must contain.
        must_not_contain: phrases that no text may contain.
        prefix: what each text must begin with; behind it a word may go on, unless it ends with a space.
        terminology: how terms of a source are to be translated; of a list of terms those that occur in a line count.
        whole_words: whether phrases and terms are found as whole words only.
    """

    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()
    prefix: str = ""
    terminology: Terminology | None = None
    whole_words: bool = True

    def __post_init__(self) -> None:
        for name in ("must_contain", "must_not_contain"):
            value = getattr(self, name)
            given = (value,) if isinstance(value, str) else tuple(value)
            if not all(isinstance(phrase, str) and phrase.strip() for phrase in given):
                raise InputError(
                    f"{name} = {value!r} is no text, or empty", remedy="give a phrase, or a sequence of phrases."
                )
            object.__setattr__(self, name, given)

    def __bool__(self) -> bool:
        return bool(self.must_contain or self.must_not_contain or self.prefix or self.terminology is not None)

    def __str__(self) -> str:
        demands = str(self.phrases()) if self.phrases() else ""
        terms = f"terms of {self.terminology.name}" if self.terminology is not None else ""
        return ", ".join(filter(None, (demands, terms)))

    def phrases(self, normalized: Callable[[str], str] = str, language: str = "") -> Phrases:
        """What is demanded of every text, without the terminology.

        Args:
            normalized: brings a text into the form that the model writes.
            language: code of the language that the model writes.
        """
        # A space at the end says that a word ends there.
        begin = normalized(self.prefix.strip()) + " " * self.prefix[-1:].isspace() if self.prefix.strip() else ""
        return Phrases(
            tuple((normalized(phrase),) for phrase in dict.fromkeys(self.must_contain)),
            tuple(normalized(phrase) for phrase in dict.fromkeys(self.must_not_contain)),
            begin,
            self.whole_words,
            language=language,
        )


FREE = Constraints()
"""Nothing is demanded."""


class Automata:
    """The automata of demands on the texts of one vocabulary; the last ones are kept.

    Args:
        codec: codec of the texts.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._kept: OrderedDict[tuple[Phrases, tuple[int, ...]], VocabularyAutomaton] = OrderedDict()

    def of(self, phrases: Phrases, forbidden: Sequence[int] = ()) -> VocabularyAutomaton:
        """The automaton that accepts texts that satisfy phrases.

        Args:
            phrases: the demands, with units in place of placeholders.
            forbidden: ids that are not written.
        """
        key = phrases, tuple(forbidden)
        found = self._kept.pop(key, None)
        if found is None:
            found = VocabularyAutomaton(
                self._codec.spelling, phrases, forbidden=forbidden, truecased=self._codec.truecaser is not None
            )
        self._kept[key] = found
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found

    def least(self, phrases: Phrases, forbidden: Sequence[int] = ()) -> int:
        """The least number of symbols of a text that satisfies phrases."""
        automaton = self.of(phrases, forbidden)
        return automaton.least(automaton.start)

    def check(self, phrases: Phrases, limit: int, where: str, forbidden: Sequence[int] = ()) -> None:
        """Refuse demands that no text can satisfy.

        Args:
            phrases: the demands.
            limit: the most symbols of a text.
            where: what the demands are made of, such as ``line 3``, for errors.
            forbidden: ids that are not written.

        Raises:
            InputError: naming the phrases that contradict each other, that the vocabulary cannot spell, or that need
                too many symbols.
        """
        least = self.least(phrases, forbidden)
        if least > limit:
            what, cause = self._reason(phrases, least, limit, forbidden)
            raise InputError(f"{where}: {what}", cause=cause, remedy="ask for less, or for something else.")

    def _reason(self, phrases: Phrases, least: int, limit: int, forbidden: Sequence[int]) -> tuple[str, str | None]:
        if least < NEVER:
            what = f"a text that {phrases} has {least:,} symbols or more, and at most {limit:,} are allowed"
            return what, "the limit grows with the length of the source: search.max_length_ratio, max_length_extra."
        parts = phrases.parts()
        for part in parts:
            if self.least(part, forbidden) == NEVER:
                return f"the model's vocabulary cannot spell what a text {part}", None
        wanted = [part for part in parts if not part.excluded]
        for one, other in product(wanted, [part for part in parts if part.excluded]):
            if self.least(replace(one, excluded=other.excluded), forbidden) == NEVER:
                return f"a text that {one} would contain {quoted(other.excluded[0])}, which it must not", None
        return f"no text can satisfy all of this: it {phrases}", None

"""Draw sentences, each word with the tag that says what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from babel import Locale

from dragoman.data.locale_phrases.kinds import KINDS, Share
from dragoman.data.locale_phrases.phrases import draw_phrase, works_in
from dragoman.data.mixed_sentences.frames import FRAMES, NAME, PHRASE
from dragoman.data.mixed_sentences.insertions import any_markup, any_name, around
from dragoman.text.tag_scheme import OUTSIDE

_NAME, _NUMBER, _MARKUP = "name", "number", "markup"
_PUNCTUATION = frozenset(".,?!¿¡–:;")
_FOREIGN, _TWO_FRAMES, _MARKED, _INSERTED = 0.5, 0.25, 0.25, 0.2
"""How often a phrase is in another language than its frame, a sentence has two frames, a phrase stands between the tags
of an element, and markup stands somewhere."""


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """A sentence with a tag for each word.

    Attributes:
        words: the words, among them punctuation, numbers and markup.
        tags: ``B-X`` for the first word of a span and ``I-X`` for further ones, where X is the code of a language,
            ``name``, ``number`` or ``markup``; ``O`` for punctuation.
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]


def generate_sentences(count: int, seed: int, languages: Sequence[str] = tuple(FRAMES)) -> Iterator[TaggedSentence]:
    """Distinct sentences whose words are in several languages, the same for the same arguments.

    A sentence is a frame in one language, or two frames in two, with phrases in the same or in another language: dates,
    units, currencies, countries and lists by the rules of the Unicode CLDR. Names, most of them made up, and markup
    stand in between.

    >>> sentence = next(generate_sentences(1, seed=3))
    >>> list(zip(sentence.words, sentence.tags, strict=True))[:4]
    [('Escribe', 'B-es'), ('54', 'B-number'), ('Tage', 'B-de'), ('und', 'I-de')]

    Args:
        count: number of sentences.
        seed: seed of the draw.
        languages: codes of the languages, of those that :data:`~dragoman.data.mixed_sentences.frames.FRAMES` has.
    """
    random = Random(f"{seed} {' '.join(languages)}")
    writer = _Writer(random, {code: Locale.parse(code) for code in languages})
    seen: set[tuple[str, ...]] = set()
    while len(seen) < count:
        sentence = writer.sentence()
        if sentence.words not in seen:
            seen.add(sentence.words)
            yield sentence


class _Writer:
    """Writes sentences.

    Args:
        random: source of what is drawn.
        locales: languages by their codes.
    """

    def __init__(self, random: Random, locales: dict[str, Locale]) -> None:
        self._random = random
        self._locales = locales
        self._shares: dict[str, list[Share]] = {
            code: [share for share in KINDS.values() if works_in(share, locale)] for code, locale in locales.items()
        }

    def sentence(self) -> TaggedSentence:
        """A sentence of one frame or two."""
        random = self._random
        count = 2 if random.random() < _TWO_FRAMES else 1
        spans = [span for code in random.sample(list(self._locales), count) for span in self._frame(code)]
        if random.random() < _INSERTED:
            spans.insert(random.randint(0, len(spans)), (_MARKUP, [any_markup(random)]))
        return _tagged(spans)

    def _frame(self, code: str) -> Iterator[tuple[str, list[str]]]:
        """The spans of a frame: for each what it is, and its words."""
        for word in self._random.choice(FRAMES[code]).split():
            if word == NAME:
                yield _NAME, any_name(self._random)
            elif word == PHRASE:
                yield from self._phrase(code)
            else:
                yield _kind(word, code), [word]

    def _phrase(self, code: str) -> Iterator[tuple[str, list[str]]]:
        random = self._random
        others = [other for other in self._locales if other != code]
        language = random.choice(others) if others and random.random() < _FOREIGN else code
        words: list[str] | None = None
        while words is None:
            shares = self._shares[language]
            (share,) = random.choices(shares, [share.weight for share in shares])
            written = draw_phrase(share, random, self._locales[language])
            words = None if written is None else written.split()
        opening, closing = around(random) if random.random() < _MARKED else ("", "")
        if opening:
            yield _MARKUP, [opening]
        for word in words:
            yield _kind(word, language), [word]
        if closing:
            yield _MARKUP, [closing]


def _kind(word: str, language: str) -> str:
    if any(character.isdecimal() for character in word):
        return _NUMBER
    return OUTSIDE if all(character in _PUNCTUATION for character in word) else language


def _tagged(spans: Sequence[tuple[str, list[str]]]) -> TaggedSentence:
    """The words of the spans with their tags; words of one language or one number that follow each other are one
    span."""
    words: list[str] = []
    tags: list[str] = []
    before = OUTSIDE
    for kind, of_span in spans:
        for place, word in enumerate(of_span):
            goes_on = place > 0 or (kind == before and kind not in (_NAME, _MARKUP))
            words.append(word)
            tags.append(OUTSIDE if kind == OUTSIDE else f"{'I' if goes_on else 'B'}-{kind}")
        before = kind
    return TaggedSentence(tuple(words), tuple(tags))

"""The cleaning rule on text in the wrong one of the two languages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dragoman.optional import languages
from dragoman.text.language import primary_language, script_of
from dragoman.text.placeholders import SURE_SYNTAX, PlaceholderSyntax
from dragoman.text.prose import is_prose, split_prose

_FEWEST_LETTERS = 15
_FEWEST_WORDS = 4
_SCREEN = 0.5
_SURE = 0.95

BatchRule = Callable[[Sequence[str], Sequence[str]], list[bool]]


def wrong_language(
    source_language: str, target_language: str, syntax: PlaceholderSyntax = SURE_SYNTAX
) -> BatchRule | None:
    """Make the rule for two languages, which judges many pairs at once: whether a side is surely in the other's
    language.

    Lingua (n-gram models of 75 languages) weighs the two languages against each other alone. A quick look with trigrams
    screens; what looks wrong is weighed with all n-grams, and a side counts as wrong from 0.95.

    Weighed are the words of a side that are language: no code (see :func:`~dragoman.text.prose.split_prose`), and no
    word with a capital that the other side has too, as names are of any language. Sides with fewer than 4 such words,
    3 of them without a capital, or fewer than 15 letters in them, are not judged; nor are lists and code.

    None if Lingua does not know one of the languages, if they are one, or if they are told apart by their scripts
    already.
    """
    if script_of(source_language) != script_of(target_language):
        return None
    known = {language.iso_code_639_1.name.lower(): language for language in languages.Language.all()}
    pair = [
        known.get(_LINGUA_NAMES.get(code, code)) for code in map(primary_language, (source_language, target_language))
    ]
    source, target = pair
    if source is None or target is None or source == target:
        return None
    screen = languages.LanguageDetectorBuilder.from_languages(source, target).with_low_accuracy_mode().build()
    judge = languages.LanguageDetectorBuilder.from_languages(source, target).build()

    def is_other(texts: Sequence[str], others: Sequence[str], language: languages.Language) -> list[bool]:
        plain = [syntax.without(text) for text in texts]
        long_enough = [place for place, text in enumerate(plain) if _letters(text) >= _FEWEST_LETTERS]
        found = [False] * len(texts)
        looks = screen.compute_language_confidence_in_parallel([plain[place] for place in long_enough], language)
        suspects = [place for place, share in zip(long_enough, looks, strict=True) if share > _SCREEN]
        proses = {place: _prose(texts[place], others[place], syntax) for place in suspects}
        judged = {place: prose for place, prose in proses.items() if prose is not None}
        weighed = judge.compute_language_confidence_in_parallel(list(judged.values()), language)
        for place, share in zip(judged, weighed, strict=True):
            found[place] = share >= _SURE
        return found

    def rule(sources: Sequence[str], targets: Sequence[str]) -> list[bool]:
        left, right = is_other(sources, targets, target), is_other(targets, sources, source)
        return [a or b for a, b in zip(left, right, strict=True)]

    return rule


def _prose(text: str, other: str, syntax: PlaceholderSyntax) -> str | None:
    """The words of ``text`` that show its language, or None if there are too few."""
    words, code = split_prose(text, syntax)
    if not is_prose(text, words, code):
        return None
    names = {word for word in words if not word.islower()} & set(split_prose(other, syntax)[0])
    kept = [word for word in words if word not in names]
    small = sum(not word[0].isupper() for word in kept)
    if len(kept) < _FEWEST_WORDS or small < _FEWEST_WORDS - 1 or sum(map(len, kept)) < _FEWEST_LETTERS:
        return None
    return " ".join(kept)


_LINGUA_NAMES = {"no": "nb"}


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text)) if len(text) < 4 * _FEWEST_LETTERS else len(text)

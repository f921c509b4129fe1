"""Text in the wrong one of the two languages, as far as can be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dragoman.text.language import primary_language, script_of
from dragoman.text.placeholders import without_placeholders

_FEWEST_LETTERS = 15
_SCREEN = 0.5
_SURE = 0.95

BatchRule = Callable[[Sequence[str], Sequence[str]], list[bool]]


def wrong_language(source_language: str, target_language: str) -> BatchRule | None:
    """The rule for two languages, judging many pairs at once: a side is surely in the other one's language.

    Lingua (n-gram models of 75 languages) weighs the two languages against each other alone. A quick look with
    trigrams screens; what looks wrong is weighed with all n-grams, and a side counts as wrong from 0.95. Sides of
    fewer than 15 letters are not judged: names and single words can be of either language. None if Lingua does not
    know one of the languages, if they are one, or if they are told apart by their scripts already.
    """
    from lingua import Language, LanguageDetectorBuilder

    known = {language.iso_code_639_1.name.lower(): language for language in Language.all()}
    pair = [
        known.get(_LINGUA_NAMES.get(code, code)) for code in map(primary_language, (source_language, target_language))
    ]
    source, target = pair
    scripts_differ = script_of(source_language) != script_of(target_language)
    if source is None or target is None or source == target or scripts_differ:
        return None
    screen = LanguageDetectorBuilder.from_languages(source, target).with_low_accuracy_mode().build()
    judge = LanguageDetectorBuilder.from_languages(source, target).build()

    def is_other(texts: list[str], other: Language) -> list[bool]:
        long_enough = [place for place, text in enumerate(texts) if _letters(text) >= _FEWEST_LETTERS]
        found = [False] * len(texts)
        looks = screen.compute_language_confidence_in_parallel([texts[place] for place in long_enough], other)
        suspects = [place for place, share in zip(long_enough, looks, strict=True) if share > _SCREEN]
        weighed = judge.compute_language_confidence_in_parallel([texts[place] for place in suspects], other)
        for place, share in zip(suspects, weighed, strict=True):
            found[place] = share >= _SURE
        return found

    def rule(sources: Sequence[str], targets: Sequence[str]) -> list[bool]:
        left = is_other([without_placeholders(text) for text in sources], target)
        right = is_other([without_placeholders(text) for text in targets], source)
        return [a or b for a, b in zip(left, right, strict=True)]

    return rule


_LINGUA_NAMES = {"no": "nb"}


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text)) if len(text) < 4 * _FEWEST_LETTERS else len(text)

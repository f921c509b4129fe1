"""Draw meanings, write each in two languages."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from random import Random

from babel import Locale, UnknownLocaleError
from babel.localedata import locale_identifiers

from dragoman.data.locale_phrases.concept import NotInLocaleError
from dragoman.data.locale_phrases.kinds import KINDS, Share
from dragoman.errors import UnsupportedError

_TRIALS = 5
_FRUITLESS = 20_000


def generate(source_language: str, target_language: str, pairs: int, seed: int) -> Iterator[tuple[str, str]]:
    """Distinct phrases and their translations, the same for the same arguments.

    A source phrase has one translation throughout. Kinds of phrase that the CLDR lacks in a language are left out.

    Args:
        source_language: a locale that Babel knows, such as ``en`` or ``pt-BR``.
        target_language: another one.
        pairs: how many.
        seed: decides the choice.

    Raises:
        UnsupportedError: if a locale is unknown, both are the same, or the two have too little in common.
    """
    source, target = _locale(source_language), _locale(target_language)
    if source == target:
        raise UnsupportedError(
            f"source and target language are both `{source}`", remedy="choose two different languages."
        )
    shares = [share for share in KINDS.values() if _works(share, source, target)]
    weights = [share.weight for share in shares]
    random = Random(f"{seed} {source} {target}")
    seen: set[str] = set()
    fruitless = 0
    while len(seen) < pairs:
        if not shares or fruitless == _FRUITLESS:
            raise UnsupportedError(
                f"only {len(seen):,} phrases could be made for {source} → {target}, not {pairs:,}",
                remedy="ask for fewer, or choose languages with more locale data.",
            )
        written = _draw(random.choices(shares, weights)[0], random, source, target)
        if written is None or written[0] in seen:
            fruitless += 1
            continue
        fruitless = 0
        seen.add(written[0])
        yield written


def draw_phrase(share: Share, random: Random, locale: Locale) -> str | None:
    """A phrase of one kind in one language; None if the language lacks words for what was drawn."""
    written = _draw(share, random, locale, locale)
    return None if written is None else written[0]


def works_in(share: Share, locale: Locale) -> bool:
    """Whether a language has words for this kind of phrase."""
    return _works(share, locale, locale)


def _draw(share: Share, random: Random, source: Locale, target: Locale) -> tuple[str, str] | None:
    phrase = share.draw(random)
    try:
        return phrase(source), phrase(target)
    except NotInLocaleError:
        return None


def _works(share: Share, source: Locale, target: Locale) -> bool:
    """Whether the two languages have words for this kind; the library raises various lookup errors where not."""
    random = Random(0)
    try:
        return any(_draw(share, random, source, target) is not None for _ in range(_TRIALS))
    except (LookupError, ValueError, AttributeError):
        return False


def _locale(code: str) -> Locale:
    try:
        return Locale.parse(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        near = difflib.get_close_matches(code.replace("-", "_"), locale_identifiers(), n=3)
        raise UnsupportedError(
            f"no locale data for the language `{code}`",
            remedy=f"did you mean {' or '.join(near)}?" if near else "use a code such as en, fr or pt-BR.",
        ) from error

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest

from dragoman.data.locale_phrases import describe_kinds, generate
from dragoman.data.locale_phrases.kinds import KINDS
from dragoman.errors import UnsupportedError

LANGUAGES = ["en-fr", "en-de", "de-es", "en-zh", "fr-ja", "en-ar", "ru-en", "en-hi", "sw-en", "pt-BR en", "zh_Hant-en"]


def languages(pair: str) -> tuple[str, str]:
    source, target = pair.split() if " " in pair else pair.split("-")
    return source, target


@pytest.mark.parametrize("pair", LANGUAGES)
def test_many_languages(pair: str) -> None:
    phrases = list(generate(*languages(pair), 1500, seed=1))
    assert len({source for source, _ in phrases}) == 1500
    assert all(source.strip() and target.strip() for source, target in phrases)
    assert len({target for _, target in phrases}) > 1000
    # No identifier of the CLDR may show through where words are missing.
    assert not any(word in text for pair in phrases for text in pair for word in ("duration-", "length-", "None"))


def test_the_demo_has_enough() -> None:
    assert sum(1 for _ in generate("en", "fr", 40_000, seed=1)) == 40_000


def test_the_source_determines_the_target() -> None:
    """Two different draws never write one source with two targets."""
    known: dict[str, str] = {}
    for seed in range(4):
        for source, target in generate("en", "de", 8000, seed):
            assert known.setdefault(source, target) == target


def test_same_seed_same_phrases_in_another_process() -> None:
    script = "from dragoman.data.locale_phrases import generate; print(list(generate('en', 'fr', 50, 3)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == repr(list(generate("en", "fr", 50, 3)))
    assert list(itertools.islice(generate("en", "fr", 50, 4), 5)) != list(
        itertools.islice(generate("en", "fr", 50, 3), 5)
    )


def test_known_translations() -> None:
    known = dict(generate("en", "fr", 10_000, seed=1))
    hours = {source: target for source, target in known.items() if source.endswith(" hours") and "and" not in source}
    assert hours
    assert all(target.split() == [source.split()[0], "heures"] for source, target in hours.items() if "–" not in source)
    assert any(source.startswith("July ") and " juillet " in target for source, target in known.items())
    assert any("Germany" in source and "Allemagne" in target for source, target in known.items())


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_exists_in_english_and_french(kind: str) -> None:
    from random import Random

    from babel import Locale

    phrase = KINDS[kind].draw(Random(1))
    assert phrase(Locale("en"))
    assert phrase(Locale("fr"))
    assert describe_kinds()[kind]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [("xx", "fr", "`xx`"), ("en", "en", "both `en`"), ("en", "english", "`english`")],
)
def test_bad_languages(source: str, target: str, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        next(generate(source, target, 10, 1))


def test_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.data.locale_phrases.phrases.KINDS", {"share": KINDS["share"]})
    with pytest.raises(UnsupportedError, match="only 199 phrases"):
        list(generate("en", "fr", 1000, 1))

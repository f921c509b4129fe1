"""The look at whole chunks never changes what cleaning does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.data.chunk import Entry, Pair, Skip, chunked
from dragoman.data.cleaning import Cleaner, CleaningReport
from dragoman.data.drops import Drop
from dragoman.data.screen import Screen
from dragoman.native import text as native
from dragoman.recipe.data import CleaningRecipe
from dragoman.text.placeholder_families import FAMILIES
from dragoman.text.placeholders import LEGACY_SYNTAX, SURE_SYNTAX, PlaceholderSyntax

SYNTAXES = [LEGACY_SYNTAX, SURE_SYNTAX, PlaceholderSyntax(FAMILIES), PlaceholderSyntax(())]

pytestmark = pytest.mark.skipif(not native.available(), reason="the native library is not built")

SOUND = ("A dog runs across the meadow.", "Ein Hund läuft über die Wiese.")
FAULTS = [
    ("", SOUND[1]),
    ("\u200b", SOUND[1]),
    ("Broken \ufffd text here", SOUND[1]),
    ("Page \x0c one", "Seite eins"),
    ("x" * 61, "y" * 61),
    ("x" * 60, "y" * 60),
    ("w " * 501, "v " * 499),
    ("short", "This side is by far too long for the other one, and so it cannot be what it says."),
    ("The very same words here again", "the VERY same words here again!"),
    ("Straße und Größe der Stadt", "STRASSE UND GRÖSSE DER STADT"),
    ("Это совсем другой язык", SOUND[1]),
    (SOUND[0], "Αυτό είναι ελληνικά"),
    ("no no no no no no no no no no no no", "nein nein nein nein ja doch aber und so weiter hier"),
    ("hahahahahahahahahahahahahaha", "hahahahahahahahahahahahahaha ha"),
    ("In 1984 there were 25 of 37", "Damals 6060 waren es 88"),
    ("12 dogs", "12 Hunde"),
    ("١٢ dogs and 5", "7 Hunde und 8"),
    ("Hello {name}", "Hallo {nam}"),
    ("see www.example.org", "siehe www.example.com"),
    ("see http://a.bc", "siehe hier"),
    ("100 % sure", "zu 100 % sicher"),
    ("Write to a@b.org", "Schreib an a@c.org"),
    ("For :name only", "Nur für :namen"),
    (r"two\nlines", "zwei Zeilen"),
    ("some [b]bold[/b] text", "fetter Text"),
    ("see #ARG1#", "siehe dort"),
    ("de\u0301ja\u0300 vu", "déjà vu"),
    ("two  spaces", " führende"),
    ("a\u00a0b c", "ein\u202fb c"),
    (SOUND[0], "Ein Hund läuft\u00a0: «\u202f5\u00a0km\u202f» über die Wiese\u00a0!"),
    (SOUND[0], "Ein\u00a0Hund läuft über die Wiese.\u00a0Ja, z.\u00a0B. "),
    SOUND,
]
NASTY = st.text(
    st.one_of(
        st.sampled_from(
            "ab AB .,!?'«»-−%&$<{}/:w@09١²ßẞİıſÄäﬁＡ　\u00a0\u202f\t\n\x00\x1c\u0301\u0345\u200b\ufeffΣςДд中あー한"
        ),
        st.characters(),
    ),
    max_size=40,
)
ENTRIES = st.lists(
    st.one_of(
        st.sampled_from(FAULTS),
        st.tuples(NASTY, NASTY),
        NASTY.map(lambda text: (text, text.upper())),
        st.tuples(NASTY, NASTY).map(lambda sides: (f"{SOUND[0]} {sides[0]}", f"{SOUND[1]} {sides[1]}")),
    ),
    max_size=12,
)


def cleaned(
    entries: list[Entry],
    recipe: CleaningRecipe,
    languages: tuple[str, str],
    syntax: PlaceholderSyntax = LEGACY_SYNTAX,
    *,
    screened: bool,
) -> object:
    report, drops = CleaningReport(), list[Drop]()
    with pytest.MonkeyPatch.context() as patch:
        if not screened:
            patch.setattr(native, "available", lambda: False)
        cleaner = Cleaner(recipe, *languages, placeholders=syntax)
        chunks = cleaner.clean(chunked(entries), report, drops.extend)
        kept = [pair for chunk in chunks for pair in chunk.pairs()]
    return kept, drops, report.to_dict()


@given(
    ENTRIES,
    st.sampled_from([("en", "de"), ("en", "zh"), ("ja", "ru")]),
    st.sampled_from(["NFC", "NFKC", "none"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(SYNTAXES),
)
@settings(deadline=None)
def test_the_same_with_and_without(
    sides: list[tuple[str, str]],
    languages: tuple[str, str],
    form: str,
    collapse: bool,
    rules: bool,
    syntax: PlaceholderSyntax,
) -> None:
    recipe = CleaningRecipe(
        unicode_form=form, collapse_white_space=collapse, copies=rules, script=rules, numbers=rules, language=False
    )
    entries: list[Entry] = [Pair(*pair, "x", line) for line, pair in enumerate(sides, start=1)]
    entries.insert(len(entries) // 2, Skip("fuzzy", *SOUND, "x", 0))
    found = cleaned(entries, recipe, languages, syntax, screened=True)
    assert found == cleaned(entries, recipe, languages, syntax, screened=False)


def test_each_planted_fault_is_judged_as_without() -> None:
    recipe = CleaningRecipe(language=False)
    entries: list[Entry] = [Pair(*pair, "x", line) for line, pair in enumerate(FAULTS, start=1)]
    for syntax in SYNTAXES:
        found = cleaned(entries, recipe, ("en", "de"), syntax, screened=True)
        assert found == cleaned(entries, recipe, ("en", "de"), syntax, screened=False)


def test_sound_pairs_pass_and_faults_do_not() -> None:
    screen = Screen.of(CleaningRecipe(), "en", "de")
    assert screen is not None
    sources, targets = zip(SOUND, *FAULTS[:9], strict=True)
    assert screen.surely_pass(sources, targets).tolist() == [True, *[False] * 9]

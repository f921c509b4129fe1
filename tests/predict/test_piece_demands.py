"""Constraints and terminologies, from a person's words to the translations that keep to them."""

from __future__ import annotations

import json

import pytest

from dragoman.contracts import Beam, Ending, Greedy, TextSize
from dragoman.errors import InputError, UnsupportedError
from dragoman.model.build import build
from dragoman.model.language_model import LanguageModel
from dragoman.predict.constraints import Constraints
from dragoman.predict.output_form import JsonLines
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.recipe import recipe_from
from dragoman.recipe.search import SearchRecipe
from dragoman.text.codec import Codec
from dragoman.text.placeholders import VARIABLES, PlaceholderSyntax
from dragoman.text.terminology import Term, Terminology
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.truecasing import Truecaser

WORDS = "one two three four five six seven eight nine ten eins zwei drei vier"
STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
SEARCH = {"beam": 2, "max_length_ratio": 1.0, "max_length_extra": 6}
TOKENIZER = Tokenizer.train([f"{WORDS} . {VARIABLES[0]}"] * 9, vocabulary_size=330, units=VARIABLES)
TERMS = Terminology(
    [
        Term("two", ("zwei", "drei")),
        Term("two three", ("vier",)),
        Term("nine", ("neun",), ("eins",)),
        Term("Ten", ("X",)),
    ]
)


def made(*, truecased: bool = False, max_tokens: int = 512) -> Translator:
    recipe = recipe_from(
        {"model": {"encoder": STACK, "decoder": STACK}, "search": SEARCH, "cleaning": {"max_tokens": max_tokens}}
    )
    model = build(recipe.model, TextSize(TOKENIZER.size), TextSize(TOKENIZER.size), seed=2).double().eval()
    codec = Codec(TOKENIZER, Truecaser({}) if truecased else None, PlaceholderSyntax.of("mustache"))
    return Translator(model, Codec(TOKENIZER, placeholders=PlaceholderSyntax.of("mustache")), codec, recipe)


@pytest.fixture(scope="module")
def translator() -> Translator:
    return made()


@pytest.mark.parametrize("beam", [1, 3])
def test_translations_hold_what_they_must(translator: Translator, beam: int) -> None:
    asked = Constraints(must_contain=("zwei drei", "vier"), must_not_contain=("eins",), prefix="Seven ")
    for text in translator.translate(["one", "two three four"], constraints=asked, beam=beam):
        words = text.replace(".", " ").split()
        assert "zwei drei" in text
        assert "vier" in text
        assert "eins" not in words
        assert text.startswith("Seven ")
    found = translator.n_best(["one two"], 3, constraints=Constraints("vier"))[0]
    assert all("vier" in item.text.lower() and item.ending is Ending.COMPLETE for item in found)


def test_each_text_may_have_its_own_and_others_are_as_ever(translator: Translator) -> None:
    free = translator.translate(["one", "one", ""])
    bound = translator.translate(
        ["one", "one", ""], constraints=[Constraints(), Constraints("vier"), Constraints("vier")]
    )
    assert bound[0] == free[0]
    assert "vier" in bound[1].lower()
    assert bound[2] == ""
    with pytest.raises(InputError, match="2 constraints for 1 texts"):
        translator.translate("one", constraints=[Constraints(), Constraints()])


def test_terms_of_a_line_are_kept_to_and_told(translator: Translator) -> None:
    lines = ["one two", "Two three.", "nine ten", "TEN ONE", "one", "twos"]
    found = list(translator.stream(lines, constraints=Constraints(terminology=TERMS)))
    assert [[term.source for term in item.terms] for item in found] == [
        ["two"],
        ["two three"],
        ["nine"],
        ["Ten"],
        [],
        [],
    ]
    assert any(word in found[0].text.lower() for word in ("zwei", "drei"))
    assert "neun" in found[2].text
    assert "x" in found[3].text.lower()
    assert all(term.kept for item in found for term in item.terms)
    assert [found[place].text for place in (4, 5)] == translator.translate(["one", "twos"])
    assert json.loads(next(JsonLines().lines(0, [[found[2]]])))["terms"] == [
        {"source": "nine", "targets": ["neun"], "excluded": ["eins"], "kept": True}
    ]


def test_a_term_that_cannot_be_kept_to_is_a_concern(translator: Translator) -> None:
    asked = Constraints(must_not_contain=("neun",), terminology=TERMS)
    (found,) = translator.stream(["two nine"], constraints=asked)
    assert [(term.source, term.kept) for term in found.terms] == [("two", True), ("nine", False)]
    assert "does not keep to the terminology: “nine” as “neun”, not “eins”" in [str(one) for one in found.concerns]


def test_more_terms_than_fit_are_kept_as_far_as_they_fit(translator: Translator) -> None:
    many = [f"w{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(50)]
    terms = Terminology([Term(word, (word.upper(),)) for word in many])
    (found,) = translator.stream([" ".join(many)], constraints=Constraints(terminology=terms), beam=1)
    assert len(found.terms) == 50
    assert 0 < sum(term.kept for term in found.terms) <= 40
    assert any("does not keep to the terminology" in str(one) for one in found.concerns)


def test_a_placeholder_is_a_phrase_and_no_other_is_invented(translator: Translator) -> None:
    (found,) = translator.stream(["one {{name}}"], constraints=Constraints("vier {{name}}", must_not_contain=("name",)))
    assert "vier {{name}}" in found.text.replace("Vier", "vier")
    assert found.text.count("{{name}}") == found.text.count("{{")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Constraints("one two", ("two",)), "must contain “one two” would contain “two”, which it must not"),
        (Constraints(prefix="One two", must_not_contain=("one",)), "must begin with “One two” would contain “one”"),
        (
            Constraints(("one two", "two one"), prefix="zehn ", must_not_contain=("zehn",)),
            "“zehn ” would contain “zehn”",
        ),
        (Constraints("eins " * 40), r"line 1: a text that must contain .* has 4\d symbols or more, and at most \d are"),
    ],
    ids=str,
)
def test_what_no_translation_can_hold_is_refused(translator: Translator, asked: Constraints, words: str) -> None:
    with pytest.raises(InputError, match=words):
        translator.translate(["one"], constraints=asked)


@pytest.mark.parametrize("wrong", [("",), (" ", "a"), (3,)])
def test_an_empty_phrase_is_none(wrong: tuple[object, ...]) -> None:
    with pytest.raises(InputError, match="is no text, or empty"):
        Constraints(must_contain=wrong)  # type: ignore[arg-type]


def test_an_engine_without_constraints_is_refused_by_name(translator: Translator) -> None:
    class Plain:
        description = "a plain engine"
        features = frozenset({Greedy.feature, Beam.feature})

    plain = made()
    plain.engine = Plain()  # type: ignore[assignment]
    with pytest.raises(UnsupportedError, match="a plain engine has no constraints on outputs"):
        plain.translate(["one"], constraints=Constraints("vier"))


def test_what_a_sentence_gets_its_capital_for_is_seen_with_it() -> None:
    translator = made(truecased=True)
    for asked in (
        Constraints("Vier eins"),
        Constraints(must_not_contain=("One", "Two", "Three")),
        Constraints(prefix="Zwei"),
    ):
        for beam in (1, 2):
            translator.translate(["two."], constraints=asked, beam=beam)  # else it says that it failed


def test_lines_in_capitals_keep_to_their_terms_in_capitals(translator: Translator) -> None:
    (found,) = translator.stream(["ONE TWO AND THREE FOUR"], constraints=Constraints(terminology=TERMS))
    assert found.text == found.text.upper()
    assert found.terms[0].kept


def test_a_line_in_pieces_keeps_terms_where_they_stand() -> None:
    translator = made(max_tokens=20)
    long = "one six seven. " * 6 + "nine ten. " + "one six seven. " * 6
    (found,) = translator.stream([long], constraints=Constraints(terminology=TERMS, prefix="Drei"))
    assert found.pieces > 2
    assert found.text.startswith("Drei")
    assert [(term.source, term.kept) for term in found.terms] == [("nine", True)]
    with pytest.raises(InputError, match=r"line 1: it is too long .* pieces, and must contain “vier”"):
        translator.translate([long], constraints=Constraints("vier"))


def test_a_language_model_writes_what_it_must() -> None:
    recipe = recipe_from({"model": {"encoder": {"kind": "none"}, "decoder": STACK}})
    model = build(recipe.model, TextSize(TOKENIZER.size), TextSize(TOKENIZER.size), seed=1).eval()
    assert isinstance(model, LanguageModel)
    writer = Writer(model, Codec(TOKENIZER), recipe)
    asked = Constraints("eins zwei", must_not_contain=("drei",))
    for search in (None, Beam(2), Greedy()):
        for written in writer.write(["", "one two"], search=search, longest=25, constraints=asked):
            assert "eins zwei" in written.text.replace("E", "e")
    with pytest.raises(InputError, match="text 2: nothing that goes on from its prompt"):
        writer.write(["", "drei one"], longest=25, constraints=asked)
    with pytest.raises(InputError, match="says how a source is translated"):
        writer.write([""], constraints=Constraints(terminology=TERMS))


def test_short_limits_leave_room_for_what_just_fits() -> None:
    translator = made()
    recipe = translator.recipe.model_copy(
        update={"search": SearchRecipe(beam=2, max_length_ratio=0.01, max_length_extra=3)}
    )
    tight = Translator(translator.model, translator.source, translator.target, recipe)
    (text,) = tight.translate(["one"], constraints=Constraints("eins zwei drei vier"))
    assert text.lower().strip(" .") == "eins zwei drei vier"

"""What a person should look at is seen, of each kind, and what is right is not."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from dragoman.cli.translation_progress import TranslationProgress
from dragoman.contracts import Ending
from dragoman.data.line_chunks import LineChunk, Place
from dragoman.predict.examination import Examination
from dragoman.predict.output_form import JsonLines, NBestTable
from dragoman.predict.translation import Concern, ConcernCounts, ConcernKind, Translation
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

SEEN = ["the quick brown fox jumps over lazy dogs", "Caffè über Maß"] * 5


@pytest.fixture(scope="module")
def examination() -> Examination:
    return Examination(Codec(Tokenizer.train(SEEN, vocabulary_size=400)), ("en", "de"))


@pytest.mark.parametrize(
    ("source", "output", "kinds"),
    [
        ("part 4711", "Teil 471", [ConcernKind.NUMBERS]),
        ("part 4711", "Teil 4711", []),
        ("see {0} and &#160;", "siehe {0} und &#160;", []),
        ("good 👍", "gut", [ConcernKind.EMOJI]),
        ("good 👍🏽", "gut 👍", [ConcernKind.EMOJI]),
        ("good ❤️", "gut ❤", []),
        ("the quick brown fox jumps", "The quick brown fox jumps.", [ConcernKind.COPY]),
        ("Lucas Film Studios Ltd", "Lucas Film Studios Ltd", []),
    ],
)
def test_outputs(examination: Examination, source: str, output: str, kinds: list[ConcernKind]) -> None:
    assert [concern.kind for concern in examination.of_output(source, output)] == kinds


def test_characters_that_the_vocabulary_lacks(examination: Examination) -> None:
    (found,) = examination.of_source("the 你好 fox")
    assert (found.kind, found.message[-2:]) == (ConcernKind.CHARACTERS, "你好")
    for text in ("the quick fox", "{äöñ} fox", "FOX → 42 €"):
        assert examination.of_source(text) == []


def test_a_source_in_the_letters_of_the_target() -> None:
    codec = Codec(Tokenizer.train(["the quick fox", "быстрая лиса"] * 5, vocabulary_size=400))
    (found,) = Examination(codec, ("en", "ru")).of_source("лиса быстра {x}")
    assert (found.kind, "letters" in found.message) == (ConcernKind.CHARACTERS, True)
    for text in ("the лиса", "the fox", "би", "42"):
        assert Examination(codec, ("en", "ru")).of_source(text) == []
    # Names and technical terms are in Latin letters in texts of any language.
    assert Examination(codec, ("ru", "en")).of_source("the quick fox") == []
    for languages in (("", ""), ("en", "de"), ("sr", "ru"), ("en", "")):
        assert Examination(codec, languages).of_source("лиса быстра") == []


def test_a_word_in_capitals_that_is_spelt_out() -> None:
    known = Tokenizer.train(["the quick folder", "the UNESCO FOLDERS BREAK"] * 50, vocabulary_size=340)
    codec = Codec(Tokenizer.train(["the quick folder is here QUIET FR LD"] * 50, vocabulary_size=340))
    (found,) = Examination(codec, ("en", "de")).of_source("the FOLDER is here")
    assert found == Concern(ConcernKind.CAPITALS, "holds words in capitals that the model hardly saw: FOLDER")
    for text in (
        "the folder",
        "the UTILITIES",
        "here IS",
        "FOLDER",
        "FOLDER_QUICK is",
        "THE QUICK FOLDER",
        "{FOLDER} is",
    ):
        assert Examination(codec, ("en", "de")).of_source(text) == []
    assert Examination(Codec(known), ("en", "de")).of_source("the FOLDERS") == []


def test_one_language_may_be_copied() -> None:
    same = Examination(Codec(Tokenizer.train(SEEN, vocabulary_size=400)), ("en-GB", "en-US"))
    assert same.of_output("the quick brown fox jumps", "the quick brown fox jumps") == []


def flagged(*kinds: ConcernKind, ending: Ending = Ending.COMPLETE) -> list[Translation]:
    found = tuple(Concern(kind, f"about {kind.value}") for kind in kinds)
    return [Translation("a\tb", -1.0, -2.0, ending, 2, found=found)]


def test_json_lines_hold_kinds_and_messages() -> None:
    (line,) = JsonLines().lines(4, [flagged(ConcernKind.NUMBERS)])
    assert json.loads(line) == {
        "line": 5,
        "rank": 1,
        "text": "a\tb",
        "score": -1.0,
        "log_probability": -2.0,
        "ending": "complete",
        "concerns": [{"kind": "numbers", "message": "about numbers"}],
    }


def test_the_table_names_kinds() -> None:
    (row,) = NBestTable().lines(0, [flagged(ConcernKind.NUMBERS, ConcernKind.EMOJI)])
    cells = dict(zip(NBestTable().heading.strip().split("\t"), row.split("\t"), strict=True))
    assert cells["concerns"] == "numbers,emoji"


def test_counts_by_kind() -> None:
    counts = ConcernCounts()
    counts.add([flagged(), flagged(ConcernKind.NUMBERS), flagged(ConcernKind.NUMBERS, ConcernKind.COPY)])
    counts.add([flagged(ending=Ending.LENGTH)])
    assert str(counts) == "3 lines should be checked: numbers 2, copy 1, length limit 1"
    assert ConcernCounts.from_dict(counts.to_dict()) == counts


def test_many_lines_are_counted_and_some_are_named() -> None:
    text = io.StringIO()
    from rich.console import Console

    with TranslationProgress(shown=False, console=Console(file=text, force_terminal=False)) as progress:
        progress.begin()
        progress.on_chunk(LineChunk(0, ["x"] * 300, Place(300, 600, "")), [flagged(ConcernKind.EMOJI)] * 300)
        progress.end(progress.concerns)
    said = text.getvalue().splitlines()
    assert said[:2] == ["line 1: about emoji", "line 2: about emoji"]
    assert len(said) == 202
    assert said[-1] == "300 lines should be checked: emoji 300"


def test_counts_go_on_where_a_translation_was_interrupted(tmp_path: Path) -> None:
    from dragoman.data.line_chunks import START
    from dragoman.predict.file_translation import FileTranslation
    from dragoman.predict.output_form import BestOnly

    class Silent:
        def begin(self, place: Place) -> None: ...

        def on_chunk(self, chunk: LineChunk, found: object) -> None: ...

    def translate(stop: bool):
        def run(chunks):
            for number, chunk in enumerate(chunks):
                if stop and number == 1:
                    raise KeyboardInterrupt
                yield chunk, [flagged(ConcernKind.NUMBERS) for _ in chunk.lines]

        return run

    def job(stop: bool) -> FileTranslation:
        return FileTranslation(tmp_path / "out.txt", BestOnly(), translate(stop), {})

    assert START.line == 0
    text = ("x\n" * 5000).encode()
    with pytest.raises(KeyboardInterrupt):
        job(stop=True).run(io.BytesIO(text), "in", Silent(), resume=False)
    assert job(stop=False).run(io.BytesIO(text), "in", Silent(), resume=True).lines == 5000

"""Text from pictures, by a model that was trained on rendered lines."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import config
from PIL import Image

from dragoman.assessment.evaluate import evaluate
from dragoman.data.columns.picture import PictureColumn
from dragoman.data.dataset import Dataset
from dragoman.errors import InputError
from dragoman.evaluation.recognition_report import RecognitionReport
from dragoman.predict.predictor import Predictor
from dragoman.predict.reader import Reader
from dragoman.predict.translator import Translator
from dragoman.recipe import recipe_from
from dragoman.training.run import Run, train

LETTERS = "abc"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A reader of words of three letters, in one font, that has learnt a little."""
    folder = tmp_path_factory.mktemp("reader")
    words = ["".join(word) for n in (1, 2, 3, 4) for word in itertools.product(LETTERS, repeat=n)]
    (folder / "words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    recipe = recipe_from(
        {
            "data": {
                "train": {"text": str(folder / "words.txt")},
                "validation_pairs": 10,
                "test_pairs": 10,
            },
            "tokenizer": {"kind": "characters", "vocabulary_size": 300, "placeholders": False},
            "pictures": {"height": 16},
            "rendering": {"fonts": ["DejaVu Sans"], "noisy": 0.0},
            "model": {
                "encoder": {"kind": "residual", "channels": [8, 16], "halvings": 1, "width": 32, "context": 1},
                "decoder": {"kind": "ctc"},
            },
            "training": {
                "updates": 60,
                "label_smoothing": 0.0,
                "average": 0.0,
                "batch": {"tokens": 100},
                "schedule": {"kind": "cosine", "warmup": 10},
                "optimizer": {"learning_rate": 1e-2},
                "validate_every": 60,
                "checkpoint_every": 60,
                "precision": "float32",
                "device": "cpu",
                "threads": 1,
            },
            "search": {"beam": 2, "length_penalty": 0.0},
        }
    )
    config.update("jaxtyping_disable", True)
    try:
        return train(recipe, folder / "run")
    finally:
        config.update("jaxtyping_disable", False)


@pytest.fixture(scope="module")
def reader(run: Run) -> Reader:
    return Reader.load(run.best, device="cpu")


@pytest.fixture(scope="module")
def pictures(run: Run) -> tuple[list[np.ndarray], list[str]]:
    """Those of the validation set, which differ in width."""
    part = Dataset.open(run.folder / "dataset").validation
    assert isinstance(part.source, PictureColumn)
    return [part.source.pixels(number)[0] for number in range(len(part))], part.target_texts()


def test_what_is_read_is_measured_and_stands_on_the_card(run: Run) -> None:
    assert isinstance(run.report, RecognitionReport)
    found = run.report.to_dict()
    assert 0 <= found["cer"]["value"] <= 100
    assert run.report.as_text() in (run.best / "card.md").read_text(encoding="utf-8")
    assert {"cer", "wer"} <= set(run.history().columns)
    assert not (run.folder / "evaluation.png").exists()
    dataset = Dataset.open(run.folder / "dataset")
    assert dataset.test is not None
    assert evaluate(run.best).to_dict() == found


def test_many_are_read_as_each_alone_in_their_order(
    reader: Reader, pictures: tuple[list[np.ndarray], list[str]]
) -> None:
    made, _ = pictures
    for beam in (1, 3):
        assert reader.read(made, beam=beam) == [reader.read([one], beam=beam)[0] for one in made]


def test_pictures_may_be_files_bytes_arrays_or_pillows(
    reader: Reader, pictures: tuple[list[np.ndarray], list[str]], tmp_path: Path
) -> None:
    array = pictures[0][0]
    path = tmp_path / "one.png"
    Image.fromarray(array).save(path)
    found = reader.read([array, path, path.read_bytes(), Image.fromarray(array)])
    assert len(set(found)) == 1


def test_each_character_has_its_columns(reader: Reader, pictures: tuple[list[np.ndarray], list[str]]) -> None:
    made, texts = pictures
    together = reader.align(made, texts)
    for picture, text, line in zip(made, texts, together, strict=True):
        assert line.text == text
        assert [span.text for span in line.characters] == list(text)
        edges = [edge for span in line.characters for edge in (span.begin, span.end)]
        assert edges == sorted(edges)
        assert edges[0] >= 0
        assert edges[-1] <= line.width == reader.source.encode(picture).shape[2]
        (alone,) = reader.align([picture], [text])
        assert [(span.begin, span.end) for span in alone.characters] == [
            (span.begin, span.end) for span in line.characters
        ]
        # The text is the sum over all alignments, this one and its characters among them.
        assert sum(span.log_probability for span in line.characters) >= line.log_probability
        assert line.log_probability <= line.text_log_probability <= 0
    assert [line.text for line in reader.align(made)] == reader.read(made)
    # A character that no training line has is written by its bytes.
    (line,) = reader.align([np.full((16, 60), 255, dtype=np.uint8)], ["a€b"])
    assert [span.text for span in line.characters] == ["a", "€", "b"]
    assert reader.align([made[0]], [""])[0].characters == ()


def test_texts_that_cannot_stand_in_their_pictures_are_refused(
    reader: Reader, pictures: tuple[list[np.ndarray], list[str]]
) -> None:
    made, texts = pictures
    with pytest.raises(InputError, match=r"picture 2 is \d+ columns wide, which gives .* positions; 'aaa"):
        reader.align(made[:2], [texts[0], "a" * 200])
    with pytest.raises(InputError, match="1 texts were given for 2 pictures"):
        reader.align(made[:2], [texts[0]])


def test_by_default_the_beam_is_the_recipes(reader: Reader, pictures: tuple[list[np.ndarray], list[str]]) -> None:
    made, _ = pictures
    assert reader.read(made) == reader.read(made, beam=2)


def test_no_picture_gives_no_text(reader: Reader) -> None:
    assert reader.read([]) == []


def test_outputs_hold_known_letters_only(reader: Reader) -> None:
    """Whatever the picture shows."""
    noise = np.random.default_rng(0).integers(0, 256, (16, 60), dtype=np.uint8)
    for text in reader.read([noise, np.full((16, 3), 255, dtype=np.uint8), np.zeros((200, 100), dtype=np.uint8)]):
        assert set(text) <= set(LETTERS)


def test_bad_pictures_are_named(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"bad\.png"):
        reader.read([tmp_path / "bad.png"])
    with pytest.raises(InputError, match="does not exist"):
        reader.read([tmp_path / "absent.png"])
    with pytest.raises(InputError, match="row 2"):
        reader.read([np.zeros((16, 16), dtype=np.uint8), np.zeros((16, 16, 7), dtype=np.uint8)])


def test_readers_are_told_from_other_models(run: Run, tmp_path: Path) -> None:
    for wrong in (Predictor, Translator):
        with pytest.raises(InputError, match="is a reader of pictures, and is no"):
            wrong.load(run.best)
    with pytest.raises(InputError):
        Reader.load(tmp_path / "nowhere")

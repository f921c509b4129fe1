"""dragoman explain for models that predict, and for readers: sentences, tables and pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.fields.tags import TagField
from dragoman.images.preparation import Preparation
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, save_model
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

TABLE = pd.DataFrame({"size": [1.0, 2.0, 4.0], "colour": ["red", "blue", "red"], "y": [1.0, 2.0, 3.0]})
CODEC = Codec(Tokenizer.train(["red apples", "green pears"] * 5, vocabulary_size=300))
SPELLED = Codec(Tokenizer.train(["ab ba"] * 5, vocabulary_size=300, kind="characters"))
LINES = PictureField(Preparation(height=8, width=None, channels=1, contrast=False), 10**6)
WORDS = {"kind": "convolution", "layers": 1, "width": 8}
RESIDUAL = {"kind": "residual", "channels": [3], "halvings": 1, "width": 8, "context": 0}
MODELS: dict[str, tuple[dict[str, Any], str, Any, Any]] = {
    "rows": ({"kind": "linear"}, "number", RowField.learn(TABLE, exclude="y"), NumberField(2.0, 1.0)),
    "tags": (WORDS, "tags", CODEC, TagField(("N", "O"), (3, 3))),
    "pictures": (RESIDUAL, "label", LINES, LabelField(("a", "b"), (3, 3))),
    "reader": (RESIDUAL, "ctc", LINES, SPELLED),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models that have learnt nothing, a table and a picture."""
    folder = tmp_path_factory.mktemp("models")
    for name, (encoder, decoder, source, target) in MODELS.items():
        recipe = recipe_from({"model": {"encoder": encoder, "decoder": {"kind": decoder}}, "search": {"beam": 1}})
        model = build(recipe.model, source.size, target.size, seed=1)
        save_model(folder / name, LoadedModel(model, recipe, source, target), {})
    TABLE.to_csv(folder / "table.csv", index=False)
    pixels = np.full((8, 20), 255, dtype=np.uint8)
    pixels[2:6, 4:9] = 0
    Image.fromarray(pixels).save(folder / "line.png")
    return folder


def test_rows_of_a_table_are_explained_by_column(folder: Path, run) -> None:
    command = ["explain", folder / "rows", "--input", folder / "table.csv", "--device", "cpu"]
    status, every, _ = run(*command)
    assert status == 0
    assert every.count("column ") == 3
    status, second, _ = run(*command, "--row", "2", "--json", folder / "found.json")
    assert status == 0
    assert "blue" in second
    assert second.strip() in every
    found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    assert found["parts"] == [{"name": "size", "value": "2.0"}, {"name": "colour", "value": "blue"}]
    attribution = found["predictions"][0]["attribution"]
    assert sum(attribution["contributions"]) == pytest.approx(attribution["value"] - attribution["baseline_value"])


def test_a_sentence_is_explained_by_word(folder: Path, run) -> None:
    status, output, _ = run("explain", folder / "tags", "red apples", "--word", "2", "--label", "O", "--device", "cpu")
    assert status == 0
    assert output.startswith("apples: O")
    assert "log-odds of O" in output


def test_pictures_are_explained(folder: Path, run) -> None:
    image = ["--image", folder / "line.png", "--device", "cpu"]
    status, output, _ = run("explain", folder / "pictures", *image, "--label", "b")
    assert status == 0
    assert "log-odds of b" in output
    status, output, _ = run("explain", folder / "reader", *image, "--propose", "ab", "--no-pixels")
    assert status == 0
    assert [line.split()[0] for line in output.splitlines() if line[:2] in ("a ", "b ")] == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rows", "a text"], "a text was given, and this model reads rows of a table"),
        (["rows", "--input", "table.csv", "--row", "4"], "there is no row 4; there are 3"),
        (["rows", "--input", "table.csv", "--label", "b"], "so there is no label 'b'"),
        (["rows", "--input", "table.csv", "--propose", "3"], "an output that is proposed was given"),
        (["tags", "red apples", "--word", "3"], "no word 2"),
        (["tags", "red apples", "--label", "X"], "`X`"),
        (["tags", "red apples", "--image", "line.png"], "a sentence and a file were both given"),
        (["reader", "--image", "line.png", "--label", "b"], "a label to explain was given"),
        (["reader", "--image", "line.png", "--propose", "a" * 99], "positions"),
        (["pictures"], "nothing was given"),
    ],
)
def test_what_cannot_be_explained_is_one_message(
    arguments: list[str], said: str, folder: Path, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    status, output, errors = run("explain", *arguments, "--device", "cpu")
    assert status == 1
    assert said in errors
    assert "Traceback" not in errors + output

"""Labels and numbers for texts, pictures and rows, from models on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dragoman.errors import InputError, UnsupportedError
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.predictor import Predictor
from dragoman.predict.reader import Reader
from dragoman.predict.translator import Translator
from dragoman.recipe import Recipe, recipe_from
from dragoman.training.run import train

TRAINING = {
    "updates": 40,
    "batch": {"tokens": 64},
    "schedule": {"kind": "cosine", "warmup": 3},
    "optimizer": {"learning_rate": 2e-2},
    "validate_every": 40,
    "checkpoint_every": 40,
    "average": 0.0,
    "precision": "float32",
    "device": "cpu",
    "threads": 1,
}
MODELS: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"kind": "convolution", "layers": 1, "width": 16, "dropout": 0.0}, "label"),
    "picture": ({"kind": "residual", "channels": [4], "halvings": 1, "width": 8, "context": 0}, "label"),
    "row": ({"kind": "linear"}, "number"),
}


def texts(count: int, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    words = {"low": list("abcde"), "high": list("vwxyz")}
    labels = [("low", "high")[number % 2] for number in range(count)]
    sources = [" ".join(draw.choice(words[label], draw.integers(2, 12))) for label in labels]
    return pd.DataFrame({"source": sources, "target": labels})


def pictures(count: int, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    made = [draw.integers(0, 256, (8, int(draw.integers(6, 16))), dtype=np.uint8) for _ in range(count)]
    return pd.DataFrame({"source": pd.Series(made, dtype=object), "target": ["even", "odd"] * (count // 2)})


def rows(count: int, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({"size": draw.normal(size=count), "colour": draw.choice(["red", "blue"], count)})
    return frame.assign(target=100 + 5 * frame["size"] + 3 * (frame["colour"] == "red"))


FRAMES = {"text": texts, "picture": pictures, "row": rows}


def small_recipe(encoder: dict[str, Any], decoder: str) -> Recipe:
    return recipe_from(
        {
            "data": {"validation_pairs": 20, "test_pairs": 0},
            "tokenizer": {"vocabulary_size": 300},
            "pictures": {"height": 8},
            "model": {"encoder": encoder, "decoder": {"kind": decoder}},
            "training": TRAINING,
        }
    )


def text_recipe(decoder: str) -> Recipe:
    return small_recipe(MODELS["text"][0], decoder)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    for reads, (encoder, decoder) in MODELS.items():
        folder = tmp_path_factory.mktemp(reads) / "run"
        found[reads] = train(small_recipe(encoder, decoder), folder, train=FRAMES[reads](300)).best
    return found


@pytest.fixture(scope="module")
def predictors(folders: dict[str, Path]) -> dict[str, Predictor]:
    return {reads: Predictor.load(folder, device="cpu") for reads, folder in folders.items()}


def inputs(reads: str, count: int, seed: int = 5) -> Any:
    frame = FRAMES[reads](count, seed)
    return frame.drop(columns="target") if reads == "row" else frame["source"].tolist()


@pytest.mark.parametrize("reads", MODELS)
def test_native_code_says_what_pytorch_says(reads: str, folders: dict[str, Path]) -> None:
    given = inputs(reads, 10)
    by_torch, native = (Predictor.load(folders[reads], engine=engine) for engine in ("torch", "native"))
    if by_torch.labels:
        assert native.predict(given) == by_torch.predict(given)
        assert np.allclose(native.probabilities(given), by_torch.probabilities(given), atol=1e-5)
    else:
        assert np.allclose(np.array(native.predict(given)), np.array(by_torch.predict(given)), atol=1e-3)
    chosen = Predictor.load(folders[reads], engine="auto")
    expected = by_torch if reads == "row" else native
    ask = Predictor.probabilities if chosen.labels else Predictor.predict
    assert np.array_equal(np.array(ask(chosen, given)), np.array(ask(expected, given)))
    with pytest.raises(UnsupportedError, match="it computes Transformers"):
        Predictor.load(folders[reads], engine="ctranslate2")


def test_labels_of_texts_are_those_that_were_learnt(predictors: dict[str, Predictor]) -> None:
    frame = texts(40, seed=3)
    assert predictors["text"].labels == ("high", "low")
    said = predictors["text"].predict(frame["source"].tolist())
    assert (np.array(said) == frame["target"]).mean() > 0.95


def test_numbers_come_in_the_unit_of_the_training_table(predictors: dict[str, Predictor]) -> None:
    frame = rows(40, seed=3)
    said = np.array(predictors["row"].predict(frame.drop(columns="target")))
    assert np.abs(said - frame["target"]).mean() < 2.5


@pytest.mark.parametrize("reads", ["text", "picture"])
def test_probabilities_sum_to_one_and_the_largest_is_the_label(reads: str, predictors: dict[str, Predictor]) -> None:
    given = inputs(reads, 30)
    found = predictors[reads].probabilities(given)
    assert found.shape == (30, 2)
    assert np.allclose(found.sum(1), 1)
    labels = [predictors[reads].labels[best] for best in found.argmax(1)]
    assert predictors[reads].predict(given) == labels


def test_the_temperature_makes_probabilities_and_changes_no_label(folders: dict[str, Path]) -> None:
    loaded = load_model(folders["text"])
    sharp, flat = (
        Predictor(
            LoadedModel(
                loaded.model,
                loaded.recipe,
                loaded.source,
                type(loaded.target)(  # type: ignore
                    loaded.target.names, loaded.target.counts, temperature
                ),
            )
        )  # type: ignore[union-attr]
        for temperature in (0.5, 4.0)
    )
    given = inputs("text", 30)
    assert sharp.predict(given) == flat.predict(given)
    assert (sharp.probabilities(given).max(1) >= flat.probabilities(given).max(1)).all()


@pytest.mark.parametrize("reads", list(MODELS))
def test_many_at_once_are_as_each_alone_in_their_order(reads: str, predictors: dict[str, Predictor]) -> None:
    predictor, given = predictors[reads], inputs(reads, 30)
    alone = [given.iloc[[row]] for row in range(30)] if reads == "row" else [[one] for one in given]
    if reads == "row":
        assert np.allclose(predictor.predict(given), [predictor.predict(one)[0] for one in alone], atol=1e-4)
    else:
        each = np.concatenate([predictor.probabilities(one) for one in alone])
        assert np.allclose(predictor.probabilities(given), each, atol=1e-5)


@pytest.mark.parametrize("reads", list(MODELS))
def test_nothing_gives_nothing(reads: str, predictors: dict[str, Predictor]) -> None:
    assert predictors[reads].predict(inputs(reads, 2)[:0]) == []


def test_rows_may_be_mappings(predictors: dict[str, Predictor]) -> None:
    frame = inputs("row", 5)
    said = predictors["row"].predict(frame.to_dict("records"))
    assert said == pytest.approx(predictors["row"].predict(frame))


def test_pictures_may_be_files_bytes_arrays_or_pillows(predictors: dict[str, Predictor], tmp_path: Path) -> None:
    array = inputs("picture", 2)[0]
    path = tmp_path / "one.png"
    Image.fromarray(array).save(path)
    forms = [array, path, path.read_bytes(), Image.fromarray(array)]
    found = predictors["picture"].probabilities(forms)
    assert np.allclose(found, found[0])


def test_what_is_unknown_or_missing_is_told(folders: dict[str, Path]) -> None:
    told: list[str] = []
    predictor = Predictor(load_model(folders["row"]), told.append)
    predictor.predict([{"size": 1.0, "colour": "mauve"}, {"size": None, "colour": "red"}])
    assert any("colour" in line and "no training row" in line for line in told)
    assert any("size" in line and "1 cell empty" in line for line in told)


def test_long_texts_are_cut_and_told(folders: dict[str, Path]) -> None:
    told: list[str] = []
    predictor = Predictor(load_model(folders["text"]), told.append)
    assert predictor.predict(["x y z " * 2000, "a b"]) == ["high", "low"]
    assert any(line.startswith("1 texts have more than") for line in told)


def test_bad_inputs_name_their_place(predictors: dict[str, Predictor], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="item 2 is 7"):
        predictors["text"].predict(["a", 7])
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"bad\.png"):
        predictors["picture"].predict([inputs("picture", 2)[0], tmp_path / "bad.png"])
    with pytest.raises(InputError, match="row 2"):
        predictors["picture"].predict([inputs("picture", 2)[0], b"no picture"])
    with pytest.raises(InputError, match="no column `colour`"):
        predictors["row"].predict(pd.DataFrame({"size": [1.0]}))
    with pytest.raises(InputError, match="'tall' is not a number"):
        predictors["row"].predict([{"size": "tall", "colour": "red"}])


def test_numbers_have_no_probabilities(predictors: dict[str, Predictor]) -> None:
    assert predictors["row"].labels == ()
    with pytest.raises(InputError, match="predicts numbers, and gives no probabilities"):
        predictors["row"].probabilities(inputs("row", 2))


def test_empty_texts_have_the_shares_of_the_labels_in_training(tmp_path: Path) -> None:
    frame = texts(320)
    frame = frame[(frame["target"] == "low") | (np.arange(320) % 4 == 1)]
    folder = train(text_recipe("label"), tmp_path / "run", train=frame).best
    told: list[str] = []
    predictor = Predictor(load_model(folder), told.append)
    known = predictor.probabilities(["a b"])
    assert told == []
    found = predictor.probabilities(["a b", "", " \t ", "\u200b"])
    assert found[:1] == pytest.approx(known)
    # The 20 examples of validation are not among those of training.
    assert found[1:] == pytest.approx(np.array([[1 / 3, 2 / 3]] * 3), abs=0.05)
    assert [line.split(" no text")[0] for line in told] == ["3 texts (2, 3, 4) have"]
    assert "their shares in training" in told[0]
    assert predictor.predict(["", "v z"]) == ["low", "high"]
    assert told[1].startswith("text 1 has no text")


def test_empty_texts_have_the_mean_of_numbers(tmp_path: Path) -> None:
    frame = texts(200)
    frame["target"] = np.where(frame["target"] == "low", 10.0, 50.0)
    folder = train(text_recipe("number"), tmp_path / "run", train=frame).best
    told: list[str] = []
    predictor = Predictor(load_model(folder), told.append)
    found = predictor.predict(["", "a b c", "  "])
    assert found[0] == found[2] == pytest.approx(30, abs=2)
    assert found[1] == pytest.approx(predictor.predict(["a b c"])[0], abs=1e-4)
    assert [line.split(", and so")[0] for line in told] == ["2 texts (1, 3) have no text"]


@pytest.mark.parametrize("wrong", [Reader, Translator])
def test_models_of_another_kind_are_refused_with_what_to_use(wrong: Any, folders: dict[str, Path]) -> None:
    for folder in folders.values():
        with pytest.raises(InputError, match="use `dragoman predict`"):
            wrong.load(folder)

"""Every cell of the grid learns what it can know: exactly where there is a closed form, well where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from jaxtyping import Float64
from PIL import Image, ImageDraw

import dragoman
from dragoman.evaluation.classification_report import ClassificationReport
from dragoman.evaluation.recognition_report import RecognitionReport
from dragoman.evaluation.regression_report import RegressionReport
from dragoman.model.folder import load_model
from dragoman.predict.predictor import Predictor
from dragoman.recipe import load_recipe, recipe_from

EXACT: dict[str, Any] = {
    "label_smoothing": 0.0,
    "average": 0.0,
    "precision": "float32",
    "device": "cpu",
    "threads": 1,
}


def settings(updates: int, learning_rate: float, tokens: int, **more: Any) -> dict[str, Any]:
    """A few updates, validated at their end."""
    return {
        **EXACT,
        "updates": updates,
        "batch": {"tokens": tokens},
        "schedule": {"kind": "cosine", "warmup": min(50, updates // 10)},
        "optimizer": {"learning_rate": learning_rate},
        "validate_every": updates,
        "checkpoint_every": updates,
        **more,
    }


def full_batch(updates: int, learning_rate: float, **optimizer: Any) -> dict[str, Any]:
    """Gradient descent on the loss itself, to where it is still."""
    values = settings(updates, learning_rate, 100_000)
    return {**values, "optimizer": {"learning_rate": learning_rate, "beta2": 0.999, "clip_norm": 0.0, **optimizer}}


def table(count: int) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(draw.normal(3, [1, 2, 5], (count, 3)), columns=["a", "b", "c"])
    frame["c"] += frame["a"]
    return frame.assign(colour=draw.choice(["red", "green", "blue"], count))


def design(frame: pd.DataFrame) -> Float64[np.ndarray, "n k"]:
    """The columns as a statistician writes them: dummy variables but one, and the intercept."""
    dummies = pd.get_dummies(frame["colour"], drop_first=True)
    return np.column_stack([frame[["a", "b", "c"]], dummies, np.ones(len(frame))]).astype(np.float64)


def test_a_linear_encoder_with_squared_loss_is_least_squares(tmp_path: Path) -> None:
    frame = table(300)
    noise = np.random.default_rng(1).normal(0, 2, 300)
    target = 3 * frame["a"] - 2 * frame["b"] + 0.5 * frame["c"] + 4 * (frame["colour"] == "red") + noise
    recipe = recipe_from(
        {"model": {"encoder": {"kind": "linear"}, "decoder": {"kind": "number"}}, "training": full_batch(2000, 0.05)}
    )
    given = frame.assign(target=target)
    run = dragoman.train(recipe, tmp_path / "run", train=given, validation=given)
    said = np.array(Predictor.load(run.best, device="cpu").predict(frame))
    solution, *_ = np.linalg.lstsq(design(frame), target.to_numpy(), rcond=None)
    closed = design(frame) @ solution
    assert np.abs(said - closed).max() / target.std() < 1e-4


def test_a_linear_encoder_with_labels_is_softmax_regression(tmp_path: Path) -> None:
    """The penalty is on the weights and not on the biases; Newton's method finds the optimum to compare with."""
    frame = table(300)[["a", "b", "c"]]
    scores = frame.to_numpy() @ np.random.default_rng(1).normal(0, 0.5, (3, 3))
    labels = (scores + np.random.default_rng(2).gumbel(size=scores.shape)).argmax(1)
    given = frame.assign(target=[f"class {number}" for number in labels])
    penalty = 0.01
    recipe = recipe_from(
        {
            "model": {"encoder": {"kind": "linear"}, "decoder": {"kind": "label"}},
            "training": full_batch(1500, 0.05, weight_decay=penalty, decay="l2"),
        }
    )
    run = dragoman.train(recipe, tmp_path / "run", train=given, validation=given)
    best = load_model(run.best)
    weight, bias = (best.model.decoder.get_parameter(name).detach().double().numpy() for name in ("weight", "bias"))
    standard = ((frame - frame.mean()) / frame.std(ddof=0)).to_numpy()
    ours = penalised_loss(np.vstack([weight.T, bias]), standard, labels, penalty)
    assert ours == pytest.approx(smallest_loss(standard, labels, 3, penalty), abs=5e-6)


def penalised_loss(
    weights: Float64[np.ndarray, "k K"], inputs: Float64[np.ndarray, "n j"], labels: np.ndarray, penalty: float
) -> float:
    """Mean cross-entropy, and λ/2·‖w‖² of all but the last row, the biases."""
    scores = np.column_stack([inputs, np.ones(len(inputs))]) @ weights
    scores -= scores.max(1, keepdims=True)
    nats = np.log(np.exp(scores).sum(1)) - scores[np.arange(len(labels)), labels]
    return float(nats.mean() + penalty / 2 * (weights[:-1] ** 2).sum())


def smallest_loss(inputs: Float64[np.ndarray, "n j"], labels: np.ndarray, classes: int, penalty: float) -> float:
    """By Newton's method, in float64."""
    design = np.column_stack([inputs, np.ones(len(inputs))])
    n, k = design.shape
    decay = np.repeat(penalty, k)
    decay[-1] = 1e-12
    weights = np.zeros((k, classes))
    wanted = np.eye(classes)[labels]
    for _ in range(30):
        scores = design @ weights
        chances = np.exp(scores - scores.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        slope = design.T @ (chances - wanted) / n + decay[:, None] * weights
        curve = np.einsum("nk,nj,nc,cd->kcjd", design, design, chances, np.eye(classes), optimize=True)
        curve -= np.einsum("nk,nj,nc,nd->kcjd", design, design, chances, chances, optimize=True)
        hessian = curve.reshape(k * classes, k * classes) / n + np.diag(np.repeat(decay, classes))
        weights -= np.linalg.lstsq(hessian, slope.ravel(), rcond=None)[0].reshape(k, classes)
    return penalised_loss(weights, inputs, labels, penalty)


def test_the_preset_of_pictures_reads_digits(tmp_path: Path) -> None:
    """1,797 digits of 8 × 8 pixels that scikit-learn ships."""
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    pictures = [(picture * 15.9375).astype(np.uint8) for picture in digits.images]
    frame = pd.DataFrame({"source": pd.Series(pictures, dtype=object), "target": digits.target})
    changes = {
        "data": {"validation_pairs": 150, "test_pairs": 150},
        "pictures": {"height": 16, "width": 16, "contrast": False},
        "training": settings(400, 4e-3, 64, average=0.98),
    }
    report = dragoman.train(load_recipe("picture-label", changes=changes), tmp_path / "run", train=frame).report
    assert isinstance(report, ClassificationReport)
    assert report.to_dict()["accuracy"]["value"] >= 0.95


def sentences(letters: str, count: int, seed: int) -> list[str]:
    """Words of a made language: every letter is followed by one of three others."""
    draw = np.random.default_rng(seed)
    follows = {letter: draw.choice(list(letters), 3) for letter in letters}
    found = []
    for _ in range(count):
        words = []
        for _ in range(int(draw.integers(2, 7))):
            word = [str(draw.choice(list(letters)))]
            for _ in range(int(draw.integers(1, 7))):
                word.append(str(draw.choice(follows[word[-1]])))
            words.append("".join(word))
        found.append(" ".join(words))
    return found


SMALL_TEXT = {"kind": "convolution", "layers": 1, "width": 32, "dropout": 0.0}


def test_the_preset_of_texts_tells_made_languages_apart(tmp_path: Path) -> None:
    """They have the same letters, so only their order tells."""
    letters = "abcdefghij"
    one, other = sentences(letters, 800, seed=1), sentences(letters, 800, seed=2)
    frame = pd.DataFrame({"source": [*one, *other], "target": ["one"] * 800 + ["other"] * 800})
    changes = {
        "data": {"validation_pairs": 100, "test_pairs": 150},
        "tokenizer": {"vocabulary_size": 340},
        "model": {"encoder": SMALL_TEXT},
        "training": settings(120, 1e-2, 128),
    }
    report = dragoman.train(load_recipe("text-label", changes=changes), tmp_path / "run", train=frame).report
    assert isinstance(report, ClassificationReport)
    assert report.to_dict()["accuracy"]["value"] >= 0.97


def test_the_preset_of_numbers_counts_the_letters_of_a_text(tmp_path: Path) -> None:
    texts = sentences("abcdefghij", 1500, seed=1)
    frame = pd.DataFrame({"source": texts, "target": [len(text) for text in texts]})
    changes = {
        "data": {"validation_pairs": 100, "test_pairs": 150},
        "tokenizer": {"vocabulary_size": 300},
        "model": {"encoder": SMALL_TEXT},
        "training": settings(200, 1e-2, 128),
    }
    report = dragoman.train(load_recipe("text-number", changes=changes), tmp_path / "run", train=frame).report
    assert isinstance(report, RegressionReport)
    assert report.to_dict()["r2"]["value"] > 0.9


READING = {
    "data": {"validation_pairs": 40, "test_pairs": 100},
    "tokenizer": {"vocabulary_size": 300},
    "pictures": {"height": 16},
    "model": {"encoder": {"channels": [12, 24], "halvings": 1, "width": 48, "context": 1, "dropout": 0.0}},
}


def test_the_preset_of_readers_reads_words_in_one_font(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    words = {"".join(draw.choice(list("aekst"), draw.integers(3, 7))) for _ in range(4000)}
    (tmp_path / "words.txt").write_text("\n".join(sorted(words)) + "\n", encoding="utf-8")
    changes = {
        **READING,
        "data": {**READING["data"], "train": {"text": str(tmp_path / "words.txt")}},
        "rendering": {"fonts": ["DejaVu Sans"], "noisy": 0.0},
        "training": settings(150, 1e-2, 150, early_stopping={"metric": "cer"}),
    }
    report = dragoman.train(load_recipe("reader", changes=changes), tmp_path / "run").report
    assert isinstance(report, RecognitionReport)
    assert report.to_dict()["cer"]["value"] < 5


def bars(count: int) -> pd.DataFrame:
    """One to four bars side by side, each high or low, and which."""
    draw = np.random.default_rng(0)
    pictures, texts = [], []
    for _ in range(count):
        bits = draw.integers(0, 2, draw.integers(1, 5))
        picture = Image.new("L", (8 * len(bits), 8), 255)
        for place, bit in enumerate(bits.tolist()):
            ImageDraw.Draw(picture).rectangle([8 * place + 2, 0 if bit else 4, 8 * place + 5, 7 if not bit else 3], 0)
        pictures.append(np.asarray(picture))
        texts.append("".join("ab"[bit] for bit in bits))
    return pd.DataFrame({"source": pd.Series(pictures, dtype=object), "target": texts})


def test_a_transformer_learns_to_copy_from_a_picture(tmp_path: Path) -> None:
    decoder = {"kind": "transformer", "layers": 1, "width": 48, "heads": 2, "feed_forward": 64, "dropout": 0.0}
    encoder = {"kind": "residual", "channels": [8, 16], "halvings": 2, "width": 48, "context": 1, "dropout": 0.0}
    recipe = recipe_from(
        {
            "data": {"validation_pairs": 30, "test_pairs": 100},
            "tokenizer": {"kind": "characters", "vocabulary_size": 300, "placeholders": False},
            "pictures": {"height": 8, "contrast": False},
            "model": {"encoder": encoder, "decoder": decoder},
            "training": settings(600, 5e-3, 300, average=0.9),
            "search": {"beam": 1},
        }
    )
    frame = bars(1500)
    draw = np.random.default_rng(1)
    frame["source"] = [
        np.clip(picture.astype(np.int64) + draw.integers(-30, 31, picture.shape), 0, 255).astype(np.uint8)
        for picture in frame["source"]
    ]
    report = dragoman.train(recipe, tmp_path / "run", train=frame).report
    assert isinstance(report, RecognitionReport)
    assert report.to_dict()["cer"]["value"] < 5

"""What words, columns and pixels contribute: complete with every encoder, and equal to what is known of planted
models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from dragoman.errors import InputError
from dragoman.explanation.explain_prediction import explain_prediction
from dragoman.explanation.integrated_gradients import TOLERANCE
from dragoman.explanation.prediction import Attribution, PicturePredictionExplanation, PredictionExplanation
from dragoman.fields.field import PredictedField, SourceField
from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.fields.tags import TagField
from dragoman.images.preparation import Preparation
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel
from dragoman.predict.predictor import Predictor
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

WORDS = ["red", "green", "blue", "apples", "pears", "are", "very", "good", "bad", "and"]
CODEC = Codec(Tokenizer.train([" ".join(WORDS[k:] + WORDS[:k]) for k in range(10)] * 3, vocabulary_size=300))
TABLE = pd.DataFrame(
    {
        "size": [1.0, 2.0, None, 4.0, 5.0, 7.5],
        "colour": ["red", "blue", "red", None, "green", "blue"],
        "day": pd.to_datetime(["2024-01-03", "2024-05-06", "2024-07-08", "2024-09-10", "2024-11-12", "2025-02-03"]),
        "y": [1.0] * 6,
    }
)
ROWS = RowField.learn(TABLE, exclude="y")
PICTURES = PictureField(Preparation(height=12, width=12, channels=1, contrast=False), 10**6)
LINES = PictureField(Preparation(height=12, width=None, channels=1, contrast=False), 10**6)
TARGETS: dict[str, PredictedField] = {
    "label": LabelField(("a", "b", "c"), (5, 3, 2), temperature=1.7),
    "number": NumberField(100.0, 20.0),
    "tags": TagField(("N", "O", "V"), (3, 3, 3)),
    "crf": TagField(("B-X", "I-X", "O"), (3, 3, 3)),
}
TEXT = "red apples are very good"
ROW = {"size": 4.5, "colour": "green", "day": pd.Timestamp("2024-06-07")}
PICTURE = np.random.default_rng(0).integers(0, 256, (12, 12), dtype=np.uint8)
SMALL_TRANSFORMER = {"kind": "transformer", "layers": 1, "width": 8, "feed_forward": 12, "heads": 2}
RESIDUAL = {"kind": "residual", "channels": [4, 6], "halvings": 1, "width": 8, "context": 1}
KINDS: dict[str, tuple[dict[str, Any], SourceField, str, Any]] = {
    "random field": ({"kind": "convolution", "layers": 1, "width": 8}, CODEC, "crf", TEXT),
    "transformer": (SMALL_TRANSFORMER, CODEC, "label", TEXT),
    "gru": ({"kind": "gru", "layers": 1, "embedding_width": 8, "width": 12}, CODEC, "number", TEXT),
    "lstm": ({"kind": "lstm", "layers": 2, "embedding_width": 8, "width": 12}, CODEC, "tags", TEXT),
    "rnn": ({"kind": "rnn", "layers": 1, "embedding_width": 8, "width": 12}, CODEC, "label", TEXT),
    "convolution": ({"kind": "convolution", "layers": 2, "width": 16}, CODEC, "label", TEXT),
    "lenet": ({"kind": "lenet", "channels": [3, 4], "hidden": [8]}, PICTURES, "label", PICTURE),
    "residual": (RESIDUAL, LINES, "label", PICTURE[:, :9]),
    "pixels": ({"kind": "mlp", "reads": "picture", "hidden": [8]}, PICTURES, "number", PICTURE),
    "linear": ({"kind": "linear"}, ROWS, "label", ROW),
    "dummies": ({"kind": "mlp", "hidden": [8, 8], "activation": "tanh"}, ROWS, "number", ROW),
    "learned categories": ({"kind": "mlp", "hidden": [8], "embedding_width": 3}, ROWS, "label", ROW),
}


def predictor(encoder: dict[str, Any], source: SourceField, target: PredictedField, seed: int = 3) -> Predictor:
    kind = next((name for name, field in TARGETS.items() if field == target), "label")
    recipe = recipe_from(
        {"model": {"encoder": encoder, "decoder": {"kind": kind}}, "pictures": {"height": 12, "width": 12}}
    )
    model = build(recipe.model, source.size, target.size, seed)  # type: ignore[attr-defined]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5).add_(0.05)
    return Predictor(LoadedModel(model, recipe, source, target), log=lambda _: None)  # type: ignore[arg-type]


def assert_complete(attribution: Attribution) -> None:
    difference = attribution.value - attribution.baseline_value
    assert abs(difference) > 1e-3, "nothing to attribute"
    assert attribution.contributions.sum() + attribution.gap == pytest.approx(difference)
    # A number is standardised while it is explained.
    assert abs(attribution.gap) <= TOLERANCE * max(20 if attribution.quantity == "number" else 1, abs(difference))


@pytest.mark.parametrize("name", KINDS)
def test_contributions_are_complete(name: str) -> None:
    encoder, source, kind, given = KINDS[name]
    target = TARGETS[kind]
    model = predictor(encoder, source, target)
    before = {key: value.clone() for key, value in model.model.state_dict().items()}
    found = explain_prediction(model, given)
    (predicted,) = model.predict([given])
    if isinstance(found, PicturePredictionExplanation):
        explained = [found.prediction]
        assert found.map.shape == found.picture.shape[1:]
        assert (found.first_layer is None) == (name == "pixels")
    else:
        explained = list(found.predictions)
        assert [part.name for part in found.parts] == (list(ROW) if source is ROWS else TEXT.split())
    said = [prediction.output for prediction in explained]
    if kind == "number":
        assert float(said[0]) == pytest.approx(predicted)
    else:
        assert said == (predicted if kind in ("tags", "crf") else [predicted])
    for prediction in explained:
        assert_complete(prediction.attribution)
        if kind == "number":
            assert prediction.attribution.value == pytest.approx(predicted)
        else:
            p = dict(prediction.probabilities)[prediction.output]
            assert prediction.attribution.value == pytest.approx(np.log(p / (1 - p)), abs=1e-4)
    assert found.to_dict()
    assert found.as_text()
    # Nothing of the model is changed.
    assert vars(model.model.encoder).keys() == vars(predictor(encoder, source, target).model.encoder).keys()
    assert all(torch.equal(value, before[key]) for key, value in model.model.state_dict().items())


def words(found: PredictionExplanation | PicturePredictionExplanation) -> PredictionExplanation:
    assert isinstance(found, PredictionExplanation)
    return found


def test_of_a_linear_model_they_are_the_coefficients() -> None:
    """Coefficient · (value − mean) for a number, the coefficient for a category; with two labels, the difference of
    theirs."""
    model = predictor({"kind": "linear"}, ROWS, TARGETS["number"])
    table = model.coefficients().set_index(["feature", "category"])["coefficient"]
    found = words(explain_prediction(model, ROW)).frame().set_index("part")["contribution"]
    assert found["size"] == pytest.approx(table["size", ""] * (4.5 - TABLE["size"].mean()), rel=1e-4)
    assert found["colour"] == pytest.approx(table["colour", "green"], rel=1e-4)
    known = {name: value for (feature, name), value in table.items() if feature == "day"}
    days = (pd.Timestamp("2024-06-07") - TABLE["day"].mean()).total_seconds() / 86400
    year = 2 * np.pi * (pd.Timestamp("2024-06-07").day_of_year - 1) / 366
    expected = known["days"] * days + known["Friday"]
    expected += known["sine of the year"] * np.sin(year) + known["cosine of the year"] * np.cos(year)
    assert found["day"] == pytest.approx(expected, rel=1e-2)
    two = predictor({"kind": "linear"}, ROWS, LabelField(("no", "yes"), (3, 3), temperature=2.0))
    slopes = two.coefficients().set_index(["feature", "category"])
    found = words(explain_prediction(two, ROW, label="yes")).frame().set_index("part")["contribution"]
    slope = (slopes["yes"] - slopes["no"])["size", ""]
    assert found["size"] == pytest.approx(slope * (4.5 - TABLE["size"].mean()), rel=1e-4)


def test_of_pixels_they_are_weight_times_ink() -> None:
    model = predictor({"kind": "linear", "reads": "picture"}, PICTURES, TARGETS["number"])
    found = explain_prediction(model, PICTURE)
    assert isinstance(found, PicturePredictionExplanation)
    weight = model.model.decoder.weight.detach().double().numpy().reshape(12, 12)  # type: ignore[union-attr]
    edges = np.concatenate([PICTURE[0], PICTURE[-1], PICTURE[:, 0], PICTURE[:, -1]])
    ink = (np.sort(edges)[len(edges) // 2] - PICTURE.astype(np.float64)) / 255
    assert np.allclose(found.map, 20.0 * weight * ink, atol=1e-4)


def planted(target: PredictedField) -> Predictor:
    """A model in which every word counts by itself: its gated convolutions add nothing."""
    model = predictor({"kind": "convolution", "layers": 1, "width": 16}, CODEC, target)
    with torch.no_grad():
        for name, parameter in model.model.named_parameters():
            if "convolution" in name:
                parameter.zero_()
        embedding = model.model.encoder.embedding.embedding.weight  # type: ignore[union-attr]
        embedding.zero_()
        for id in CODEC.tokenizer.encode_batch(["good"])[0]:
            embedding[id] = 2 * torch.nn.functional.normalize(model.model.decoder.weight[0], dim=0)  # type: ignore[union-attr,index]
    return model


def test_the_word_that_decides_has_it_all() -> None:
    model = planted(LabelField(("a", "b"), (3, 3)))
    found = words(explain_prediction(model, "red apples are good and red pears are good", label="a"))
    contributions = dict(zip(range(9), found.predictions[0].attribution.contributions, strict=True))
    others = [contributions[place] for place in range(9) if place not in (3, 8)]
    assert np.allclose(others, 0, atol=1e-6)
    assert contributions[3] == pytest.approx(contributions[8])
    assert contributions[3] > 0.01
    tagger = planted(TARGETS["tags"])
    tags = words(explain_prediction(tagger, "red apples are good", label="N"))
    own = np.array([prediction.attribution.contributions for prediction in tags.predictions])
    assert own[3, 3] > 0.01
    own[3, 3] = 0
    assert np.allclose(own, 0, atol=1e-6)


def test_words_of_a_long_text_are_explained_in_its_pieces() -> None:
    recipe = {"kind": "convolution", "layers": 1, "width": 16}
    model = predictor(recipe, CODEC, TARGETS["tags"])
    text = " ".join(WORDS * 30)
    found = words(explain_prediction(model, text, words=[299, 1]))
    assert [prediction.word for prediction in found.predictions] == [299, 1]
    tags = model.predict([text])[0]
    assert [prediction.output for prediction in found.predictions] == [tags[299], tags[1]]
    for prediction in found.predictions:
        assert_complete(prediction.attribution)


def test_what_cannot_be_explained_is_refused() -> None:
    labels, numbers = (predictor({"kind": "linear"}, ROWS, TARGETS[kind]) for kind in ("label", "number"))
    tagger = planted(TARGETS["tags"])
    for model, given, options, message in (
        (labels, ROW, {"label": "d"}, "no training example|unknown|`d`"),
        (numbers, ROW, {"label": "a"}, "predicts numbers, so there is no label 'a'"),
        (numbers, ROW, {"words": [0]}, "none for single words"),
        (numbers, TABLE, {}, "a table of 6 rows"),
        (numbers, {"size": 1.0}, {}, "no column `colour`"),
        (tagger, "two words", {"words": [2]}, "no word 2 in a text of 2 words"),
        (tagger, " ", {}, "no visible characters"),
    ):
        with pytest.raises(InputError, match=message):
            explain_prediction(model, given, **options)

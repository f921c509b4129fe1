"""Every format that was ever released is still read, to the same end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

import dragoman
from dragoman.data.dataset import FORMAT as DATASET_FORMAT
from dragoman.data.dataset import Dataset
from dragoman.export.preview_file import load_preview
from dragoman.model.folder import FORMAT as MODEL_FORMAT
from dragoman.model.folder import load_model
from dragoman.predict.writer import Writer
from dragoman.reference.file import VERSION as REFERENCE_VERSION
from dragoman.reference.file import load_reference
from dragoman.reference.measure import profile_of_inputs
from dragoman.storage.manifest import verify
from dragoman.text.codec import masks_for
from dragoman.training.checkpoint import FORMAT as CHECKPOINT_FORMAT

HERE = Path(__file__).parent


@pytest.mark.parametrize("version", range(1, MODEL_FORMAT + 1))
def test_models(version: int) -> None:
    expected = json.loads((HERE / f"model-{version}.json").read_text())
    model = dragoman.load(HERE / f"model-{version}", device="cpu")
    assert model.translate(expected["sources"]) == expected["outputs"]
    assert expected["outputs"] == expected["sources"], "it was trained to copy"


@pytest.mark.parametrize("version", range(1, DATASET_FORMAT + 1))
def test_datasets(version: int) -> None:
    dataset = Dataset.open(HERE / f"dataset-{version}")
    texts = dataset.train.source_texts()
    batch = dataset.train.batch(np.arange(len(dataset.train)))
    decoded = dataset.source.decode_batch(batch.source.rows(), masks_for(texts, dataset.source, dataset.target))
    assert decoded == texts == dataset.train.target_texts()
    assert sum(dataset.report["pairs"].values()) == dataset.report["cleaning"]["train"]["kept"]
    weights = dataset.train.weights_of(np.arange(3))
    assert (weights is None) == (version < 5)
    assert weights is None or weights[0] == 0


@pytest.mark.parametrize("version", range(3, MODEL_FORMAT + 1))
def test_language_models(version: int) -> None:
    expected = json.loads((HERE / f"language-model-{version}.json").read_text())
    writer = Writer.load(HERE / f"language-model-{version}", device="cpu")
    assert writer.score(expected["lines"]).nats.tolist() == pytest.approx(expected["nats"], abs=1e-3)


@pytest.mark.parametrize("version", range(4, MODEL_FORMAT + 1))
def test_readers(version: int) -> None:
    """What batch normalisation has counted is read as well."""
    expected = json.loads((HERE / f"reader-{version}.json").read_text())
    reader = dragoman.Reader.load(HERE / f"reader-{version}", device="cpu")
    assert reader.read([HERE / f"{word}.png" for word in expected["words"]]) == expected["outputs"]
    assert expected["outputs"] == expected["words"], "it was trained to read"


@pytest.mark.parametrize("version", range(4, MODEL_FORMAT + 1))
def test_models_that_say_labels(version: int) -> None:
    expected = json.loads((HERE / f"row-labels-{version}.json").read_text())
    predictor = dragoman.Predictor.load(HERE / f"row-labels-{version}", device="cpu")
    found = predictor.probabilities(expected["rows"])
    assert found.tolist() == [pytest.approx(row, abs=1e-4) for row in expected["probabilities"]]


@pytest.mark.parametrize("version", range(1, REFERENCE_VERSION + 1))
def test_references(version: int) -> None:
    """What was kept is read, and new rows are measured as they were then."""
    expected = json.loads((HERE / f"reference-{version}.json").read_text())
    kept = load_reference(HERE / f"reference-{version}")
    assert kept is not None
    measured = profile_of_inputs(load_model(HERE / f"reference-{version}"), expected["rows"], expected["labels"])
    for profile, numbers in ((kept, expected["kept"]), (measured, expected["measured"])):
        assert list(profile.features) == expected["features"]
        assert profile.losses is not None
        np.testing.assert_allclose(profile.values, numbers["values"], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(profile.losses, numbers["losses"], rtol=1e-4, atol=1e-4)
    assert kept.classes["labels"].names == ("no", "yes")


def test_previews() -> None:
    preview = load_preview(HERE / "preview-1")
    numbers = np.arange(6) / 4
    assert preview.reading.tolist() == numbers.reshape(2, 3).tolist()
    assert preview.writing.tolist() == numbers.reshape(3, 2).tolist()
    assert preview.rest.tolist() == (np.arange(5) / 8).tolist()
    assert preview.candidates == 4


@pytest.mark.parametrize("version", range(3, DATASET_FORMAT + 1))
def test_datasets_of_rows(version: int) -> None:
    dataset = Dataset.open(HERE / f"dataset-{version}-rows")
    batch = dataset.train.batch(np.arange(len(dataset.train)))
    assert batch.source.numbers.shape == (160, 2), "a number, and whether it is missing"
    assert set(batch.target.values.tolist()) == {0, 1}


DATASETS = {
    1: "dataset-1",
    2: "dataset-2",
    3: "dataset-of-checkpoint-3",
    4: "dataset-of-checkpoint-4",
    5: "dataset-of-checkpoint-5",
}


@pytest.mark.parametrize("version", range(1, CHECKPOINT_FORMAT + 1))
def test_checkpoints(version: int) -> None:
    """A whole run goes on from it: its own dataset, its newest update, and from format 3 the state carried on."""
    folder = HERE / f"checkpoint-{version}"
    verify(folder)
    facts = json.loads((folder / "state.json").read_text())
    assert facts["dataset"] == Dataset.open(HERE / DATASETS[version]).fingerprint
    assert facts["progress"]["update"] == {1: 300, 2: 300, 3: 40, 4: 40, 5: 40}[version]
    carried = [name for name in load_file(folder / "state.safetensors") if name.startswith("carried.")]
    assert len(carried) == (1 if version >= 3 else 0)

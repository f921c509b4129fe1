"""Embeddings that begin with the contexts of symbols."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.embeddings.contexts import beside
from dragoman.embeddings.initial_embeddings import begin_with_contexts, weighed_contexts
from dragoman.embeddings.symbol_vectors import symbol_vectors
from dragoman.errors import RecipeError
from dragoman.layers.embedding import TokenEmbedding
from dragoman.model.build import Model, build
from dragoman.recipe import Recipe, recipe_from
from dragoman.text.ragged import Ragged

WORDS = 40


def _sentences(generator: np.random.Generator, count: int) -> list[list[int]]:
    """Sentences of words that follow each other as topics have it."""
    topics = np.split(np.arange(WORDS), 8)
    return [generator.permutation(topics[generator.integers(8)])[:4].tolist() for _ in range(count)]


def test_words_are_nearest_to_their_translations() -> None:
    sources = _sentences(np.random.default_rng(1), 2000)
    targets = [[word + WORDS for word in reversed(sentence)] for sentence in sources]
    vectors = symbol_vectors(weighed_contexts([Ragged.of(sources), Ragged.of(targets)], 2 * WORDS), 32, seed=1)
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2 * WORDS))
    nearest = (vectors[:WORDS] @ vectors[WORDS:].T).argmax(1)
    assert (nearest == torch.arange(WORDS)).float().mean() > 0.9


def test_neighbours_end_where_rows_end() -> None:
    rows = Ragged.of([[0, 1], [2, 0, 2]])
    expected = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    expected[2, 2] = 2.0
    torch.testing.assert_close(beside([rows], symbols=3, reach=2).to_dense(), expected)


def test_axes_share_the_variance() -> None:
    sentences = _sentences(np.random.default_rng(2), 500)
    variances = symbol_vectors(weighed_contexts([Ragged.of(sentences)], WORDS), 8, seed=1).var(0)
    assert variances.max() < 10 * variances.min()


TRANSLATOR = {"encoder": {"layers": 1, "width": 16, "heads": 2}, "decoder": {"layers": 1, "width": 16, "heads": 2}}
RECURRENT = {
    "encoder": {"kind": "gru", "width": 12, "embedding_width": 12},
    "decoder": {"kind": "gru", "width": 12, "embedding_width": 10},
}
LANGUAGE_MODEL = {"encoder": {"kind": "none"}, "decoder": {"kind": "gru", "width": 12}}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("corpus")
    generator = np.random.default_rng(3)
    paths = {name: folder / f"{name}.txt" for name in ("source", "target")}
    lines = [" ".join(f"w{word}" for word in sentence) for sentence in _sentences(generator, 200)]
    paths["source"].write_text("\n".join(lines) + "\n", encoding="utf-8")
    paths["target"].write_text("\n".join(line.replace("w", "z") for line in lines) + "\n", encoding="utf-8")
    return paths


@pytest.mark.parametrize(
    ("model", "tokenizer", "sides"),
    [
        (TRANSLATOR, {}, ("source", "target")),
        ({**TRANSLATOR, "tie": "none"}, {"shared": False}, ("source", "target")),
        ({**RECURRENT, "tie": "none"}, {"shared": False}, ("source", "target")),
        (LANGUAGE_MODEL, {}, ("target",)),
    ],
)
def test_symbols_that_occur_begin_with_their_contexts(
    model: dict[str, object],
    tokenizer: dict[str, object],
    sides: tuple[str, ...],
    corpus: dict[str, Path],
    tmp_path: Path,
) -> None:
    train = {side: corpus[side] for side in sides} if len(sides) == 2 else {"text": corpus["target"]}
    settings = {"kind": "words", "vocabulary_size": 340, **tokenizer}
    recipe = recipe_from(
        {"data": {"train": train}, "model": model, "tokenizer": settings, "cleaning": {"copies": False}}
    )
    dataset = prepare(recipe, tmp_path / "dataset")
    random, begun = _built(recipe, dataset), _built(recipe, dataset)
    begin_with_contexts(begun, dataset, seed=1)
    again = _built(recipe, dataset)
    begin_with_contexts(again, dataset, seed=1)
    columns = {"encoder": dataset.train.source, "decoder": dataset.train.target}
    occurring = {half: _occurring(dataset, half) for half in columns}
    tied = len({one.data_ptr() for one in _embeddings(begun).values()}) == 1
    for half, embedding in _embeddings(begun).items():
        occurs = torch.zeros(len(embedding), dtype=torch.bool)
        for other, ids in occurring.items():
            if (other == half or (tied and len(sides) == 2)) and len(ids):
                occurs[torch.from_numpy(ids)] = True
        changed = (embedding != _embeddings(random)[half]).any(1)
        assert torch.equal(changed, occurs)
        torch.testing.assert_close(embedding[occurs].norm(dim=1), torch.ones(int(occurs.sum())))
        assert torch.equal(embedding, _embeddings(again)[half])


def _built(recipe: Recipe, dataset: Dataset) -> Model:
    return build(recipe.model, dataset.source.size, dataset.target.size, seed=1)


def _embeddings(model: Model) -> dict[str, torch.Tensor]:
    return {
        name.partition(".")[0]: module.weight.detach()
        for name, module in model.named_modules(remove_duplicate=False)
        if isinstance(module, TokenEmbedding)
    }


def _occurring(dataset: Dataset, half: str) -> np.ndarray:
    ids = dataset.train.ids(np.arange(len(dataset.train)))[half == "decoder"]
    return np.unique([symbol for row in ids for symbol in row[:-1]]).astype(np.int64)


def test_a_model_that_embeds_no_symbols_is_refused() -> None:
    with pytest.raises(RecipeError, match="initial_embeddings"):
        recipe_from(
            {
                "model": {"encoder": {"kind": "mlp"}, "decoder": {"kind": "label"}},
                "pictures": {"width": 8, "height": 8},
                "training": {"initial_embeddings": "contexts"},
            }
        )

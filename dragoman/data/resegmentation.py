"""Subword regularisation: batches whose words are segmented at random, anew each time."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Int

from dragoman.contracts import Batch, Packed
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.data.passes import MakeBatch, stored_pairs
from dragoman.recipe.data import TokenizerRecipe
from dragoman.text.codec import masks_for
from dragoman.text.sampling import SubwordSampler
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.vocabulary import END


def resegmentation(dataset: Dataset, recipe: TokenizerRecipe, seed: int) -> MakeBatch[Examples]:
    """How a training batch is segmented at random: BPE-dropout (Provilkov et al. 2020) or unigram sampling (Kudo
    2018), as the recipe says; as it stands on disk if it asks for neither."""
    if not recipe.dropout and not recipe.sampling:
        return stored_pairs
    codecs = dataset.codecs
    source = _sampler(codecs[0].tokenizer, recipe, seed)
    shared = codecs[0].tokenizer is codecs[1].tokenizer
    target = source if shared else _sampler(codecs[1].tokenizer, recipe, seed)

    def batch(examples: Examples, indices: Int[np.ndarray, " B"], generator: np.random.Generator) -> Batch:
        sources, targets = examples.source_texts(indices), examples.target_texts(indices)
        masks = masks_for(sources, *codecs)
        return Batch(
            _packed(source, codecs[0].hide(sources, masks), generator),
            _packed(target, codecs[1].hide(targets, masks), generator),
            torch.from_numpy(indices),
        )

    return batch


def _sampler(tokenizer: Tokenizer, recipe: TokenizerRecipe, seed: int) -> SubwordSampler:
    if recipe.dropout:
        return SubwordSampler.bpe_dropout(tokenizer, rate=recipe.dropout, seed=seed)
    return SubwordSampler.unigram(tokenizer, alpha=recipe.sampling, seed=seed)


def _packed(sampler: SubwordSampler, texts: list[str], generator: np.random.Generator) -> Packed:
    return Packed.of([[*ids, END] for ids in sampler.encode_batch(texts, generator)], "cpu")

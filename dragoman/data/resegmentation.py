"""Subword regularisation: batches whose words are segmented at random, anew each time."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Int

from dragoman.contracts import Batch, Packed
from dragoman.data.batch_sampler import MakeBatch, stored_pairs
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.errors import InputError
from dragoman.recipe.data import TokenizerRecipe
from dragoman.text.codec import Codec, masks_for
from dragoman.text.placeholder_mask import Mask
from dragoman.text.sampling import SubwordSampler
from dragoman.text.segmenter import Segmenter
from dragoman.text.tokenizer import Tokenizer


def resegmentation(dataset: Dataset, recipe: TokenizerRecipe, seed: int) -> MakeBatch[Examples]:
    """How a training batch is segmented at random: BPE-dropout (Provilkov et al. 2020) or unigram sampling (Kudo
    2018), as the recipe says; as it stands on disk if it asks for neither.

    Raises:
        InputError: if the recipe asks for one of them, and the tokenizer is of another library.
    """
    if not recipe.dropout and not recipe.sampling:
        return stored_pairs
    codecs = dataset.codecs
    source = _sampler(codecs[0].tokenizer, recipe, seed)
    target = source if dataset.has_one_vocabulary else _sampler(codecs[1].tokenizer, recipe, seed)

    def batch(examples: Examples, indices: Int[np.ndarray, " B"], generator: np.random.Generator) -> Batch:
        sources, targets = examples.source_texts(indices), examples.target_texts(indices)
        masks = masks_for(sources, *codecs)
        return Batch(
            _packed(source, codecs[0], sources, masks, generator),
            _packed(target, codecs[1], targets, masks, generator),
            torch.from_numpy(indices),
            examples.weights_of(indices),
        )

    return batch


def _sampler(tokenizer: Segmenter, recipe: TokenizerRecipe, seed: int) -> SubwordSampler:
    if not isinstance(tokenizer, Tokenizer):
        raise InputError(
            "`tokenizer.dropout` and `tokenizer.sampling` draw from a tokenizer that was learnt here, and this one is "
            "another library's",
            remedy="leave both out.",
        )
    if recipe.dropout:
        return SubwordSampler.bpe_dropout(tokenizer, rate=recipe.dropout, seed=seed)
    return SubwordSampler.unigram(tokenizer, alpha=recipe.sampling, seed=seed)


def _packed(
    sampler: SubwordSampler, codec: Codec, texts: list[str], masks: list[Mask], generator: np.random.Generator
) -> Packed:
    return Packed.of([[*ids, codec.special.end] for ids in sampler.encode_batch(codec.hide(texts, masks), generator)])

"""The least memory that training takes, checked before work begins."""

from __future__ import annotations

import torch

from dragoman.contracts import SourceSize, TargetSize
from dragoman.data.dataset import Dataset
from dragoman.model.build import weighty_parameters
from dragoman.model.memory import Need, refuse_what_cannot_fit, room_of, sizes_of
from dragoman.recipe import Recipe, changed
from dragoman.recipe.example_sizes import stand_in_sizes

_PER_PARAMETER = 20
"""Bytes: weight, gradient, their running average, and Adam's two moments, in float32 each."""
_PER_STATE = 2
"""Bytes of a number in a hidden state, in the shortest of precisions."""
_STATES_PER_LAYER = 4
"""Vectors as wide as the model that a layer keeps of a token for the backward pass, at the least."""
_PER_TOKEN = 8
"""Bytes of a token's number."""
_SMALLEST_VOCABULARY = 300


def check_before_data(recipe: Recipe, device: torch.device) -> None:
    """Make sure that the memory can suffice for a recipe, as far as that is known before its data is read.

    Raises:
        InputError: if the memory cannot suffice.
    """
    if recipe.tokenizer.model is not None:
        recipe = changed(recipe, {"tokenizer": {"vocabulary_size": _SMALLEST_VOCABULARY}})
    batch = recipe.training.batch
    needs = [_of_parameters(recipe, *stand_in_sizes(recipe))]
    if batch.accumulation > 1:
        needs.append(_of_accumulation(recipe, batch.tokens))
    refuse_what_cannot_fit(needs, room_of(device))


def check_dataset(recipe: Recipe, dataset: Dataset, device: torch.device) -> None:
    """Make sure that the memory can suffice for training by a recipe on a dataset.

    Raises:
        InputError: if the memory cannot suffice.
    """
    tokens = int(dataset.train.target_lengths.sum())
    check_with_data(recipe, dataset.source.size, dataset.target.size, tokens, device)


def check_with_data(
    recipe: Recipe, source: SourceSize, target: TargetSize, largest_batch: int, device: torch.device
) -> None:
    """Make sure that the memory can suffice for training by a recipe on data of these sizes.

    Args:
        recipe: the recipe of the training.
        source: size of the source vocabulary, of the pictures or of the rows.
        target: size of the target vocabulary, or the number of classes.
        largest_batch: number of target tokens, or examples, in all training data, which no mini-batch exceeds.
        device: the device to train on.

    Raises:
        InputError: if the memory cannot suffice.
    """
    tokens = min(recipe.training.batch.tokens, largest_batch)
    needs = [_of_parameters(recipe, source, target), _of_accumulation(recipe, tokens), _of_states(recipe, tokens)]
    refuse_what_cannot_fit(needs, room_of(device))


def _of_parameters(recipe: Recipe, source: SourceSize, target: TargetSize) -> Need:
    count = weighty_parameters(recipe.model, source, target)
    settings = sizes_of(recipe.model, source, target)
    return Need(_PER_PARAMETER * count, f"{count:,} parameters with what trains them", settings)


def _of_accumulation(recipe: Recipe, tokens: int) -> Need:
    # Where the number of mini-batches grows during the run, it ends here: the largest update is what has to fit.
    batch = recipe.training.batch
    settings = (f"training.batch.accumulation = {batch.accumulation}", f"training.batch.tokens = {batch.tokens}")
    return Need(_PER_TOKEN * batch.accumulation * tokens, "the mini-batches of an update", settings)


def _of_states(recipe: Recipe, tokens: int) -> Need:
    decoder = recipe.model.decoder
    numbers = getattr(decoder, "layers", 0) * getattr(decoder, "width", 0) * _STATES_PER_LAYER
    settings: tuple[str, ...] = (f"training.batch.tokens = {recipe.training.batch.tokens}",)
    if not recipe.training.r_drop:
        return Need(_PER_STATE * numbers * tokens, "the decoder's hidden states of a mini-batch", settings)
    settings += (f"training.r_drop = {recipe.training.r_drop:g}",)
    return Need(2 * _PER_STATE * numbers * tokens, "the decoder's hidden states of both passes", settings)

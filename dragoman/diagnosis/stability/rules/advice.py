"""Remedies, with the recipe's settings that they change and the present values of these."""

from __future__ import annotations

from dragoman.diagnosis.stability.places import side_of
from dragoman.recipe import Recipe
from dragoman.recipe.perceptron import PerceptronRecipe
from dragoman.recipe.recurrent import RecurrentDecoderRecipe, RecurrentRecipe
from dragoman.recipe.training import TrainingRecipe
from dragoman.recipe.transformer import TransformerRecipe

_LEAST_SHARE = 0.05
"""Share of the run that a longer warm-up takes at the least, where it is given as a share."""


def calmer_training(recipe: Recipe, *, clip: bool = True) -> list[str]:
    """Advice for smaller and better prepared steps.

    Args:
        recipe: the run's recipe.
        clip: whether to mention gradient clipping, where it is off.
    """
    training = recipe.training
    rate = training.optimizer.learning_rate
    advice = [
        f"lower the learning rate (training.optimizer.learning_rate = {rate / 3:.2g} instead of {rate:g})",
        _longer_warmup(training),
    ]
    if clip and not training.optimizer.clip_norm:
        advice.append("clip the gradient (training.optimizer.clip_norm = 1.0; it is off)")
    if training.precision == "float16":
        advice.append('compute in another precision (training.precision = "bfloat16" or "float32")')
    return advice


def _longer_warmup(training: TrainingRecipe) -> str:
    share, warmup = training.schedule.warmup_share, training.schedule.warmup
    if share is not None:
        wider = min(max(2 * share, _LEAST_SHARE), (1 + share) / 2)
        return f"warm up for longer (training.schedule.warmup_share = {wider:.2g} instead of {share:g})"
    longer = max(2 * warmup, min(1000, training.updates // 10), 1)
    beside = "" if longer < training.updates else f" with training.updates = {2 * training.updates:,}"
    said = f"warm up for longer (training.schedule.warmup = {longer:,} instead of {warmup:,}{beside})"
    return said.replace(",", "_")


def norm_placement(recipe: Recipe, name: str) -> list[str]:
    """Advice to normalise before each sub-layer, where a Transformer does it after them."""
    section = section_of(recipe, name)
    if isinstance(section, TransformerRecipe) and section.norm == "post":
        return [f'normalise before each sub-layer ({key_of(name)}.norm = "pre" instead of "post")']
    return []


def residual_connections(recipe: Recipe, name: str) -> list[str]:
    """Advice to add residual connections, where recurrent layers have none."""
    section = section_of(recipe, name)
    if isinstance(section, RecurrentRecipe) and not section.residual and section.layers > 1:
        return [f"give the stack residual connections ({key_of(name)}.residual = true)"]
    return []


def fewer_layers(recipe: Recipe, name: str) -> list[str]:
    """Advice to use fewer layers."""
    layers = getattr(section_of(recipe, name), "layers", None)
    if isinstance(layers, int) and layers > 2:
        return [f"use fewer layers ({key_of(name)}.layers = {layers // 2} instead of {layers})"]
    return []


def gated_cell(recipe: Recipe, name: str) -> list[str]:
    """Advice to use a gated cell instead of a plain one."""
    section = section_of(recipe, name)
    if isinstance(section, RecurrentRecipe) and section.kind == "rnn":
        return [f'use a gated cell instead of the plain one ({key_of(name)}.kind = "lstm" or "gru")']
    return []


def attention(recipe: Recipe) -> list[str]:
    """Advice to use attention, where there is an encoder and none is used."""
    if not recipe.model.reads_without_attention or not isinstance(recipe.model.decoder, RecurrentDecoderRecipe):
        return []
    return ['let the decoder look at every state of the encoder (model.decoder.attention = "additive")']


def other_units(recipe: Recipe, name: str, activation: str, instead_of: tuple[str, ...]) -> list[str]:
    """Advice to use another activation function, where the recipe has the choice.

    Args:
        recipe: the run's recipe.
        name: name of the layer or module.
        activation: activation function to use.
        instead_of: activation functions that it may replace.
    """
    section = section_of(recipe, name)
    if isinstance(section, (TransformerRecipe, PerceptronRecipe)) and section.activation in instead_of:
        return [f'use other units ({key_of(name)}.activation = "{activation}" instead of "{section.activation}")']
    return []


def section_of(recipe: Recipe, name: str) -> object:
    """The section of the recipe that a layer or module was built from."""
    return recipe.model.encoder if side_of(name) == "encoder" else recipe.model.decoder


def key_of(name: str) -> str:
    """The key of that section in the recipe."""
    return "model.encoder" if side_of(name) == "encoder" else "model.decoder"


def sentence(advice: list[str]) -> str:
    """Join pieces of advice, the most likely first, into one sentence."""
    text = "; or ".join(advice)
    return text[:1].upper() + text[1:] + "."

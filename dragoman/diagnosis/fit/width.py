"""A recipe's model, wider or narrower."""

from __future__ import annotations

from dragoman.errors import RecipeError
from dragoman.recipe import Recipe, recipe_from
from dragoman.storage.json import JsonObject

_WIDEST_EMBEDDING = 1024
"""Largest width of the embedding of a categorical column."""
_DOT_PRODUCTS = ("dot", "scaled_dot")


def widened(recipe: Recipe, factor: float) -> Recipe | None:
    """The recipe with the widths of all layers multiplied by ``factor``, embeddings and attention heads among them.

    Sizes that must be equal stay equal: tied embeddings, states compared by dot products, heads that divide a width. A
    linear encoder has no width; widened, it becomes a multilayer perceptron with the recipe's hidden layers.

    Args:
        recipe: recipe whose model is widened.
        factor: positive factor; below 1 the model becomes narrower.

    Returns:
        The changed recipe; None if there is nothing to widen, or the result would be invalid.

    >>> from dragoman.recipe import load_recipe
    >>> recipe = load_recipe("tiny")
    >>> recipe.model.encoder.width, widened(recipe, 0.5).model.encoder.width
    (128, 64)
    """
    values = recipe.model_dump(mode="json", exclude_none=True)
    model = values["model"]
    for side in ("encoder", "decoder"):
        model[side] = _scaled(model[side], factor)
    _keep_equal(model)
    try:
        changed = recipe_from(values)
    except RecipeError:
        return None
    return None if changed.model == recipe.model else changed


def _scaled(stack: JsonObject, factor: float) -> JsonObject:
    kind = stack["kind"]
    if kind == "linear":
        return {**stack, "kind": "mlp"} if factor > 1 else dict(stack)
    if kind == "mlp":
        embedding = min(_times(stack["embedding_width"], factor), _WIDEST_EMBEDDING) if stack["embedding_width"] else 0
        return {**stack, **_times_all(stack, ("hidden",), factor), "embedding_width": embedding}
    if kind == "lenet":
        return {**stack, **_times_all(stack, ("channels", "hidden"), factor)}
    if kind == "residual":
        return {**stack, **_times_all(stack, ("channels", "width"), factor)}
    if kind == "transformer":
        return _with_heads({**stack, **_times_all(stack, ("feed_forward",), factor)}, factor)
    if kind in ("rnn", "gru", "lstm"):
        changed = {**stack, **_times_all(stack, ("embedding_width",), factor)}
        has_heads = stack.get("attention") == "multi_head"
        return _with_heads(changed, factor) if has_heads else {**changed, **_times_all(stack, ("width",), factor)}
    return {**stack, **_times_all(stack, ("width",), factor)}


def _with_heads(stack: JsonObject, factor: float) -> JsonObject:
    """Keep the width of a head, where the number of heads can change instead."""
    heads = _times(stack["heads"], factor)
    each = max(round(stack["width"] * factor / heads), 1)
    return {**stack, "heads": heads, "width": heads * each}


def _times_all(stack: JsonObject, names: tuple[str, ...], factor: float) -> JsonObject:
    return {
        name: [_times(size, factor) for size in stack[name]]
        if isinstance(stack[name], (list, tuple))
        else _times(stack[name], factor)
        for name in names
        if name in stack
    }


def _times(size: int, factor: float) -> int:
    return max(round(size * factor), 1)


def _keep_equal(model: JsonObject) -> None:
    """Make sizes equal again that rounding made unequal."""
    encoder, decoder = model["encoder"], model["decoder"]
    if decoder.get("attention") in _DOT_PRODUCTS and encoder["kind"] != "none":
        decoder["width"] = encoder["width"] * (2 if encoder.get("bidirectional") else 1)
    if model["tie"] == "all":
        width = encoder.get("embedding_width", encoder["width"])
        name = "width" if decoder["kind"] == "transformer" else "embedding_width"
        if decoder.get("embedding_width", decoder["width"]) != width:
            decoder[name] = width

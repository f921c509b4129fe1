"""The examples of the training distribution that a model did not learn from, and their profile."""

from __future__ import annotations

from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.model.folder import LoadedModel
from dragoman.reference.measure import profile_of
from dragoman.reference.profile import Profile


def reference_of(loaded: LoadedModel, dataset: Dataset) -> Profile | None:
    """The profile of held-out examples of the training distribution, which is kept with the model; None if the recipe
    wants none.

    The examples are those that were held out of the training corpora, validation and test set together; else the
    validation set. They are evenly spread, and at most ``reference.examples`` of the recipe.

    >>> from pathlib import Path
    >>> from dragoman.model.folder import load_model
    >>> profile = reference_of(load_model("runs/demo/best"), Dataset.open(Path("runs/demo/dataset")))
    >>> profile.origin
    'the validation set and the test set, held out of the training examples'

    Args:
        loaded: the model, with its final weights.
        dataset: the dataset that it was trained on.
    """
    settings = loaded.recipe.reference
    if not settings.examples:
        return None
    examples, origin = _held_out(dataset)
    return profile_of(
        loaded,
        examples.spread(min(len(examples), settings.examples)),
        corpora=[corpus.name for corpus in dataset.corpora],
        texts=settings.texts,
        origin=origin,
    )


def _held_out(dataset: Dataset) -> tuple[Examples, str]:
    """The examples, and a phrase that says which they are."""
    splits = {"validation": dataset.validation, "test": dataset.test}
    # Datasets of earlier versions do not say what was held out.
    names = dataset.report.get("held_out", [])
    chosen = {name: split for name, split in splits.items() if name in names and split is not None}
    if not chosen:
        return dataset.validation, "the validation set"
    first, *others = chosen.values()
    for other in others:
        first = first.followed_by(other)
    said = " and ".join(f"the {name} set" for name in chosen)
    return first, f"{said}, held out of the training examples"

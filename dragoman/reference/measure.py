"""The profile of some examples: what a model makes of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, Int64

from dragoman.data.bucketing import in_order
from dragoman.data.examples import Examples
from dragoman.errors import InputError
from dragoman.fields.place import TablePlace
from dragoman.model.coefficients import is_linear
from dragoman.model.folder import LoadedModel
from dragoman.predict.given import items_of
from dragoman.progress.counting import Counting
from dragoman.reference.features import numbered, side_by_side
from dragoman.reference.inputs.kinds import input_kind
from dragoman.reference.inputs.read_inputs import ReadInputs
from dragoman.reference.outputs.kinds import output_kind
from dragoman.reference.outputs.said import OutputKind, Said, TrueOutputs, check_count, joined_said
from dragoman.reference.profile import Classes, Profile
from dragoman.reference.projection import projected

CORPUS = "corpus"
STATE = "hidden state"


def profile_of(
    loaded: LoadedModel,
    examples: Examples,
    *,
    corpora: Sequence[str] = (),
    like: Profile | None = None,
    texts: bool = False,
    search: bool = True,
    origin: str = "",
) -> Profile:
    """The profile of examples of a dataset, whose true outputs are known.

    A document is what stands in one file, if a corpus has several files.

    >>> from pathlib import Path
    >>> from dragoman.data.dataset import Dataset
    >>> from dragoman.model.folder import load_model
    >>> dataset = Dataset.open(Path("runs/demo/dataset"))
    >>> profile = profile_of(load_model("runs/demo/best"), dataset.validation)
    >>> profile.features[:2], len(profile) == len(dataset.validation)
    (('length in characters, as a logarithm', 'length in tokens, as a logarithm'), True)

    Args:
        loaded: the model.
        examples: at least one example, encoded by the model's own fields.
        corpora: the names of the corpora that the examples are from, by their numbers.
        like: the profile of other examples; where classes are ranges of a number, they are the same ranges.
        texts: whether inputs are kept, if they are texts.
        search: whether features are measured that only a search for the model's own output finds, which takes longest.
        origin: a phrase that says which examples these are.
    """
    kind = output_kind(loaded) if search else output_kind(loaded).without_search()
    inputs = input_kind(loaded).of_examples(loaded, examples)
    true = kind.true_of_examples(loaded, inputs, examples)
    numbers = examples.corpora.astype(np.int64)
    files = np.array([file for file, _ in examples.places(np.arange(len(examples)))], dtype=np.int64)
    several = len(np.unique(np.stack([numbers, files]), axis=1).T) > len(np.unique(numbers))
    return _profile(
        loaded,
        kind,
        inputs,
        true,
        like=like,
        classes={CORPUS: Classes(tuple(corpora), numbers)} if kind.has_corpora and len(corpora) > 1 else {},
        documents=files if several else None,
        shown=inputs.shown if texts else None,
        origin=origin,
        progress=False,
    )


def profile_of_inputs(
    loaded: LoadedModel,
    inputs: Iterable[object],
    outputs: Iterable[object] | None = None,
    *,
    like: Profile | None = None,
    documents: Sequence[Hashable] | None = None,
    table: TablePlace | None = None,
    outputs_table: TablePlace | None = None,
    texts: bool = True,
    search: bool = True,
    origin: str = "",
    progress: bool | None = None,
) -> Profile:
    """The profile of inputs as a caller passes them. Its features are those that :func:`profile_of` gives for equal
    examples of a dataset.

    >>> from dragoman.model.folder import load_model
    >>> profile = profile_of_inputs(load_model("runs/demo/best"), ["a b c", ""], documents=["one", "two"])
    >>> profile.inputs, profile.losses, profile.documents.tolist()
    (('a b c', ''), None, [0, 1])

    Args:
        loaded: the model.
        inputs: at least one: texts; pictures (paths, bytes, arrays, Pillow's images); or rows: a DataFrame, or a list
            with a mapping from column to value for each.
        outputs: the true output for each input: texts, labels, numbers, or for each text its tags with spaces between
            them. None if they are not known. A language model, which predicts its inputs, has none.
        like: the profile of other examples, such as the model's reference; where classes are ranges of a number, they
            are the same ranges.
        documents: what names the document of each input; None if documents are not known.
        table: the table that pictures or rows stand in, for errors.
        outputs_table: the table, or the file, that the true outputs stand in, for errors.
        texts: whether the inputs are kept as text for people.
        search: whether features are measured that only a search for the model's own output finds, which takes longest.
        origin: a phrase that says which examples these are.
        progress: whether to show how far it is; by default where a person watches: on a terminal, or in a notebook.

    Raises:
        InputError: if there is no input, one cannot be read, or a true output is none that the model could give, such
            as a label that training has not seen; or if there is not one output, or one document, for each input.
    """
    kind = output_kind(loaded) if search else output_kind(loaded).without_search()
    read = input_kind(loaded).of_given(loaded, inputs, table)
    if not len(read):
        raise InputError("there is no input to measure", remedy="give at least one.")
    true = kind.true_of_inputs(loaded, read)
    if outputs is not None:
        given = list(items_of(outputs, kind.true_outputs))
        check_count(len(read), len(given), kind.true_outputs)
        places = outputs_table or TablePlace(kind.true_outputs, range(1, len(given) + 1))
        true = kind.true_of_given(loaded, read, given, [places.of(row) for row in range(len(given))])
    if documents is not None:
        check_count(len(read), len(documents), "names of documents")
    numbers = {name: number for number, name in enumerate(dict.fromkeys(documents or ()))}
    return _profile(
        loaded,
        kind,
        read,
        true,
        like=like,
        classes={},
        documents=None if documents is None else np.array([numbers[name] for name in documents], dtype=np.int64),
        shown=read.shown if texts else None,
        origin=origin,
        progress=progress,
    )


def _profile(
    loaded: LoadedModel,
    kind: OutputKind,
    inputs: ReadInputs,
    true: TrueOutputs | None,
    *,
    like: Profile | None,
    classes: Mapping[str, Classes],
    documents: Int64[np.ndarray, " n"] | None,
    shown: tuple[str, ...] | None,
    origin: str,
    progress: bool | None,
) -> Profile:
    said = _said(loaded, kind, inputs, true, progress)
    states = {} if is_linear(loaded) else numbered(STATE, projected(said.states.numpy()))
    features = {**inputs.features, **said.features, **states}
    residuals = None
    if said.predictions is not None and true is not None and true.values is not None:
        residuals = (said.predictions - true.values).astype(np.float32)
    found = kind.classes(loaded, true, said.probabilities, like.classes if like is not None else {})
    return Profile(
        tuple(features),
        side_by_side(features, len(inputs)),
        losses=None if said.losses is None else _finite(said.losses),
        residuals=None if residuals is None else _finite(residuals),
        classes={**classes, **found},
        documents=documents,
        inputs=shown,
        origin=origin,
    )


def _said(
    loaded: LoadedModel, kind: OutputKind, inputs: ReadInputs, true: TrueOutputs | None, progress: bool | None
) -> Said:
    """What the model says of all inputs, from short to long, so that few tokens are padding."""
    loaded.model.eval()
    places: list[Int[np.ndarray, " B"]] = []
    parts: list[Said] = []
    with torch.inference_mode(), Counting(len(inputs), "inputs", progress) as counting:
        for rows in in_order(inputs.lengths, inputs.lengths, tokens=inputs.together):
            parts.append(kind.said(loaded, inputs, true, rows))
            places.append(rows)
            counting.add(len(rows))
    return joined_said(parts, np.argsort(np.concatenate(places)))


def _finite(values: Float[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
    """The values in single precision; what is too large for it is the largest number that is not."""
    return np.nan_to_num(values.astype(np.float32))

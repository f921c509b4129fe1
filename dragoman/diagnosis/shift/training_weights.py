"""Weights for the training examples of a run, by which they stand for new inputs."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from dragoman.data.dataset import Dataset
from dragoman.data.example_weights import check_ending, example_keys, write_weights
from dragoman.data.examples import Examples
from dragoman.errors import InputError
from dragoman.fields.place import TablePlace
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.given import texts_of
from dragoman.progress.counting import Counting
from dragoman.reference.measure import profile_of, profile_of_inputs
from dragoman.reference.profile import Profile
from dragoman.reports.text import percent_text
from dragoman.shift.density_ratio import DensityRatio, density_ratio
from dragoman.shift.importance_weights import ImportanceWeights, importance_weights
from dragoman.storage.output import check_output
from dragoman.storage.run_paths import RunPaths, model_in, run_around
from dragoman.tasks.table import task_of
from dragoman.text.normalization import is_visible
from dragoman.training.run_folder import RunFolder

FITTED = 5_000
"""Most training examples that the ratio is fitted on; all are weighted."""
FEWEST = 50
"""Fewest new inputs that a ratio is fitted on."""
_TOGETHER = 5_000
"""Number of training examples whose features are held at a time."""


@dataclass(frozen=True, slots=True)
class TrainingWeights:
    """The weights of a run's training examples.

    Attributes:
        file: file that they were written to.
        weights: weights with mean 1, their effective share and their cap.
        held_out_loss: mean log-loss, in nats, of the classifier that tells new inputs from training examples.
        constant_loss: mean log-loss of one constant probability.
    """

    file: Path
    weights: ImportanceWeights
    held_out_loss: float
    constant_loss: float

    def as_text(self) -> str:
        """What was written, and what to do with it, for people to read."""
        found = self.weights
        told = 1 - self.held_out_loss / self.constant_loss
        hardly = (
            " The new inputs can hardly be told from the training examples, so that these weights change little."
            if told < 0.01
            else ""
        )
        return (
            f"Weights of {len(found.values):,} training examples, from {found.values.min():.3g} to "
            f"{found.values.max():.3g} with mean 1, are in {self.file}. The examples are worth "
            f"{percent_text(found.effective_share)} of as many that weigh alike, and {percent_text(found.capped)} of "
            f"the weights were cut off.{hardly} `dragoman train RECIPE --weights {self.file}` trains with them, on the "
            "same corpora."
        )


def write_training_weights(
    model: Path | str,
    inputs: Iterable[object],
    file: Path | str,
    *,
    documents: Sequence[Hashable] | None = None,
    table: TablePlace | None = None,
    cap: float | None = None,
    seed: int = 1,
    progress: bool | None = None,
) -> TrainingWeights:
    """Write a file with a weight for each training example of a run, by which they stand for new inputs.

    The weight is min(exp h, c) with mean 1, where h = ln p_new(x) / p_training(x) is fitted by logistic regression on
    features of the inputs (Sugiyama et al. 2012, section 4.2). What a translator would write takes a search, and is not
    among them. The examples that h is fitted on are weighted by classifiers that were fitted without them.

    Args:
        model: folder of a run, or of the best model in it.
        inputs: new inputs, as :func:`~dragoman.reference.measure.profile_of_inputs` takes them.
        file: file of the weights: ``.parquet``, ``.csv`` or ``.tsv``.
        documents: name of each input's document; None if they are not known.
        table: table that pictures or rows stand in, for errors.
        cap: largest ratio that counts, c; by default √n for n training examples.
        seed: seed of all draws.
        progress: whether to show how far it is; by default where a person watches.

    Raises:
        InputError: if there is no run, there are too few inputs, one cannot be read, or the weights would rest on too
            few training examples.
        OutputError: if the file cannot be written.
    """
    file = Path(file)
    place, run = check_weights(Path(model), file)
    loaded, dataset = load_model(place), run.dataset()
    inputs, documents = _with_text(loaded, inputs, documents)
    new = profile_of_inputs(
        loaded, inputs, documents=documents, table=table, texts=False, search=False, progress=progress
    )
    if len(new) < FEWEST:
        raise InputError(
            f"{len(new):,} new inputs are too few to weigh training examples by",
            remedy=f"give {FEWEST} or more; the more there are, the better the weights.",
        )
    chosen, ratio = _ratio(loaded, dataset, new, seed)
    log_ratios = _log_ratios(loaded, dataset.train, ratio, progress)
    log_ratios[chosen] = ratio.old
    weights = importance_weights(log_ratios, cap)
    files, lines = np.array(dataset.train.places(np.arange(len(dataset.train))), dtype=np.int64).T
    keys = example_keys(dataset.train.stored, dataset.files)
    write_weights(file, dataset.files, (files, lines), keys, weights.values)
    return TrainingWeights(file, weights, ratio.held_out_loss, ratio.constant_loss)


def check_weights(model: Path, file: Path) -> tuple[Path, RunFolder]:
    """Check, before work begins, that training examples can be weighted, and that the file can be written.

    Args:
        model: folder of a run, or of the best model in it.
        file: file of the weights.

    Returns:
        The folder of the model, and that of its run.

    Raises:
        InputError: if the model lies in no run, or the file's ending is none of a file of weights.
        OutputError: if the file cannot be written.
    """
    check_ending(file)
    check_output(file)
    place = model_in(model)
    paths = run_around(place) if place is not None else RunPaths(model)
    if place is None or not paths.dataset_folder.is_dir():
        raise InputError(
            "there are no training examples here to be weighted",
            file=model,
            cause="this is a model without the run that it comes from.",
            remedy="give the folder of the run, which holds the dataset that the model was trained on.",
        )
    return place, RunFolder(paths.path)


def _with_text(
    loaded: LoadedModel, inputs: Iterable[object], documents: Sequence[Hashable] | None
) -> tuple[Iterable[object], Sequence[Hashable] | None]:
    """Inputs without those that are texts without any visible character, and the documents of the rest."""
    task = task_of(loaded.recipe)
    if not task.text_sides[0] and task.words.truth:
        return inputs, documents
    texts = texts_of(inputs)  # type: ignore[arg-type]  # It refuses all else.
    kept = [row for row, text in enumerate(texts) if is_visible(text)]
    return [texts[row] for row in kept], None if documents is None else [documents[row] for row in kept]


def _ratio(
    loaded: LoadedModel, dataset: Dataset, new: Profile, seed: int
) -> tuple[Int64[np.ndarray, " k"], DensityRatio]:
    """The training examples that the ratio is fitted on, and the ratio."""
    count = min(len(dataset.train), FITTED)
    chosen = np.sort(np.random.default_rng(seed).choice(len(dataset.train), count, replace=False))
    old = profile_of(loaded, dataset.train.take(chosen), search=False)
    if old.features != new.features:
        raise ValueError(f"training examples have the features {old.features}, and new inputs {new.features}")
    sides = [old.documents, new.documents]
    numbers = [np.arange(len(each)) if side is None else side for each, side in zip((old, new), sides, strict=True)]
    documents = np.concatenate([numbers[0], numbers[0].max() + 1 + numbers[1]])
    return chosen, density_ratio(old.values, new.values, documents=documents, seed=seed)


def _log_ratios(
    loaded: LoadedModel, train: Examples, ratio: DensityRatio, progress: bool | None
) -> Float64[np.ndarray, " n"]:
    """ln p_new(x) / p_training(x) of all training examples, some thousand at a time."""
    found = np.zeros(len(train))
    with Counting(len(train), "training examples", progress) as counting:
        for begin in range(0, len(train), _TOGETHER):
            rows = np.arange(begin, min(begin + _TOGETHER, len(train)))
            found[rows] = ratio.log_ratio(profile_of(loaded, train.take(rows), search=False).values)
            counting.add(len(rows))
    return found

"""What a model is computed with, chosen after it was saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts.expect import expect
from dragoman.data.dataset import Dataset
from dragoman.errors import InputError, UnsupportedError
from dragoman.export.shortlist_file import SHORTLIST, load_shortlist
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.engine_choice import EngineChoice
from dragoman.recipe.kinds import sentence_of
from dragoman.storage.folder import replace_files
from dragoman.storage.given import given_path
from dragoman.storage.run_paths import run_around
from dragoman.storage.verified import VerifiedFolder
from dragoman.tasks.choose_settings import ChosenEngine
from dragoman.tasks.table import task_of
from dragoman.text.codec import Codec


def quantize(model: Path | str, *, dataset: Path | str | None = None) -> EngineChoice:
    """Choose, by the validation set, the fastest numbers, shortlist and preview of the output layer that cost a trained
    model no quality, and keep the choice in the model's folder.

    That is done for every model at the end of its training; this is for models that were saved before. A shortlist that
    the model has is kept; where it has none, some are learnt, if the vocabulary is large, and the shortest that costs
    nothing is taken.

    Args:
        model: the folder of a translator or of a reader of pictures.
        dataset: the dataset that it was trained on; by default that of the run that it lies in.

    Raises:
        InputError: if there is no model or no dataset, or the dataset has another vocabulary.
        UnsupportedError: if the native engine computes such models in float32 alone, or not at all.
    """
    folder = given_path(model, "the folder of a model")
    loaded = load_model(folder)
    if not task_of(loaded.recipe).searches:
        raise _nothing_chosen(loaded)
    opened = training_data(folder, loaded, None if dataset is None else given_path(dataset, "the folder of a dataset"))
    kept = VerifiedFolder.open(folder).holds(SHORTLIST)
    shortlists = (
        [load_shortlist(folder, *loaded.vocabularies)] if kept else task_of(loaded.recipe).shortlists(loaded, opened)
    )
    choice = keep_choice(folder, loaded, opened, shortlists)
    if choice is None:
        raise _nothing_chosen(loaded)
    return choice


def _nothing_chosen(loaded: LoadedModel) -> UnsupportedError:
    return UnsupportedError(
        f"{sentence_of(loaded.recipe.model)}, for which nothing is chosen",
        cause="numbers and shortlists are chosen for translators and readers that the native engine can compute; "
        "`dragoman doctor` says whether it is built.",
        remedy="use the model as it is.",
    )


def keep_choice(
    folder: Path, loaded: LoadedModel, dataset: Dataset, shortlists: Sequence[Shortlist]
) -> EngineChoice | None:
    """Choose what a model is computed with, and keep that, the shortlist and the preview in its folder; None where the
    native engine computes such models in float32 alone, or not at all."""
    chosen = task_of(loaded.recipe).chosen_engine(loaded, dataset, shortlists)
    if chosen is None:
        return None
    replace_files(folder, _bytes(chosen))
    return chosen.choice


def training_data(folder: Path, loaded: LoadedModel, dataset: Path | None) -> Dataset:
    """The dataset that a model was trained on.

    Args:
        folder: the model's folder.
        loaded: the model.
        dataset: the dataset's folder; None for that of the run that the model lies in.

    Raises:
        InputError: if there is none, or one with other vocabularies.
    """
    opened = Dataset.open(dataset if dataset is not None else run_around(folder).dataset_folder)
    ours, theirs = (expect(side.target, Codec).tokenizer.vocabulary for side in (loaded, opened))
    if ours != theirs or loaded.source.size != opened.source.size:
        raise InputError(
            "the dataset has another vocabulary than the model",
            file=dataset,
            remedy="give the dataset that it was trained on: RUN/dataset.",
        )
    return opened


def _bytes(chosen: ChosenEngine) -> dict[str, bytes]:
    return {
        name: content if isinstance(content, bytes) else content.encode() for name, content in chosen.files().items()
    }

"""Evaluating a model on disk: on the test set of its run, or on given corpora."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.assessment.assess import RECIPES_SEARCH, assess
from dragoman.assessment.given import fitting_corpora
from dragoman.assessment.search_picture import draw_search_report
from dragoman.assessment.search_report import compared_searches
from dragoman.contracts import Exact
from dragoman.data.dataset import Dataset
from dragoman.data.given import examples_of
from dragoman.errors import InputError
from dragoman.evaluation.search_report import SearchReport
from dragoman.model.device import choose_device
from dragoman.model.folder import LoadedModel, load_model
from dragoman.recipe.data import CorpusRecipe
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.given import given_path
from dragoman.storage.json import JsonObject
from dragoman.storage.run_paths import name_of_model, run_around
from dragoman.tasks.assessment import Assessed, Assessment, HeldOut, Search, held_out_of
from dragoman.tasks.table import task_of
from dragoman.tasks.task import Asked


@dataclass(frozen=True, slots=True, repr=False)
class Evaluation(Shown):
    """A model measured on data.

    Attributes:
        assessment: the results.
        split: name of the examples that the model was measured on, such as ``test set``.
        searches: several searches beside exact search, if that was asked for.
    """

    assessment: Assessment
    split: str
    searches: SearchReport | None = None

    def summary(self) -> Summary:
        """A short summary of the evaluation."""
        return self.assessment.report.summary()

    def as_text(self) -> str:
        """The report as text."""
        report = self.assessment.report.as_text()
        return report if self.searches is None else f"{report}\n\n{self.searches.as_text()}"

    def to_dict(self) -> JsonObject:
        """The report as a dictionary that JSON can represent."""
        searches = {} if self.searches is None else {"searches": self.searches.to_dict()}
        return {**self.assessment.report.to_dict(), **searches}


def evaluate(
    model: Path | str,
    corpora: Sequence[Mapping[str, object]] = (),
    *,
    columns: str | None = None,
    search: Search = RECIPES_SEARCH,
    device: str = "auto",
    outputs: bool = False,
    picture: Path | None = None,
    search_report: Exact | None = None,
    progress: bool | None = None,
) -> Evaluation:
    """Measure how good a model is, with confidence intervals.

    Translations: BLEU, chrF2++, TER, exact match, kept placeholders. Text that was read from pictures: character and
    word error rate. Labels: accuracy, macro-F1, calibration. Numbers: RMSE, MAE, R². Language models: perplexity and
    bits per character.

    Args:
        model: the folder of a model, such as ``runs/demo/best``.
        corpora: what to measure it on, each as a recipe writes a corpus, such as ``{"source": "test.en", "target":
            "test.de"}``; none for the test set of the run that the model lies in.
        columns: the names of the columns, as ``source,target`` or the target alone, where they are not those of
            training.
        search: the search for outputs, where a search is needed.
        device: where to compute: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        outputs: whether to return what the model writes or predicts.
        picture: PNG file to draw the report into: the confusion matrix of labels, the errors of numbers, or the search
            report.
        search_report: exact search that others are compared with, of models that write text for an input: how often
            greedy search and beams miss the model's best output. None for no such report.
        progress: whether to show how far the search report is; by default where a person watches: on a terminal, or in
            a notebook.

    Raises:
        InputError: if there is no model, no data, or data of another kind; or if the search asks for something that
            such models lack.

    >>> found = evaluate("runs/demo/best")
    >>> found.split, found.assessment.measures.quality.metric
    ('test set', 'BLEU')
    >>> given = evaluate("runs/demo/best", [{"source": "test.source", "target": "test.target"}])
    >>> len(given.assessment.outputs)
    30
    """
    folder = given_path(model, "the folder of a model")
    loaded = load_model(folder, choose_device(device))
    task = task_of(loaded.recipe)
    task.check(Asked(search, picture is not None and search_report is None, outputs), loaded, folder)
    given = fitting_corpora(loaded.recipe, corpora, columns)
    held_out = _given(loaded, given) if given else test_set_of(folder, loaded)
    searcher = None if search_report is None else task.searcher(loaded, held_out.examples, folder)
    (found,) = assess([Assessed(loaded, held_out)], search=search)
    title, searches = name_of_model(folder.absolute()), None
    if searcher is not None and search_report is not None:
        searches = compared_searches(searcher, loaded.recipe.search, search_report, progress=progress)
        if picture is not None:
            draw_search_report(searches, picture, title)
    elif picture is not None and found.draw is not None:
        found.draw(picture, title)
    return Evaluation(found, held_out.split, searches)


def test_set_of(folder: Path, loaded: LoadedModel) -> HeldOut:
    """The test set of the run that contains a model.

    Raises:
        InputError: if no run contains the model, or the run has no test set.
    """
    remedy = f"give {task_of(loaded.recipe).words.data}."
    place = run_around(folder).dataset_folder
    if not place.is_dir():
        raise InputError(
            "this model does not lie in its run, so there is no test set beside it", file=folder, remedy=remedy
        )
    dataset = Dataset.open(place)
    if dataset.test is None:
        raise InputError(
            "the run of this model held out no test set",
            file=folder,
            cause="validation files were given, and no test files.",
            remedy=remedy,
        )
    return held_out_of(dataset)


def _given(loaded: LoadedModel, corpora: Sequence[CorpusRecipe]) -> HeldOut:
    examples = examples_of(corpora, loaded.recipe, loaded.source, loaded.target)
    names = tuple(corpus.title for corpus in corpora)
    return HeldOut("corpora that were given", examples, loaded.source, loaded.target, names)

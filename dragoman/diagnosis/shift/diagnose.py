"""The diagnosis of shift: from a model and new inputs to what has changed, and what to do about it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dragoman.assessment.given import fitting_corpora
from dragoman.data.dataset import Dataset
from dragoman.data.given import examples_of
from dragoman.diagnosis.shift.advice import Subject, advise
from dragoman.diagnosis.shift.examine import examine
from dragoman.diagnosis.shift.findings import Findings, Sample
from dragoman.diagnosis.shift.language import OtherLanguage, can_tell_languages, other_language
from dragoman.diagnosis.shift.report import ShiftReport
from dragoman.diagnosis.shift.samples import Kept, first_of_each, kept_texts
from dragoman.diagnosis.shift.sentences import probability_text, reasons
from dragoman.diagnosis.shift.settings import Settings
from dragoman.diagnosis.shift.verdict import ShiftKind, Verdict, judge
from dragoman.errors import InputError
from dragoman.fields.place import TablePlace
from dragoman.model.device import choose_device
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.given import items_of, texts_of
from dragoman.reference.file import load_reference
from dragoman.reference.held_out import reference_of
from dragoman.reference.measure import profile_of, profile_of_inputs
from dragoman.reference.profile import Profile, with_shared_features
from dragoman.shift.samples import FEWEST_EXAMPLES
from dragoman.storage.given import given_path
from dragoman.storage.run_paths import name_of_model, run_around
from dragoman.tasks.table import task_of
from dragoman.tasks.task import Task
from dragoman.text.normalization import is_visible

Corpora = Sequence[Mapping[str, object]]
_SQUARES = "squared standard deviations"
"""The unit of the losses of numbers in a profile."""
USUAL_EXAMPLES = 500
"""New inputs among which a shift to another domain is found nearly always, by the benchmark of power."""
_MOSTLY = 0.5
"""Share of new text in another language from which it is refused."""
_LARGE = 0.75
"""Area under the curve from which a foreign language is believed: a model may have learnt from several languages, or
from one that its recipe does not name."""


@dataclass(frozen=True, slots=True)
class NewExamples:
    """New examples as a caller passes them.

    Attributes:
        inputs: texts, pictures, or rows.
        references: true output for each; None if they are not known.
        documents: what names the document of each; None if each is taken by itself.
        table: table that pictures or rows stand in, for errors.
        references_at: place of the references, for errors.
        file: file that the inputs are from, for errors.
    """

    inputs: Iterable[object]
    references: Iterable[object] | None = None
    documents: Iterable[Hashable] | None = None
    table: TablePlace | None = None
    references_at: TablePlace | None = None
    file: Path | None = None


def diagnose_shift(
    model: Path | str,
    inputs: Iterable[object],
    references: Iterable[object] | None = None,
    *,
    reference: Profile | Corpora | None = None,
    documents: Iterable[Hashable] | None = None,
    alpha: float = 0.05,
    permutations: int = 999,
    seed: int = 1,
    device: str = "auto",
    progress: bool | None = None,
) -> ShiftReport:
    """Whether new inputs are like those that a model was trained on; if not, what has changed, and what to do about it.

    Args:
        model: the folder of a model, such as ``runs/demo/best``.
        inputs: new inputs, as the model takes them: a list of texts, of pictures, or of rows; or a DataFrame.
        references: true output for each input: translations, texts of pictures, labels, numbers, or for each text its
            tags with spaces between them. Without them, concept shift cannot be told.
        reference: examples of the training distribution that were not trained on, for a model that has none: corpora,
            each as a recipe writes it, such as ``{"source": "test.en", "target": "test.de"}``; or their profile.
        documents: what names the document of each input, such as its file. Sentences of one document resemble each
            other, so whole documents are permuted.
        alpha: probability of finding something where nothing has changed.
        permutations: number of permutations of each test.
        seed: seed of all random numbers.
        device: where to compute: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        progress: whether to show how far it is; by default where a person watches: on a terminal, or in a notebook.

    Raises:
        InputError: if there is no model; if it has no reference and none is given; if there are too few inputs, or
            most are in another language than the model's; or if a true output is none that the model could give.

    >>> texts = Path("test.source").read_text().splitlines()
    >>> held_out = [{"source": "test.source", "target": "test.target"}]
    >>> report = diagnose_shift("runs/demo/best", texts, reference=held_out, permutations=99)
    >>> report.verdict.kind.value, report.findings.untold
    ('no shift found', 'cannot be told without references')
    """
    folder, settings = given_path(model, "the folder of a model"), Settings(alpha, permutations, seed)
    loaded = load_model(folder, choose_device(device))
    if reference is None:
        old = found_reference(loaded, folder)
    else:
        old = reference if isinstance(reference, Profile) else profile_of_corpora(loaded, reference)
    return diagnosed(loaded, folder, NewExamples(inputs, references, documents), old, settings, progress=progress)


def profile_of_corpora(loaded: LoadedModel, corpora: Corpora) -> Profile:
    """The profile of corpora that are given as a reference.

    Args:
        loaded: the model.
        corpora: corpora, each as a recipe writes it.

    Raises:
        InputError: if there is none, or the model cannot read one.
    """
    fitting = fitting_corpora(loaded.recipe, corpora)
    if not fitting:
        raise InputError(
            "an empty list was given as the reference", remedy=f"give {task_of(loaded.recipe).words.data}."
        )
    examples = examples_of(fitting, loaded.recipe, loaded.source, loaded.target)
    titles = tuple(corpus.title for corpus in fitting)
    return profile_of(loaded, examples, corpora=titles, origin=f"the reference {', '.join(titles)}")


def found_reference(loaded: LoadedModel, folder: Path) -> Profile:
    """The reference that a model keeps, or else that of the run that it lies in.

    Args:
        loaded: the model.
        folder: folder of the model.

    Raises:
        InputError: if there is none.
    """
    kept = load_reference(folder)
    if kept is not None:
        return kept
    dataset = run_around(folder).dataset_folder
    if dataset.is_dir():
        of_run = reference_of(loaded, Dataset.open(dataset))
        if of_run is not None:
            return of_run
    raise InputError(
        "this model keeps no reference of its training distribution, and does not lie in its run",
        file=folder,
        cause="an earlier version wrote it, or its recipe says reference.examples = 0.",
        remedy="name a file of examples like those of its training, which it was not trained on, with --reference; in "
        "Python, reference=[{…}].",
    )


def diagnosed(
    loaded: LoadedModel,
    folder: Path,
    new: NewExamples,
    old: Profile,
    settings: Settings,
    *,
    progress: bool | None = None,
) -> ShiftReport:
    """The diagnosis of a model that is loaded, with its reference.

    Args:
        loaded: the model.
        folder: folder of the model.
        new: the new examples.
        old: the reference.
        settings: how tests are done.
        progress: whether to show how far it is.

    Raises:
        InputError: in the cases of :func:`diagnose_shift`.
    """
    task = task_of(loaded.recipe)
    words, generative = task.words, not task.words.truth
    if new.references is not None and generative:
        raise InputError(
            "references were given, and a language model reads no input that something could follow from",
            file=folder,
            remedy="leave them out.",
        )
    texts: list[str] = []
    kept: Kept | None = None
    if task.text_sides[0] or generative:
        texts = texts_of(new.inputs)  # type: ignore[arg-type]  # It refuses all else.
        new, kept = _kept(new, texts, loaded, task)
        texts = [texts[row] for row in kept.rows.tolist()]
    profile = profile_of_inputs(
        loaded,
        new.inputs,
        new.references,
        like=old,
        documents=None if new.documents is None else list(new.documents),
        table=new.table,
        outputs_table=new.references_at,
        origin="the new examples",
        progress=progress,
    )
    kept = kept or Kept(np.arange(len(profile)))
    _check_size(len(profile), kept, words.inputs, new.file)
    old, copies = _comparable(old, loaded, is_text=bool(texts), by_document=profile.documents is not None)
    _check_reference(old, folder, words.inputs)
    shared_old, shared_new = with_shared_features(old, profile)
    code = task.language_of_inputs(loaded.recipe)
    language = other_language(texts, code) if code else None
    findings, numbers = examine(
        shared_old,
        shared_new,
        settings,
        samples=(_sample(old, copies, 0), _sample(profile, kept.copies, kept.blank)),
        numbers=kept.rows,
        unit=words.loss if profile.residuals is None and old.residuals is None else _SQUARES,
        generative=generative,
        language=language,
    )
    verdict = judge(numbers, settings.alpha)
    if language is not None:
        findings = _judged_language(findings, language, verdict, new.file)
    subject = Subject(str(folder), words.inputs, words.examples)
    return ShiftReport(
        name=name_of_model(folder.absolute()),
        verdict=verdict,
        because=reasons(verdict, findings, words.inputs),
        advice=advise(verdict, findings, subject),
        findings=replace(findings, remarks=(*findings.remarks, *_remarks(findings, code, words.inputs))),
        settings=settings,
    )


def _kept(new: NewExamples, texts: list[str], loaded: LoadedModel, task: Task) -> tuple[NewExamples, Kept]:
    """The texts that are compared with a reference, with what belongs to them."""
    count, words = len(texts), task.words
    references = None if new.references is None else list(items_of(new.references, words.truth))
    documents = None if new.documents is None else list(new.documents)
    for several, what in ((references, words.truth), (documents, "names of documents")):
        if several is not None and len(several) != count:
            raise InputError(
                f"there are {len(several):,} {what} and {count:,} {words.inputs}",
                file=new.file if new.references_at is None else new.references_at.file,
                remedy=f"give one for each of the {words.inputs}, in their order.",
            )
    kept = kept_texts(texts, loaded.recipe)
    if references is not None and task.text_sides[1]:
        said = np.array([is_visible(str(references[row])) for row in kept.rows.tolist()], dtype=bool)
        kept = replace(kept, rows=kept.rows[said], blank=kept.blank + int((~said).sum()))
    _check_size(len(kept.rows), kept, words.inputs, new.file)
    rows = kept.rows.tolist()
    chosen = replace(
        new,
        inputs=[texts[row] for row in rows],
        references=None if references is None else [references[row] for row in rows],
        documents=None if documents is None else [documents[row] for row in rows],
        table=_places_of(new.table, rows),
        references_at=_places_of(new.references_at, rows),
    )
    return chosen, kept


def _places_of(table: TablePlace | None, rows: Sequence[int]) -> TablePlace | None:
    if table is None or table.lines is None:
        return table
    return replace(table, lines=[table.lines[row] for row in rows])


def _check_size(count: int, kept: Kept, plural: str, file: Path | None) -> None:
    """Refuse a sample in which nothing could be found."""
    if count >= FEWEST_EXAMPLES:
        return
    left_out = [f"{kept.copies:,} copies"] if kept.copies else []
    left_out += [f"{kept.blank:,} without text"] if kept.blank else []
    without = f", without {' and '.join(left_out)}" if left_out else ""
    raise InputError(
        f"too few new {plural} to tell a shift from chance: {count}{without}",
        file=file,
        remedy=f"give at least {FEWEST_EXAMPLES}; {USUAL_EXAMPLES} show a shift of usual size.",
    )


def _check_reference(old: Profile, folder: Path, plural: str) -> None:
    if len(old) < FEWEST_EXAMPLES:
        raise InputError(
            f"the reference, {old.origin or 'that of the model'}, has {len(old):,} {plural}, too few to tell a shift "
            "from chance",
            file=folder,
            remedy=f"give at least {FEWEST_EXAMPLES} with --reference; in Python, reference=[{{…}}].",
        )


def _comparable(old: Profile, loaded: LoadedModel, *, is_text: bool, by_document: bool) -> tuple[Profile, int]:
    """The reference with each input once, where the new sample has each once too, and with its documents only where
    these are known of the new sample; and how many copies were left out."""
    count = len(old)
    if is_text and loaded.recipe.cleaning.drop_duplicates:
        old = old.select(first_of_each(old.values))
    return (old if by_document else replace(old, documents=None)), count - len(old)


def _sample(profile: Profile, copies: int, blank: int) -> Sample:
    documents = None if profile.documents is None else len(np.unique(profile.documents))
    return Sample(profile.origin, len(profile), documents, copies, blank)


def _judged_language(findings: Findings, language: OtherLanguage, verdict: Verdict, file: Path | None) -> Findings:
    """The findings, with the other language if the tests bear it out.

    Raises:
        InputError: if most of the text is in another language.
    """
    if ShiftKind.NONE in verdict.kinds or findings.inputs.auc < _LARGE:
        return replace(findings, language=None)
    if language.share < _MOSTLY:
        return findings
    raise InputError(
        f"{language}",
        file=file,
        cause=f"another file than that of the new input; the inputs differ, too (AUC {findings.inputs.auc:.2f}, p = "
        f"{probability_text(findings.inputs.p_value)}).",
        remedy=f"give text in {language.expected}, or train a model that reads {language.found}.",
    )


def _remarks(findings: Findings, code: str, plural: str) -> list[str]:
    """What to bear in mind of how the samples were made."""
    new, old = findings.new, findings.old
    found = []
    if findings.language is not None:
        found.append(f"Another language: {findings.language}.")
    elif code and findings.inputs.auc >= _LARGE and not can_tell_languages():
        found.append("Whether they are in another language is not known: the extra `languages` would tell.")
    if new.copies or old.copies:
        found.append(
            f"Each input counts once, as duplicates were dropped in training: {new.copies:,} copies among the new "
            f"{plural} were left out, and {old.copies:,} among the old ones."
        )
    if new.blank:
        found.append(f"{new.blank:,} new {plural} without text were left out.")
    if new.documents is None:
        found.append(
            f"The new {plural} are taken to be independent of each other. If they come in documents, say so with "
            "--documents: otherwise one unusual document may look like a shift."
        )
    return found

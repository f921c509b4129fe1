"""What the native engine computes a model with: how it is chosen, and how it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dragoman.alignment.shortlist import Shortlist
from dragoman.errors import DamagedFileError
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.export.preview_file import PREVIEW
from dragoman.export.shortlist_file import SHORTLIST
from dragoman.plan.output_preview import OutputPreview
from dragoman.predict.engine_choice import (
    BY_SPEED,
    ENGINE,
    EXACT,
    EngineChoice,
    EngineSettings,
    engine_choice_in,
)
from dragoman.storage.folder import new_folder
from dragoman.tasks.choose_settings import (
    Candidate,
    ChosenEngine,
    Measure,
    candidates,
    choose_settings,
    trial_examples,
)

EXAMPLES = 400


def share_of(right: list[str]) -> SentenceStatistics:
    """The share of outputs that are right, in percent."""
    counts = np.array([[one == "right", 1.0] for one in right], dtype=np.float64)
    return SentenceStatistics("share", "", counts, lambda sums: float(100 * sums[0] / sums[1]))


def outputs(wrong: int) -> list[str]:
    return ["wrong"] * wrong + ["right"] * (EXAMPLES - wrong)


def shortlist_of(symbols: int) -> Shortlist:
    return Shortlist(np.arange(symbols), offsets=np.zeros(2, np.int64), targets=np.zeros(0, np.int32))


def chosen(wrong: dict[EngineSettings, int], *, most_lost: float = 5.0, higher: bool = True) -> EngineChoice:
    tried = candidates([shortlist_of(7)])
    measure = Measure(share_of, higher_is_better=higher, most_lost=most_lost)
    return choose_settings(
        tried, lambda one: outputs(wrong[one.settings]), measure, examples="400", search="beam 5"
    ).choice


def test_the_fastest_settings_are_taken_whose_loss_cannot_be_seen() -> None:
    fastest, _, whole, half, exact = BY_SPEED
    found = chosen({fastest: 100, whole: 1, half: 0, exact: 0})
    assert found.settings == whole
    assert [(trial.settings, trial.accepted) for trial in found.trials] == [(fastest, False), (whole, True)]
    assert found.trials[1].difference.difference == pytest.approx(-0.25)
    assert chosen({fastest: 100, whole: 100, half: 100, exact: 0}).settings == EXACT
    assert chosen({fastest: 0, whole: 100, half: 100, exact: 90}).settings == fastest, "what is better is no loss"


def test_a_loss_that_chance_explains_is_refused_where_it_is_large() -> None:
    fastest, _, whole, half, exact = BY_SPEED
    wrong = {fastest: 1, whole: 0, half: 0, exact: 0}
    assert chosen(wrong, most_lost=0.2).settings == whole
    assert chosen(wrong, most_lost=0.3).settings == fastest


@pytest.mark.parametrize(
    ("wrong", "kept", "tried"), [({3: 100, 5: 0, 8: 0}, 5, [3, 5]), (dict.fromkeys((3, 5, 8), 100), 8, [3, 5, 8, 0])]
)
def test_the_shortest_shortlist_is_kept_whose_loss_cannot_be_seen(
    wrong: dict[int, int], kept: int, tried: list[int]
) -> None:
    """The longest, where all cost something: a caller can still ask for it."""
    found = choose_settings(
        candidates([shortlist_of(symbols) for symbols in wrong]),
        lambda one: outputs(0 if one.shortlist is None else wrong[len(one.shortlist.always)]),
        Measure(share_of, higher_is_better=True, most_lost=5.0),
        examples="400",
        search="beam 5",
    )
    assert found.shortlist is not None
    assert len(found.shortlist.always) == kept
    assert [trial.always for trial in found.choice.trials] == tried
    assert found.choice.settings.shortlist == (kept != 8)
    assert EngineChoice.from_dict(json.loads(found.choice.to_file())) == found.choice
    assert "int8 with a shortlist of 3 symbols" in found.choice.phrase


def test_previews_are_learnt_only_where_shortlists_lose() -> None:
    def previews() -> Iterator[OutputPreview]:
        for rank in (2, 3):
            yield OutputPreview(np.zeros((rank, 4)), np.zeros((4, rank)), np.zeros(9), candidates=5)

    def never() -> Iterator[OutputPreview]:
        raise AssertionError("they were learnt before they were needed")
        yield

    def choice(wrong: list[int], learnt: Iterator[OutputPreview]) -> ChosenEngine:
        def outputs_with(one: Candidate) -> list[str]:
            ranks = 0 if one.preview is None else len(one.preview.reading)
            return outputs(wrong[0] if one.settings.shortlist else {0: 0, 2: wrong[1], 3: wrong[2]}[ranks])

        measure = Measure(share_of, higher_is_better=True, most_lost=5.0)
        tried = candidates([shortlist_of(7)], learnt)
        return choose_settings(tried, outputs_with, measure, examples="400", search="beam 5")

    assert choice([0, 9, 9], never()).choice.settings.shortlist
    found = choice([100, 100, 0], previews())
    assert found.choice.settings == EngineSettings("int8", preview=True)
    assert found.preview is not None
    assert len(found.preview.reading) == 3
    assert set(found.files()) == {ENGINE, SHORTLIST, PREVIEW}
    assert EngineChoice.from_dict(json.loads(found.choice.to_file())) == found.choice
    assert choice([100, 100, 100], previews()).choice.settings == EngineSettings("int8")


def test_where_lower_is_better_more_is_a_loss() -> None:
    fastest, _, whole, half, exact = BY_SPEED
    assert chosen({fastest: 0, whole: 200, half: 200, exact: 200}, higher=False).settings == whole


def test_examples_are_drawn_once_for_all_and_in_order() -> None:
    drawn = trial_examples(10_000)
    assert (np.diff(drawn) > 0).all()
    assert drawn.tolist() == trial_examples(10_000).tolist()


def test_a_choice_is_kept_with_its_model_and_is_checked(tmp_path: Path) -> None:
    made = chosen(dict.fromkeys(BY_SPEED, 3))

    def folder_with(name: str, text: str | None) -> Path:
        with new_folder(tmp_path / name) as folder:
            (folder / "model.json").write_text("{}")
            if text is not None:
                (folder / ENGINE).write_text(text)
        return tmp_path / name

    assert engine_choice_in(folder_with("kept", made.to_file())) == made
    assert engine_choice_in(folder_with("older", None)) is None
    values = made.to_dict()
    for one in (values, *values["trials"]):
        del one["preview"]
    assert engine_choice_in(folder_with("before previews", json.dumps(values))) == made
    for name, text in (
        ("number", replace(made, settings=EngineSettings("int4")).to_file()),
        ("part", '{"number": "int8"}'),
        ("list", "[]"),
        ("text", "int8"),
    ):
        with pytest.raises(DamagedFileError, match=ENGINE):
            engine_choice_in(folder_with(name, text))
    assert "400" in made.phrase
    assert "int8 with a shortlist" in str(made)

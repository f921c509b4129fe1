"""Runs that end in time: the clock is a number that updates move on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
import toy

import dragoman.training.run
from dragoman.errors import InputError, RecipeError
from dragoman.recipe import changed, recipe_from
from dragoman.storage.run_paths import RunPaths
from dragoman.training.budget.deadline import Deadline, Timing
from dragoman.training.budget.pace import Pace
from dragoman.training.observer import Observer, PaceRecord, UpdateRecord
from dragoman.training.run import Run, resume, train

MODEL = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
AUTO = {
    "data": {"validation_pairs": 20, "test_pairs": 20},
    "cleaning": {"copies": False, "repetition": False, "language": False},
    "tokenizer": {"vocabulary_size": 310},
    "model": {"encoder": MODEL, "decoder": MODEL},
    "training": {"batch": {"tokens": 200}, "device": "cpu", "threads": 1, "precision": "float32"},
    "search": {"beam": 1},
}


@dataclass
class Clock:
    """Seconds that go by only when they are looked at, and when an update takes some."""

    now: float = 0.0
    tick: float = 0.01

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@dataclass
class Slow(Observer):
    """Lets each update take some seconds, more of them after some update, and counts."""

    clock: Clock
    seconds: float
    slower_after: int = 10**9
    factor: float = 1.0
    updates: list[UpdateRecord] = field(default_factory=list)
    paces: list[PaceRecord] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def on_prepare(self, message: str) -> None:
        self.said.append(message)

    def on_update(self, record: UpdateRecord) -> None:
        self.updates.append(record)
        self.clock.now += self.seconds * (self.factor if record.update > self.slower_after else 1)

    def on_pace(self, record: PaceRecord) -> None:
        self.paces.append(record)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(dragoman.training.run, "_clock", made)
    return made


def deadline_run(folder: Path, clock: Clock, watching: Slow, **training: object) -> Run:
    asked = toy.recipe(updates=40, validate_every=20, checkpoint_every=20, **training)
    recipe = changed(asked, {"training": {"finish_within": 1.0}, "search": {"beam": 1}})
    return train(recipe, folder, train=toy.frame("reversal", 120), observers=[watching], progress=False)


def test_paces() -> None:
    planned = Pace()
    assert [planned.place(update) for update in (1, 50)] == [1, 50]
    assert planned.updates_to(100, 60) == 40
    faster = planned.reaching(100, after=60, updates=7)
    assert faster.updates_to(100, 60) == 7
    assert faster.updates_to(100, 67) == 0
    assert faster.place(67) == pytest.approx(100)
    assert [faster.place(update) for update in (30, 60)] == [30, 60]
    again = faster.reaching(100, after=63, updates=1)
    assert again.updates_to(100, 64) == 0
    assert 0 < again.place(40) < again.place(63)
    assert planned.reaching(100, after=60, updates=80).stride == 1.0


def test_a_stall_that_is_over_changes_little_and_the_pace_goes_down_again() -> None:
    clock = Clock(tick=0.0)
    deadline, pace, ends = Deadline(180.0, Timing(), clock=clock), Pace(), []
    update = 0
    while pace.updates_to(150, update):
        update += 1
        clock.now += 40.0 if update == 50 else 1.0
        found = deadline.after_update(update, pace, 150, 200)
        if found is not None:
            ends.append((update, update + found.updates_to(150, update)))
            pace = found
    assert ends[0] == (50, 130)
    assert update >= 130
    assert clock.now <= 180.0


def test_a_run_that_is_fast_enough_is_not_changed_to_the_bit(tmp_path: Path, clock: Clock) -> None:
    quick = deadline_run(tmp_path / "quick", clock, Slow(clock, 0.5))
    free = train(
        changed(quick.recipe(), {"training": {"finish_within": None}}),
        tmp_path / "free",
        train=toy.frame("reversal", 120),
        progress=False,
    )
    assert quick.reason == free.reason == "all 40 updates done"
    assert weights(quick) == weights(free)


def test_a_machine_that_becomes_slower_still_completes_the_schedule_in_time(tmp_path: Path, clock: Clock) -> None:
    watching = Slow(clock, 0.5, slower_after=10, factor=6)
    run = deadline_run(tmp_path / "run", clock, watching)
    assert clock.now < 60
    assert "not reproducible" in run.reason
    assert 10 < watching.updates[-1].update < 40
    rates = [record.learning_rate for record in watching.updates]
    assert rates[-1] == pytest.approx(0, abs=1e-6)
    assert watching.paces[0].update <= 20
    history = run.history()
    assert (history["event"] == "pace").sum() == len(watching.paces)
    assert "not reproducible" in (run.best / "card.md").read_text()


def test_time_before_an_interruption_counts(tmp_path: Path, clock: Clock) -> None:
    from signal import SIGTERM, raise_signal

    class Stops(Slow):
        def on_update(self, record: UpdateRecord) -> None:
            super().on_update(record)
            if record.update == 8:
                raise_signal(SIGTERM)

    stopped = deadline_run(tmp_path / "run", clock, Stops(clock, 2.5))
    assert stopped.interrupted
    clock.now += 1000.0
    began = clock.now
    watching = Slow(clock, 2.5)
    run = resume(tmp_path / "run", observers=[watching], progress=False)
    assert clock.now - began < 60 - 8 * 2.5
    assert watching.updates[-1].update < 40
    assert watching.updates[-1].learning_rate == pytest.approx(0, abs=1e-6)
    with pytest.raises(RecipeError, match="finish_within"):
        clock.now += 100.0
        resume(run.folder, changes={"training": {"finish_within": 0.1}})


def test_auto_chooses_for_its_minutes_and_its_recipe_gives_the_same_bits(tmp_path: Path, clock: Clock) -> None:
    watching, clock.tick = Slow(clock, 0.0), 0.02
    data = toy.frame("reversal", 150)
    run = train("auto", tmp_path / "auto", changes=AUTO, train=data, observers=[watching], progress=False, minutes=0.08)
    recipe = run.recipe()
    assert recipe.training.budget is None
    assert recipe.training.finish_within == 0.08
    assert recipe.training.optimizer.kind == "muon"
    assert recipe.model.encoder.width == 16
    assert run.reason == f"all {recipe.training.updates:,} updates done"
    assert any(line.startswith("schedule: ") for line in watching.said)
    head = (run.folder / "recipe.toml").read_text().split("[data]")[0]
    assert all(line.startswith("#") for line in head.splitlines())
    assert "given: model.encoder.layers = 1" in head
    assert "0.08 minutes for the whole run" in (run.best / "card.md").read_text()
    clock.now += 1000.0
    again = train(run.folder / "recipe.toml", tmp_path / "again", train=data, progress=False)
    assert weights(run) == weights(again)


def test_updates_that_a_person_gave_need_no_clock(tmp_path: Path, clock: Clock) -> None:
    given = {**AUTO, "tokenizer": {}, "training": {**AUTO["training"], "updates": 3}}
    run = train("auto", tmp_path / "run", changes=given, train=toy.frame("copy", 150), progress=False)
    recipe = run.recipe()
    assert (recipe.training.updates, recipe.training.finish_within) == (3, None)
    assert recipe.tokenizer.vocabulary_size == 2000


def test_a_time_too_short_for_one_pass_leaves_nothing(tmp_path: Path, clock: Clock) -> None:
    clock.tick = 1.0
    with pytest.raises(InputError, match="too short for one pass") as caught:
        train("auto", tmp_path / "run", changes=AUTO, train=toy.frame("copy", 300), progress=False, minutes=0.05)
    assert "--minutes" in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_what_a_killed_choice_leaves_is_cleared_away(tmp_path: Path, clock: Clock) -> None:
    left = tmp_path / "run" / "dataset-to-choose-for"
    left.mkdir(parents=True)
    (left / "anything").touch()
    asked = recipe_from({"training": {"budget": 0}})
    with pytest.raises(InputError):
        train(asked, tmp_path / "run", train=toy.frame("copy", 1), progress=False)
    assert not left.exists()


def weights(run: Run) -> bytes:
    return (RunPaths(run.folder).best / "weights.safetensors").read_bytes()

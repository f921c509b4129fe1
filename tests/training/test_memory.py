"""What cannot fit into the memory is refused before any of it is asked for; what may fit is not."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import torch

from dragoman.contracts import TextSize
from dragoman.errors import InputError
from dragoman.model import memory
from dragoman.model.build import build, count_parameters
from dragoman.model.memory import Need, Room, free_room, most_parameters, refuse_what_cannot_fit, room_of
from dragoman.recipe import load_recipe, presets
from dragoman.recipe.example_sizes import stand_in_sizes
from dragoman.training import memory as training_memory
from dragoman.training.memory import check_before_data, check_with_data
from dragoman.training.run import train

sys.path.insert(0, str(Path(__file__).parent))
from toy import frame, recipe

CPU = torch.device("cpu")
SMALL_MACHINE = Room(4 * 2**30, "a small machine")


@pytest.fixture
def small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_memory, "room_of", lambda device: SMALL_MACHINE)


@pytest.mark.parametrize("preset", [name for name in presets() if name not in ("base", "small")])
def test_counted_without_memory_equals_built(preset: str) -> None:
    given = load_recipe(preset)
    sizes = stand_in_sizes(given)
    built = build(given.model, *sizes, seed=1)
    count = sum(parameter.numel() for parameter in built.parameters())
    assert count_parameters(given.model, *sizes) == count
    assert most_parameters(given.model, *sizes) >= count


def test_every_preset_fits_a_small_machine(small_machine: None) -> None:
    for preset in presets():
        check_before_data(load_recipe(preset), CPU)
        check_with_data(load_recipe(preset), *stand_in_sizes(load_recipe(preset)), 10**9, CPU)


BOTH = {"width": 100_000, "feed_forward": 400_000, "layers": 2, "heads": 4}
ABSURD: dict[str, tuple[dict[str, Any], str]] = {
    "width": ({"model": {"encoder": BOTH, "decoder": BOTH}}, "model.encoder.width = 100000"),
    "vocabulary": ({"tokenizer": {"vocabulary_size": 10_000_000}}, "tokenizer.vocabulary_size = 10000000"),
    "accumulation": (
        {"training": {"batch": {"accumulation": 100_000, "tokens": 1_000_000}}},
        "training.batch.accumulation = 100000",
    ),
    "a batch that grows": (
        {"training": {"batch": {"first_accumulation": 1, "accumulation": 100_000, "tokens": 1_000_000}}},
        "training.batch.accumulation = 100000",
    ),
}


@pytest.mark.parametrize("case", list(ABSURD))
def test_absurd_settings_are_refused_before_work_begins(case: str, small_machine: None, tmp_path: Path) -> None:
    changes, said = ABSURD[case]
    tracemalloc.start()
    with pytest.raises(InputError) as refused:
        train(load_recipe("small", changes=changes), tmp_path / "run", train=frame("copy", 50))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said in str(refused.value)
    assert "GiB of memory at the least" in str(refused.value)
    assert "4 GiB (a small machine)" in str(refused.value)
    assert not (tmp_path / "run").exists()
    assert peak < 2**28


def test_a_large_mini_batch_of_little_data_is_no_mistake(small_machine: None) -> None:
    """As many tokens as there are make one batch, whatever the recipe allows."""
    given = recipe(batch={"tokens": 100_000_000})
    check_with_data(given, TextSize(310), TextSize(310), 5_000, CPU)
    with pytest.raises(InputError, match=r"training\.batch\.tokens = 100000000"):
        check_with_data(given, TextSize(310), TextSize(310), 10**12, CPU)


def test_two_passes_over_each_example_need_twice_the_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_memory, "room_of", lambda device: Room(300 * 2**20, "a very small machine"))
    once, twice = (recipe(batch={"tokens": 1_000_000}, r_drop=strength) for strength in (0.0, 5.0))
    check_with_data(once, TextSize(310), TextSize(310), 10**12, CPU)
    with pytest.raises(InputError, match=r"training\.batch\.tokens = 1000000, training\.r_drop = 5: .* both passes"):
        check_with_data(twice, TextSize(310), TextSize(310), 10**12, CPU)


def test_no_model_is_built_that_cannot_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever builds it: describing a recipe, or loading a model's folder."""
    wide = load_recipe("tiny", changes={"model": {"encoder": BOTH, "decoder": BOTH}})
    with pytest.raises(InputError, match=r"model\.encoder\.width = 100000.* parameters"):
        build(wide.model, TextSize(1000), TextSize(1000), seed=1)


def test_the_least_of_all_limits_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = room_of(CPU)
    limit = tmp_path / "memory.max"
    limit.write_text("123456\n")
    monkeypatch.setattr(memory, "_CGROUPS", (str(limit), str(tmp_path / "none")))
    assert room_of(CPU) == Room(123456, "what this container may take")
    limit.write_text("max\n")
    assert room_of(CPU).size >= whole.size


def test_what_is_free_is_the_least_that_any_limit_leaves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine, process, group = tmp_path / "meminfo", tmp_path / "self", tmp_path / "groups" / "outer" / "inner"
    monkeypatch.setattr(memory, "_MACHINE", machine)
    monkeypatch.setattr(memory, "_PROCESS", process)
    monkeypatch.setattr(memory, "_CONTROL_GROUPS", tmp_path / "groups")
    assert free_room() == room_of(CPU)
    machine.write_text("MemTotal: 9 kB\nMemAvailable:   7000 kB\n")
    assert free_room() == Room(7000 * 1024, "what this machine has left")
    process.mkdir()
    (process / "cgroup").write_text("1:cpu:/\n0::/outer/inner\n")
    for folder, most in ((group, "max"), (group.parent, "5000000")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.max").write_text(f"{most}\n")
        (folder / "memory.current").write_text("1500000\n")
        (folder / "memory.stat").write_text("anon 7\ninactive_file 500000\n")
    assert free_room() == Room(4_000_000, "what this container may still take")
    (group / "memory.max").write_text("900000\n")
    assert free_room().size == 0


def test_what_fits_exactly_is_let_through() -> None:
    need = Need(100, "things", ("a.b = 1",))
    refuse_what_cannot_fit([need], Room(100, "here"))
    with pytest.raises(InputError, match=r"a\.b = 1: .*things.*\n.*lower a\.b"):
        refuse_what_cannot_fit([need], Room(99, "here"))

"""Runs with guided alignment: as exact as others, and refused where nothing can be aligned."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from torch import Tensor

from dragoman.errors import RecipeError
from dragoman.recipe import recipe_from
from dragoman.training import run as training_run
from dragoman.training.observer import Observer, UpdateRecord
from dragoman.training.run import resume, train

sys.path.insert(0, str(Path(__file__).parent))
from toy import frame, recipe


class StopAfterFive(Observer):
    """Sends this process a signal after an update, as Ctrl-C would."""

    def on_update(self, record: UpdateRecord) -> None:
        if record.update == 5:
            os.kill(os.getpid(), signal.SIGINT)


def newest(folder: Path) -> dict[str, Tensor]:
    """The weights of the last checkpoint."""
    return load_file(sorted((folder / "checkpoints").glob("update-*"))[-1] / "state.safetensors")


def test_a_resumed_run_equals_an_uninterrupted_one_and_the_card_says_what_was_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guided = recipe(guided_alignment={"weight": 0.3}, r_drop=2.0)
    pairs = frame("reversal", 200)
    train(guided, tmp_path / "whole", train=pairs)
    # Evaluating the best model would take most of the time.
    monkeypatch.setattr(training_run, "_finish", lambda *given: None)
    train(guided, tmp_path / "part", train=pairs, observers=[StopAfterFive()])
    resume(tmp_path / "part")
    whole, part = (newest(tmp_path / name) for name in ("whole", "part"))
    assert all(whole[name].equal(part[name]) for name in whole)
    card = (tmp_path / "whole" / "best" / "card.md").read_text()
    assert "head 1 of decoder layer 1, by the links of IBM Model 1, with weight 0.3" in card


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": {"decoder": {"kind": "gru", "attention": "none"}, "tie": "decoder"}}, "this decoder has none"),
        ({"model": {"encoder": {"kind": "none"}}}, "transformer language model"),
        ({"model": {"encoder": {"kind": "residual"}}}, "aligns the words"),
        ({"model": {"decoder": {"kind": "label"}}}, "aligns the words"),
        ({"training": {"guided_alignment": {"weight": 1.0, "layer": 9}}}, "layer = 9"),
        ({"training": {"guided_alignment": {"weight": 1.0, "heads": 9}}}, "heads = 9"),
        ({"tokenizer": {"dropout": 0.1}}, "cut anew in each pass"),
    ],
)
def test_what_cannot_be_aligned_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        recipe_from({"training": {"guided_alignment": {"weight": 0.1}}, **changes})

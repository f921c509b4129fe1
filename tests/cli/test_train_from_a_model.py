"""``dragoman train --start-from``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, save_model
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer
from dragoman.training import run as training_run
from dragoman.training.run_folder import RunFolder

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from toy import frame, recipe


def test_without_a_recipe_it_is_the_parents(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_run, "_finish", lambda *given: None)
    pairs, settings = frame("copy", 80), recipe()
    codec = Codec(Tokenizer.train(pairs["source"].tolist(), vocabulary_size=310))
    model = build(settings.model, codec.size, codec.size, seed=1)
    save_model(tmp_path / "old", LoadedModel(model, settings, codec, codec), {})
    pairs.to_csv("new.tsv", sep="\t", index=False)
    data = ("--corpus", "new.tsv", "--columns", "source,target")
    status, _, errors = run("train", "--start-from", "old", *data, "--set", "training.updates=2")
    assert status == 0, errors
    begun = RunFolder(tmp_path / "runs" / "old-continued")
    assert (begun.recipe().training.updates, begun.recipe().training.batch.tokens) == (2, 200)
    assert "Its training began from another model: old" in run("describe", begun.best)[1]
    for given, said in (
        (("--resume", begun.path, "--start-from", "old"), "--start-from"),
        (("--start-from", "nowhere", *data), "no model here"),
        (("--start-from", "old"), "no training data"),
        (("text-label", "--start-from", "old", *data), "this model is a translator"),
    ):
        status, _, errors = run("train", *given)
        assert status == 1
        assert said in errors

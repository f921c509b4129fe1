"""From a run's folder to text, JSON, pictures and page."""

from __future__ import annotations

import io
import json
import re
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from planted_runs import LAYERS, evidence, history, look, looks, losses, recurrent, rewind, skip, through_time

from dragoman.diagnosis.stability.diagnose import diagnose_stability
from dragoman.diagnosis.stability.finding import StabilityVerdict, Symptom
from dragoman.diagnosis.stability.findings import conclude, find
from dragoman.diagnosis.stability.pictures import pictures
from dragoman.diagnosis.stability.read import StabilityEvidence, read_evidence
from dragoman.diagnosis.stability.report import StabilityReport
from dragoman.errors import DamagedFileError, InputError, OutputError
from dragoman.recipe import dump_recipe
from dragoman.reports.written import write_report
from dragoman.training.history import History
from dragoman.training.observer import RunStart, UpdateRecord
from dragoman.training.stability_log import StabilityLog

pytestmark = pytest.mark.draws


def report_on(given: StabilityEvidence) -> StabilityReport:
    findings = find(given)
    return StabilityReport(conclude(findings), findings, given)


def troubled(**changes: Any) -> StabilityEvidence:
    """An LSTM whose run skipped and went back, with a vanishing gradient and a look that is not finite."""
    broken = look(850, gradient_norm=dict.fromkeys(LAYERS, float("nan")), **through_time(-0.5))
    return evidence(
        recipe=recurrent("lstm", "none"),
        looks=(*looks(**through_time(-0.5)), broken),
        skips=(skip(400), skip(401, "input", "source", gradient_norm=float("inf"))),
        rewinds=(rewind(402, 300),),
        unknown=("What nobody measured.",),
        **changes,
    )


def write_run(folder: Path, given: StabilityEvidence, updates: int = 60) -> Path:
    """The folder that a run leaves, as its observers write it."""
    folder.mkdir()
    (folder / "recipe.toml").write_text(dump_recipe(given.recipe))
    start = RunStart(folder, given.recipe, 0, updates, 10, "cpu")
    watchers = (History(folder), StabilityLog(folder))
    for watcher in watchers:
        watcher.on_start(start)
    skipped = {record.update: record for record in given.skips}
    for row in given.updates.head(updates).itertuples():
        for watcher in watchers:
            if row.update in skipped:
                watcher.on_skip(skipped[row.update])
            else:
                watcher.on_update(UpdateRecord(row.update, 1, row.loss, 1e-3, row.gradient_norm, 100, 0.0, 1.0))
    for watcher in watchers:
        for record in given.looks:
            watcher.on_stability(record)
        for record in given.rewinds:
            watcher.on_rewind(record)
        watcher.on_end("all done")
    return folder


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    given = evidence(
        recipe=recurrent("gru"), looks=looks(3, **through_time(-0.1)), skips=(skip(7),), rewinds=(rewind(9, 5),)
    )
    found = read_evidence(write_run(tmp_path / "run", given))
    assert found.name == "run"
    assert found.recipe == given.recipe
    assert found.looks == given.looks
    assert found.rewinds == given.rewinds
    assert found.updates["update"].tolist() == [update for update in range(1, 61) if update != 7]
    assert [(record.update, record.module, record.lines) for record in found.skips] == [
        (7, "decoder.norm", ("train.de:17",))
    ]
    assert found.unknown == ()


def test_looks_that_a_rewind_gave_up_are_left_out(tmp_path: Path) -> None:
    given_up, then = looks(4, attention_logit={"a": 1.0}), looks(3, attention_logit={"a": 2.0})
    found = read_evidence(write_run(tmp_path / "run", evidence(looks=(*given_up, *then[1:]))))
    assert [record.update for record in found.looks] == [1, 100, 200]
    assert [record.attention_logit["a"] for record in found.looks] == [1.0, 2.0, 2.0]


def test_incidents_that_a_rewind_took_out_of_the_history_are_read(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", evidence())
    kept = folder / "incidents" / "update-00000033"
    kept.mkdir(parents=True)
    incident = {"update": 33, "loss": None, "gradient_norm": 1e9, "stage": "loss", "module": None, "lines": ["a:1"]}
    (kept / "incident.json").write_text(json.dumps(incident))
    of_another_process = folder / "incidents" / "update-00000033-process-1"
    of_another_process.mkdir()
    (of_another_process / "incident.json").write_text(json.dumps({**incident, "stage": None}))
    (record,) = read_evidence(folder).skips
    assert np.isnan(record.loss)
    assert (record.update, record.stage, record.module, record.lines, record.folder) == (
        33,
        "loss",
        None,
        ("a:1",),
        kept,
    )


def test_what_cannot_be_known_is_said(tmp_path: Path) -> None:
    off = evidence().recipe.model_dump()
    off["training"]["stability"]["look_every"] = 0
    unwatched = replace(evidence(looks=()), recipe=type(evidence().recipe).model_validate(off))
    unknown = diagnose_stability(write_run(tmp_path / "off", unwatched, updates=5)).as_text()
    assert "training.stability.look_every is 0" in unknown
    assert "5 updates are too few" in unknown
    older = diagnose_stability(write_run(tmp_path / "older", evidence(looks=()))).as_text()
    assert "an older version" in older


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no recipe\.toml"):
        diagnose_stability(tmp_path)
    folder = write_run(tmp_path / "run", evidence(), updates=0)
    with pytest.raises(InputError, match="no update yet"):
        diagnose_stability(folder)
    (folder / "history.jsonl").unlink()
    with pytest.raises(InputError, match="no history"):
        diagnose_stability(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("history.jsonl", "{}\n{}\n"),
        ("stability.jsonl", '{"update": 1}\n'),
        ("stability.jsonl", '{"update": 1, "through_time": 3}\n'),
        ("incidents/update-00000001/incident.json", "{}"),
        ("incidents/update-00000001/incident.json", "[1"),
        ("recipe.toml", "model ="),
    ],
)
def test_damaged_files_are_named(name: str, content: str, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", evidence())
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)
    with pytest.raises(DamagedFileError, match=re.escape(Path(name).name)):
        diagnose_stability(folder)


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", evidence())
    for name in ("history.jsonl", "stability.jsonl"):
        with (folder / name).open("a") as file:
            file.write('{"update": 61, "gr')
    assert diagnose_stability(folder).verdict is StabilityVerdict.STABLE


def test_text_says_verdict_findings_remedies_and_gaps() -> None:
    text = report_on(troubled()).as_text()
    assert text.startswith("Stability of run: recovered;")
    assert "2 skipped, 1 rewind. Findings: " in text
    assert text.count("Remedy: ") == len(find(troubled()))
    assert "Warning: not finite in decoder.norm" in text
    assert "× 0.607" in text
    assert "- What nobody measured." in text
    assert "Nothing amiss was found." in report_on(evidence()).as_text()


def test_json_says_the_same_and_has_no_numbers_that_json_lacks() -> None:
    given = troubled()
    data = json.loads(json.dumps(report_on(given).to_dict(), allow_nan=False))
    assert data["verdict"] == "recovered"
    assert [found["kind"] for found in data["findings"]] == [str(found.kind) for found in find(given)]
    assert data["skipped"][0]["loss"] is None
    assert data["rewinds"] == [asdict(given.rewinds[0])]
    assert data["late_medians"]["dead"][LAYERS[0]] == pytest.approx(0.02)
    assert len(data["through_time"]) == 2


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (troubled(), 3),
        (evidence(), 2),
        (evidence(looks=()), 1),
        (evidence(looks=looks(1)), 2),
        (evidence(updates=history(losses(1)), looks=()), 1),
        (evidence(updates=history(losses(0)), looks=(), skips=(skip(1),)), 1),
        (evidence(updates=history(np.full(30, np.nan), norm=np.nan)), 2),
        (evidence(looks=looks(**through_time(-9.0))), 3),
    ],
    ids=["troubled", "healthy", "unwatched", "one look", "one update", "no update", "not finite", "vanished"],
)
@pytest.mark.filterwarnings("error")
def test_pictures_are_drawn_of_what_there_is(given: StabilityEvidence, count: int) -> None:
    drawn = pictures(given)
    assert len(drawn) == count
    for picture in drawn:
        assert matplotlib.image.imread(io.BytesIO(picture.png)).std() > 0.01


def test_skips_and_rewinds_are_marked() -> None:
    given = evidence(looks=(), skips=(skip(400),), rewinds=(rewind(402, 300),))
    (marked,), (unmarked,) = pictures(given), pictures(replace(given, skips=(), rewinds=()))
    assert marked.png != unmarked.png


def test_the_page_has_all_in_it_and_names_are_text(tmp_path: Path) -> None:
    nasty = "<script>alert(1)</script> $\\frac{$"
    given = replace(troubled(), name=nasty, looks=(look(1, dead={nasty: 1.0}, **through_time(-0.5, cells=(nasty,))),))
    html = write_report(report_on(given), f"Stability of {nasty}", tmp_path / "new" / "folder", "stability").read_text()
    assert html.count("<img") == 3
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert not re.search(r'(src|href)="(?!data:)', html)
    assert json.loads((tmp_path / "new" / "folder" / "stability.json").read_text())["run"] == nasty
    assert any(found["kind"] == Symptom.DEAD_UNITS for found in report_on(given).to_dict()["findings"])


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        write_report(report_on(evidence()), "Stability", tmp_path / "file" / "below", "stability")

"""The diagnosis of stability: from a run's folder to what is wrong with its numbers."""

from __future__ import annotations

from pathlib import Path

from dragoman.diagnosis.learning_rate import fit_of, rate_sentence
from dragoman.diagnosis.stability.findings import conclude, find
from dragoman.diagnosis.stability.read import read_evidence
from dragoman.diagnosis.stability.report import StabilityReport


def diagnose_stability(folder: Path | str) -> StabilityReport:
    """Find out whether a run is stable, from what it recorded; nothing is computed anew.

    Args:
        folder: the run's folder; the run may still be going on.

    Raises:
        InputError: if the folder holds no run, or one that has not begun to train.
        DamagedFileError: if one of its files is not what a run writes.

    >>> report = diagnose_stability("runs/demo")
    >>> str(report.verdict)
    'stable'
    """
    evidence = read_evidence(Path(folder))
    findings = find(evidence)
    said = rate_sentence(evidence.recipe, findings, fit_of(Path(folder)))
    return StabilityReport(conclude(findings), findings, evidence, said)

"""From a run's folder to what is amiss with its numbers."""

from __future__ import annotations

from pathlib import Path

from dragoman.diagnosis.learning_rate import fit_of, rate_sentence
from dragoman.diagnosis.stability.findings import conclude, find
from dragoman.diagnosis.stability.read import read_evidence
from dragoman.diagnosis.stability.report import StabilityReport


def diagnose_stability(folder: Path | str) -> StabilityReport:
    """Say whether a run is stable, from what it wrote; nothing is computed anew.

    Args:
        folder: of the run; it may still go on.

    Raises:
        InputError: if no run is there, or none that has begun to train.
        DamagedFileError: if one of its files is not what a run writes.
    """
    evidence = read_evidence(Path(folder))
    findings = find(evidence)
    said = rate_sentence(evidence.recipe, findings, fit_of(Path(folder)))
    return StabilityReport(conclude(findings), findings, evidence, said)

"""River's detectors of drift on streams of numbers: reads an array [streams, rows] and writes where each one alarmed.

    python river_drift.py STREAMS.npy REFERENCE RESULT.json

The first REFERENCE rows of each stream are what the other test has as its reference; an alarm in them is forgotten, and
the detector goes on with what it has seen. Detectors have their default settings.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path

import numpy as np


class _DictReader(csv.DictReader):  # type: ignore[type-arg]
    """River 0.26 writes `csv.DictReader[...]`, which Python understands from 3.12 on."""

    __class_getitem__ = classmethod(lambda cls, _: cls)


csv.DictReader = _DictReader  # type: ignore[misc]

from river import drift  # noqa: E402


def main() -> None:
    streams, reference = np.load(sys.argv[1]), int(sys.argv[2])
    found: dict[str, object] = {}
    for name, kind in (("ADWIN", drift.ADWIN), ("Page-Hinkley", drift.PageHinkley)):
        begin = time.process_time()
        alarms = [alarms_of(kind(), stream.tolist(), reference) for stream in streams]
        found[name] = {"alarms": alarms, "seconds": time.process_time() - begin}
    Path(sys.argv[3]).write_text(json.dumps(found), encoding="utf-8")


def alarms_of(detector: drift.ADWIN | drift.PageHinkley, stream: list[float], reference: int) -> list[int]:
    """The rows behind the reference, from 0, at which a detector alarms; after an alarm it begins anew."""
    alarms = []
    for row, value in enumerate(stream):
        detector.update(value)
        if detector.drift_detected and row >= reference:
            alarms.append(row - reference)
    return alarms


if __name__ == "__main__":
    main()

"""The diagnoses as ``dragoman.diagnose.fit``, ``.stability``, ``.capacity`` and ``.shift``, as on the command line.

>>> import dragoman
>>> dragoman.diagnose.stability("runs/demo").to_dict()["verdict"]
'stable'
>>> report = dragoman.diagnose.fit("runs/demo")
>>> report.name
'demo'
"""

from __future__ import annotations

from dragoman.diagnosis.capacity.diagnose import diagnose_capacity as capacity
from dragoman.diagnosis.fit.diagnose import diagnose_fit as fit
from dragoman.diagnosis.shift.diagnose import diagnose_shift as shift
from dragoman.diagnosis.stability.diagnose import diagnose_stability as stability

__all__ = ["capacity", "fit", "shift", "stability"]

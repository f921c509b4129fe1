"""quapy's estimates of shares of classes, from the probabilities that another model gave.

    python benchmarks/peers/drivers/quapy_driver.py GIVEN.npz FOUND.npz

``GIVEN.npz`` has ``probabilities`` [N, K] and ``classes`` [N] of all examples, ``old`` [D, n], the places of the old
examples of each of D draws, and ``new`` [D, m], those of the new ones. ``FOUND.npz`` gets an array [D, K] for each
method: EMQ as it stands by default, PACC, and, where ``abstention`` is installed, EMQ with bias-corrected temperature
scaling, which quapy calls its best configuration.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from quapy.method.aggregative import EMQ, PACC
from sklearn.base import BaseEstimator


class Given(BaseEstimator):
    """A classifier that has been fitted already: its inputs are the probabilities."""

    def __init__(self, classes: int = 2) -> None:
        self.classes = classes
        self.classes_ = np.arange(classes)

    def fit(self, probabilities: Any, classes: Any) -> Given:
        """Nothing is left to do."""
        return self

    def predict_proba(self, probabilities: Any) -> Any:
        """The probabilities as they are."""
        return probabilities


def main() -> None:
    warnings.simplefilter("ignore")
    given = np.load(sys.argv[1])
    probabilities, classes = given["probabilities"].astype(np.float64), given["classes"]
    size = probabilities.shape[1]
    # Given probabilities of the old examples take the place of a split for validation.
    methods: dict[str, Callable[..., Any]] = {"EMQ": EMQ, "PACC": PACC}
    if find_spec("abstention"):
        # Where its optimiser fails, it goes on without calibration.
        methods["EMQ-BCTS"] = partial(EMQ.EMQ_BCTS, on_calib_error="backup")
    found: dict[str, Any] = {}
    for name, make in methods.items():
        shares = []
        for old, new in zip(given["old"], given["new"], strict=True):
            sample = probabilities[old], classes[old]
            method = make(Given(size), fit_classifier=False, val_split=sample)
            method.fit(*sample)
            shares.append(method.predict(probabilities[new]))
        found[name] = np.array(shares)
    np.savez(sys.argv[2], **found)


if __name__ == "__main__":
    main()

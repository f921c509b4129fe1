"""Two-sample tests of other toolkits on draws from a file; run by ``shift_tests.py`` in an environment of theirs.

    python shift_peers.py {frouros,alibi-detect} DRAWS.npy RESULT.json --permutations N

DRAWS holds many pooled samples of equal size, standardised, the old half of each first. Uses nothing of Dragoman.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Test = Callable[[Any, Any, int], float]


def frouros_tests() -> Mapping[str, Test]:
    """MMD by permutation; the kernel's width is the median distance, as its default of 1 is meant for few features."""
    from functools import partial

    from frouros.callbacks import PermutationTestDistanceBased
    from frouros.detectors.data_drift import MMD
    from frouros.utils.kernels import rbf_kernel
    from scipy.spatial.distance import pdist

    def mean_discrepancy(old: Any, new: Any, permutations: int) -> float:
        kernel = partial(rbf_kernel, sigma=float(np.median(pdist(np.concatenate([old, new])))))
        test = PermutationTestDistanceBased(num_permutations=permutations, num_jobs=1, random_state=1, name="test")
        detector = MMD(kernel=kernel, callbacks=test)
        detector.fit(X=old)
        return float(detector.compare(X=new)[1]["test"]["p_value"])

    return {"mean discrepancy": mean_discrepancy}


def alibi_tests() -> Mapping[str, Test]:
    """MMD by permutation with its own width, and a logistic regression scored out of fold, on 5 folds."""
    import torch
    from alibi_detect.cd import ClassifierDrift, MMDDrift
    from sklearn.linear_model import LogisticRegression

    torch.set_num_threads(1)

    def mean_discrepancy(old: Any, new: Any, permutations: int) -> float:
        torch.manual_seed(1)
        detector = MMDDrift(old.astype(np.float32), backend="pytorch", n_permutations=permutations, device="cpu")
        return float(detector.predict(new.astype(np.float32))["data"]["p_val"])

    def classifier(old: Any, new: Any, permutations: int) -> float:
        del permutations  # it makes none: a Kolmogorov–Smirnov test of the scores
        detector = ClassifierDrift(old, LogisticRegression(max_iter=1000), backend="sklearn", n_folds=5)
        return float(detector.predict(new)["data"]["p_val"])

    return {"mean discrepancy": mean_discrepancy, "classifier": classifier}


TOOLKITS: Mapping[str, Callable[[], Mapping[str, Test]]] = {"frouros": frouros_tests, "alibi-detect": alibi_tests}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("toolkit", choices=TOOLKITS)
    parser.add_argument("draws")
    parser.add_argument("result")
    parser.add_argument("--permutations", type=int, required=True)
    arguments = parser.parse_args()
    tests = TOOLKITS[arguments.toolkit]()
    found = []
    for pooled in np.load(arguments.draws):
        old, new = np.split(pooled, 2)
        p, seconds = {}, {}
        for name, test in tests.items():
            begin = _processor_seconds()
            p[name] = test(old, new, arguments.permutations)
            seconds[name] = _processor_seconds() - begin
        found.append({"p": p, "seconds": seconds})
    with open(arguments.result, "w", encoding="utf-8") as stream:
        json.dump(found, stream)


def _processor_seconds() -> float:
    """Time of processors so far, of this process and of those that it started and has waited for."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main()

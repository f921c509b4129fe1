"""Profiles: chosen, joined, and refused where their parts do not fit each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dragoman.reference.length_classes import length_classes
from dragoman.reference.profile import Classes, Profile, joined, with_shared_features
from dragoman.reference.projection import projected


def profile(count: int, *, documents: bool = True, inputs: bool = True) -> Profile:
    draw = np.random.default_rng(count)
    return Profile(
        ("length", "ink"),
        draw.normal(size=(count, 2)).astype(np.float32),
        losses=draw.random(count).astype(np.float32),
        residuals=draw.random(count).astype(np.float32),
        classes={
            "labels": Classes(("a", "b"), draw.integers(0, 2, count), np.full((count, 2), 0.5, dtype=np.float32)),
            "output length": Classes(("short", "long"), draw.integers(0, 2, count), edges=np.array([3.0])),
        },
        documents=np.arange(count) // 2 if documents else None,
        inputs=tuple(f"input {row}" for row in range(count)) if inputs else None,
        origin=f"{count} examples",
    )


def equal(one: Profile, other: Profile) -> bool:
    arrays = [(getattr(one, name), getattr(other, name)) for name in ("values", "losses", "residuals", "documents")]
    for kind, classes in one.classes.items():
        arrays += [(getattr(classes, n), getattr(other.classes[kind], n)) for n in ("true", "probabilities", "edges")]
    same = all(a is b if a is None or b is None else np.array_equal(a, b) for a, b in arrays)
    return same and one.inputs == other.inputs and one.features == other.features


def test_joining_what_was_chosen_gives_the_whole_again() -> None:
    whole = profile(7)
    halves = [whole.select(np.arange(3)), whole.select(np.arange(7) >= 3)]
    again = replace(joined(halves), documents=whole.documents)
    assert equal(again, whole)
    order = np.random.default_rng(1).permutation(7)
    assert equal(whole.select(order).select(np.argsort(order)), whole)
    assert len(whole.select(np.zeros(7, dtype=bool))) == 0


def test_documents_of_joined_profiles_differ_and_parts_that_one_lacks_are_left_out() -> None:
    one, other = profile(4), replace(profile(3, documents=False, inputs=False), losses=None)
    both = joined([one, other])
    assert both.documents is not None
    assert both.documents.tolist() == [0, 0, 1, 1, 2, 3, 4]
    assert both.losses is None
    assert both.inputs is None
    assert both.residuals is not None
    assert both.origin == "4 examples and 3 examples"
    other = replace(other, classes={"labels": Classes(("b", "a")), "output length": other.classes["output length"]})
    assert set(joined([one, other]).classes) == {"output length"}


def test_profiles_are_compared_by_the_features_that_both_have() -> None:
    one, other = profile(3), replace(profile(4), features=("width", "length"))
    left, right = with_shared_features(one, other)
    assert left.features == right.features == ("length",)
    assert np.array_equal(left.values[:, 0], one.values[:, 0])
    assert np.array_equal(right.values[:, 0], other.values[:, 1])
    with pytest.raises(ValueError, match="no feature in common"):
        with_shared_features(one.of_features(["ink"]), other)


@pytest.mark.parametrize(
    "broken",
    [
        lambda p: replace(p, features=("length",)),
        lambda p: replace(p, features=("length", "length")),
        lambda p: replace(p, values=np.full((4, 2), np.nan, dtype=np.float32)),
        lambda p: replace(p, inputs=("one",)),
        lambda p: replace(p, classes={"labels": Classes(("a", "b"), np.zeros(3, dtype=np.int64))}),
        lambda p: Classes(("a", "b"), np.array([0, 2])),
        lambda p: Classes(("a", "a")),
        lambda p: Classes(("a", "b"), probabilities=np.array([[1.5, -0.5]], dtype=np.float32)),
        lambda p: Classes(("a", "b", "c"), edges=np.array([2.0, 1.0])),
        lambda p: joined([p, p.of_features(["ink"])]),
    ],
)
def test_parts_that_do_not_fit_are_refused(broken: Callable[[Profile], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        broken(profile(4))


def test_classes_of_lengths_share_texts_out_and_new_texts_fall_into_the_same() -> None:
    lengths = np.random.default_rng(1).integers(1, 90, 400)
    classes = length_classes(lengths)
    assert classes is not None
    assert (np.abs(classes.counts() - 100) < 25).all()
    again = length_classes(np.array([1, 10_000]), classes)
    assert again is not None
    assert again.true is not None
    assert again.true.tolist() == [0, 3]
    few = length_classes(np.array([5] * 90 + [9] * 10))
    assert few is not None
    assert few.names == ("up to 5 characters", "over 5 characters")
    assert length_classes(np.full(9, 4)) is None


def test_the_projection_keeps_distances_and_never_changes() -> None:
    draw = np.random.default_rng(1)
    one, other = draw.normal(size=(2, 200, 512))
    ratio = np.square(projected(one) - projected(other)).sum(1) / np.square(one - other).sum(1)
    assert abs(ratio.mean() - 1) < 0.05
    assert 0.1 < ratio.std() < 0.4
    np.testing.assert_allclose(projected(np.ones((1, 100)))[0, :4], FIRST, atol=1e-5)


FIRST = [0.949327, 1.010297, 2.385154, -1.934837]
"""What the projection made of ones when it was written."""

"""The engine's kernels of every instruction set that this processor has, for every type of number, against the same in
plain C++: integer sums are identical, floats within bounds, and a row does not depend on the others to the bit."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from dragoman.native.engine_kernels import InstructionSet, Number, best_set, kernels_name
from dragoman.native.library import load

pytestmark = pytest.mark.skipif(load("engine") is None, reason="the engine is not built here")

Floats = NDArray[np.float32]
CASES = [(it, number) for it in InstructionSet for number in Number if it is not InstructionSet.REFERENCE]
PRODUCT, ADDED, RELU, SQUARED_RELU = range(4)
NONE, RELU_, GELU, TANH, SIGMOID, SQUARED_RELU_ = range(6)
RNN_TANH, RNN_RELU, GRU_AFTER, _, LSTM = range(5)


@dataclass(frozen=True)
class Kernels:
    """One table of kernels: each method is one call of a kernel."""

    instruction_set: InstructionSet
    number: Number

    @property
    def reference(self) -> Reference:
        return Reference(InstructionSet.REFERENCE, self.number)

    @property
    def exact(self) -> bool:
        return self.number is Number.FLOAT32

    def call(self, name: str, *arguments: object) -> None:
        function = getattr(load("engine"), f"dragoman_engine_test_{name}")
        outcome = function(int(self.instruction_set), int(self.number), *(_c(given) for given in arguments))
        assert outcome == 0, "wrote outside of its rows" if outcome == 2 else "there are no such kernels"

    def operand(self, x: Floats, true_width: int | None = None) -> tuple[Floats, Floats]:
        """Numbers and scales of a row; normalised before if a true width is given."""
        numbers, scales = np.zeros_like(x), np.ones(len(x), np.float32)
        epsilon = ctypes.c_float(1e-5)
        self.call("operand", x, *x.shape, int(true_width is not None), true_width or 0, epsilon, numbers, scales)
        return numbers, scales

    def normalize(self, x: Floats, true_width: int, gain: Floats, bias: Floats) -> Floats:
        out = np.zeros_like(x)
        self.call("normalize", x, *x.shape, true_width, ctypes.c_float(1e-5), gain, bias, out)
        return out

    def product(
        self, weights: Floats, bias: Floats | None, x: Floats, out: Floats | None = None, form: int = 0
    ) -> Floats:
        result = np.zeros((len(x), len(weights)), np.float32) if out is None else out.copy()
        self.call("product", form, weights, bias, *weights.shape, x, len(x), result)
        return result

    def rank(
        self,
        weights: Floats,
        x: Floats,
        count: int,
        first: int = 0,
        symbols: NDArray[np.int32] | None = None,
        bias: Floats | None = None,
    ) -> tuple[Floats, NDArray[np.int32], NDArray[np.float64]]:
        """The best symbols and the normaliser; without a bias, one that grows from −1 to 1."""
        bias = np.linspace(-1, 1, len(weights), dtype=np.float32) if bias is None else bias
        values, ids = np.zeros((len(x), count), np.float32), np.zeros((len(x), count), np.int32)
        normalizers = np.zeros(len(x))
        self.call("rank", weights, bias, *weights.shape, x, len(x), first, symbols, count, values, ids, normalizers)
        return values, ids, normalizers

    def rank_previewed(
        self, layer: Floats, x: Floats, preview: Floats, u: Floats, candidates: int, count: int, first: int = 2
    ) -> tuple[Floats, NDArray[np.int32], NDArray[np.float64]]:
        """The best symbols and the normaliser by the preview scores of u; biases grow from −1 to 1."""
        bias = np.linspace(-1, 1, len(layer), dtype=np.float32)
        values, ids = np.zeros((len(x), count), np.float32), np.zeros((len(x), count), np.int32)
        normalizers = np.zeros(len(x))
        read = layer, bias, *layer.shape, x, len(x), preview, bias, preview.shape[1], u
        self.call("rank_previewed", *read, candidates, first, None, count, values, ids, normalizers)
        return values, ids, normalizers

    def attend(
        self,
        heads: int,
        keys: Floats,
        values: Floats,
        queries: Floats,
        masks: NDArray[np.uint16],
        vector: Floats | None,
    ) -> Floats:
        out = np.zeros((len(queries), values.shape[1]), np.float32)
        widths = keys.shape[1] // heads, values.shape[1] // heads
        scale = ctypes.c_float(widths[0] ** -0.5)
        where = (heads, *widths, len(keys), keys, values, scale, vector, queries, len(queries))
        self.call("attend", *where, masks, int(masks.ndim == 1), out)
        return out

    def elementwise(self, name: str, *arguments: object, out: Floats) -> Floats:
        result = out.copy()
        self.call(name, *(result if given is out else given for given in arguments))
        return result


class Reference(Kernels):
    """Remembers what it computed, since all sets are compared with it."""

    def call(self, name: str, *arguments: object) -> None:
        arrays = [given for given in arguments if isinstance(given, np.ndarray)]
        key = self.number, name, *(it.tobytes() if isinstance(it, np.ndarray) else repr(it) for it in arguments)
        if key not in _REMEMBERED:
            super().call(name, *arguments)
            _REMEMBERED[key] = [array.copy() for array in arrays]
        for array, result in zip(arrays, _REMEMBERED[key], strict=True):
            array[...] = result


_REMEMBERED: dict[tuple[object, ...], list[NDArray[np.generic]]] = {}


def _c(given: object) -> object:
    if isinstance(given, np.ndarray):
        assert given.flags.c_contiguous
        return given.ctypes.data_as(ctypes.c_void_p)
    return ctypes.c_int64(given) if isinstance(given, int) else given


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].name}-{case[1].name}".lower(), scope="module")
def kernels(request: pytest.FixtureRequest) -> Kernels:
    """Every table that this processor can run."""
    found = Kernels(*request.param)
    if kernels_name(*request.param) is None:
        pytest.skip("this processor has no such instructions")
    return found


def normal(seed: int, *shape: int, size: float = 1.0) -> Floats:
    return np.float32(size) * np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def drawn(count: int) -> Iterator[tuple[int, int, int, np.random.Generator]]:
    """Some cases: a seed, 1 to 13 rows, a width, and a generator for what else a case has."""
    for case in range(count):
        generator = np.random.default_rng(case)
        yield 100 * case, int(generator.integers(1, 14)), 16 * int(generator.integers(1, 21)), generator


def test_the_best_set_has_all_kernels() -> None:
    assert all(kernels_name(best_set(), number) is not None for number in Number)
    assert best_set() is not InstructionSet.REFERENCE
    assert kernels_name(InstructionSet(0), Number.INT8) == "reference, int8"


def test_operands(kernels: Kernels) -> None:
    for seed, rows, width, _ in drawn(6):
        x = normal(seed, rows, width) * 10.0 ** np.arange(rows, dtype=np.float32)[:, None]
        x[0, :3] = 0.5, 1.5, 2.5  # halves
        x[1:2] = 0
        numbers, scales = kernels.operand(x)
        expected, expected_scales = kernels.reference.operand(x)
        assert np.array_equal(numbers, expected)
        assert np.allclose(scales, expected_scales, rtol=2e-7, atol=0)
        error = {Number.FLOAT32: 0.0, Number.BFLOAT16: 2.0**-8, Number.INT8: 0.51 / 127}[kernels.number]
        assert np.all(abs(numbers * scales[:, None] - x) <= error * abs(x).max(1, keepdims=True))


@pytest.mark.parametrize("mean", [0.0, 100.0])
def test_normalisation(kernels: Kernels, mean: float) -> None:
    for seed, rows, width, generator in drawn(6):
        true_width = width - int(generator.integers(16))
        x, gain, bias = normal(seed, rows, width) + np.float32(mean), normal(seed + 1, width), normal(seed + 2, width)
        x[:, true_width:] = gain[true_width:] = bias[true_width:] = 0
        found = kernels.normalize(x, true_width, gain, bias)
        expected = kernels.reference.normalize(x, true_width, gain, bias)
        assert np.allclose(found, expected, rtol=1e-5, atol=2e-5 + 1e-6 * mean)
        numbers, scales = kernels.operand(x, true_width)
        expected, expected_scales = kernels.reference.operand(x, true_width)
        assert np.allclose(scales, expected_scales, rtol=2e-5 + 1e-6 * mean)
        assert np.allclose(scales, expected_scales, rtol=2e-5 + 1e-6 * mean)
        if kernels.number is Number.INT8:
            assert np.all(abs(numbers - expected) <= 1)
            assert np.mean(numbers != expected) < 0.05
        else:
            assert np.allclose(numbers, expected, rtol=2e-5 if kernels.exact else 2.0**-7, atol=2e-5 + 1e-6 * mean)
        assert np.all(numbers[:, true_width:] == 0)


def test_products(kernels: Kernels) -> None:
    for seed, rows, inputs, generator in drawn(8):
        outputs = int(generator.integers(1, 200))
        weights, bias, x = normal(seed, outputs, inputs), normal(seed + 1, outputs), normal(seed + 2, rows, inputs)
        before = normal(seed + 3, rows, outputs)
        bound = 1e-6 * (abs(x) @ abs(weights).T + abs(bias) + abs(before))
        for form in (PRODUCT, ADDED, RELU):
            found = kernels.product(weights, bias, x, before, form)
            assert np.all(abs(found - kernels.reference.product(weights, bias, x, before, form)) <= bound)
        found = kernels.product(weights, bias, x, before, RELU)
        assert np.array_equal(kernels.product(weights, bias, x, before, SQUARED_RELU), found * found)
        loss = {Number.FLOAT32: 1e-6, Number.BFLOAT16: 0.01, Number.INT8: 0.03}[kernels.number]
        exact = x.astype(np.float64) @ weights.T.astype(np.float64) + bias
        bound = loss * np.sqrt(inputs) * abs(x).max() * abs(weights).max()
        assert np.all(abs(kernels.product(weights, bias, x) - exact) <= bound)


@pytest.mark.parametrize("extreme", [False, True])
def test_integer_sums_are_exact(kernels: Kernels, extreme: bool) -> None:
    """Also where all factors are as large as can be, and pairs of them have the same sign."""
    generator = np.random.default_rng(1)
    for rows, inputs, outputs in [(1, 16, 16), (7, 1040, 80), (5, 256, 131)]:
        weights, x = (generator.integers(-127, 128, shape) for shape in [(outputs, inputs), (rows, inputs)])
        if extreme:
            weights, x = np.where(weights < 0, -127, 127), np.where(x < -100, -127, 127)
        weights[:, 0] = x[:, 0] = 127  # so that the scales are 1
        found = kernels.product(weights.astype(np.float32), None, x.astype(np.float32))
        if kernels.number is Number.INT8:
            assert np.array_equal(found, x @ weights.T)
        else:
            assert np.allclose(found, x @ weights.T, rtol=1e-6, atol=2)


def test_rows_do_not_depend_on_each_other(kernels: Kernels) -> None:
    """In whatever number and order they come, with whatever else."""
    generator = np.random.default_rng(2)
    weights, bias, x, vector = normal(1, 197, 144), normal(2, 197), normal(3, 13, 144), normal(4, 48)
    keys, values = normal(5, 40, 48), normal(6, 40, 32)
    masks = generator.integers(1, 2**16, (13, 3)).astype(np.uint16)
    masks[:, 2] &= 0xFF

    def all_of(rows: list[int]) -> list[NDArray[np.float32]]:
        some, queries, seen = x[rows], np.ascontiguousarray(x[rows, :48]), masks[rows]
        state, gates = np.ascontiguousarray(x[rows, :32]), np.ascontiguousarray(x[rows, :64])
        return [
            *kernels.operand(some),
            *kernels.operand(some, 144),
            kernels.normalize(some, 139, bias[:144], bias[32:176]),
            kernels.product(weights, bias, some),
            kernels.product(weights, bias, some, form=RELU),
            kernels.product(weights, bias, some, form=SQUARED_RELU),
            *kernels.rank(weights, some, 6, first=3),
            kernels.attend(3, keys, keys, queries, seen, None),
            kernels.attend(1, keys, values, queries, seen, vector),
            kernels.elementwise("activate", GELU, some, len(rows), 144, out=some),
            kernels.elementwise("cell", LSTM, gates, gates, state, len(rows), 16, out=state),
        ]

    whole = all_of(list(range(13)))
    for count in (1, 2, 3, 4, 5, 6, 7, 8, 11, 12):
        rows = generator.permutation(13)[:count].tolist()
        for part, everything in zip(all_of(rows), whole, strict=True):
            assert np.array_equal(part, everything[rows])


def normalizer_bound(kernels: Kernels) -> float:
    """How far a normaliser may be from the reference's, in nats.

    The exponentials of int8 with AVX-512 are rounded to about half a percent, up or down; only that of the best symbol
    is exact, because the normaliser may not depend on how many of the best are wanted. So a few symbols that are nearly
    as likely as the best leave some thousandths.
    """
    return 5e-3 if kernels.number is Number.INT8 else 3e-5


@pytest.mark.parametrize("size", [0.0, 1.0, 5.0])
def test_how_many_are_wanted_changes_no_bit(kernels: Kernels, size: float) -> None:
    """Also where so many are wanted, or tie, that they are found in another way; and where there are not so many."""
    for outputs, first in [(20, 0), (70, 3), (700, 2)]:
        weights, x = normal(1, outputs, 32, size=size * 32**-0.5), normal(2, 6, 32)
        names = np.random.default_rng(3).permutation(10**6)[:outputs].astype(np.int32)
        bias = np.zeros(outputs, np.float32) if size == 0 else None
        most = kernels.rank(weights, x, 40, first, names, bias)
        for count in (1, 2, 3, 10, 25):
            fewer = kernels.rank(weights, x, count, first, names, bias)
            for some, all_of_them in zip(fewer, (most[0][:, :count], most[1][:, :count], most[2]), strict=True):
                assert np.array_equal(some, all_of_them)


def test_ranking(kernels: Kernels) -> None:
    for seed, rows, inputs, generator in drawn(8):
        outputs, count, first = (int(generator.integers(*limits)) for limits in [(1, 500), (1, 40), (0, 5)])
        weights, x = normal(seed, outputs, inputs, size=inputs**-0.5), normal(seed + 1, rows, inputs, size=3.0)
        names = generator.permutation(10**6)[:outputs].astype(np.int32)
        values, ids, normalizers = kernels.rank(weights, x, count, first, names if seed % 200 else None)
        expected, _, expected_normalizers = kernels.reference.rank(weights, x, count, first)
        there = max(0, min(count, outputs - first))
        assert np.all(ids[:, there:] == -1)
        assert np.all(values[:, there:] == -np.inf)
        assert np.allclose(values[:, :there], expected[:, :there], atol=2e-5)
        assert np.allclose(normalizers, expected_normalizers, atol=normalizer_bound(kernels))
        scores = kernels.reference.product(weights, np.linspace(-1, 1, outputs, dtype=np.float32), x)
        column_of = {int(name): column for column, name in enumerate(names if seed % 200 else range(outputs))}
        for row in range(rows):
            columns = [column_of[int(name)] for name in ids[row, :there]]
            assert len(set(columns)) == there
            assert all(column >= first for column in columns)
            assert np.allclose(scores[row, columns], values[row, :there], atol=2e-5)


@pytest.mark.parametrize("size", [0.0, 1e-3, 100.0])
def test_ranking_of_any_scores(kernels: Kernels, size: float) -> None:
    """Scores that are all the same, hardly differ, or have exponentials beyond float32; many that are never written."""
    weights, x = normal(1, 700, 32, size=size), normal(2, 4, 32)
    values, ids, normalizers = kernels.rank(weights, x, 50, first=70)
    expected, _, expected_normalizers = kernels.reference.rank(weights, x, 50, first=70)
    assert np.allclose(values, expected, rtol=1e-5, atol=2e-5)
    assert np.allclose(normalizers, expected_normalizers, rtol=1e-6, atol=normalizer_bound(kernels))
    assert all(len(set(row)) == 50 for row in ids)
    assert ids.min() >= 70


def test_of_symbols_that_tie_the_earlier_comes_first(kernels: Kernels) -> None:
    generator = np.random.default_rng(3)
    for outputs in (5, 64, 300, 1000):
        weights, x = np.zeros((outputs, 16), np.float32), np.zeros((6, 16), np.float32)
        weights[:, 0], weights[:, 1], weights[:, 2] = 127, generator.integers(-1, 2, outputs), 1
        x[:, 0], x[:, 1], x[:, 2] = [0, 0, 0, 0, 127, 127], [1, 1, -1, 1, 0, 0], 127
        scores = x @ weights.T
        for count in (1, 4, 30):
            _, ids, _ = kernels.rank(weights, x, count, first=2, bias=np.zeros(outputs, np.float32))
            order = np.argsort(-scores[:, 2:], axis=1, kind="stable")[:, :count] + 2
            assert np.array_equal(ids[:, : order.shape[1]], order)
            assert np.all(ids[:, order.shape[1] :] == -1)


def low_rank(symbols: int, rest: float = 0.01, size: float = 2.0) -> tuple[Floats, Floats, Floats, Floats]:
    """Weights of an output layer that 32 numbers nearly tell, nine rows that it reads, and weights and rows of u."""
    preview, both = normal(1, symbols, 32, size=size * 32**-0.5), np.linalg.qr(normal(2, 80, 80))[0]
    layer = np.concatenate([preview, normal(3, symbols, 48, size=rest)], 1) @ both
    x = normal(4, 9, 80)
    return layer, x, preview, np.ascontiguousarray((x @ both.T)[:, :32])


def test_previews_find_the_best(kernels: Kernels) -> None:
    """With the scores that all symbols have by the whole layer, and about its normaliser; however many are wanted,
    whatever the other rows are; and all symbols are scored where there are no more than candidates."""
    if kernels.exact:
        pytest.skip("float32 needs no preview")
    for symbols, size in [(3, 2.0), (70, 2.0), (1500, 2.0), (1500, 0.0), (3000, 2.0), (3000, 60.0)]:
        layer, x, preview, u = low_rank(symbols, size=size, rest=0.01 * (size > 0))
        values, ids, normalizers = kernels.rank_previewed(layer, x, preview, u, 64, 8)
        whole = kernels.rank(layer, x, 8, 2)
        assert np.array_equal(ids[:, :4], whole[1][:, :4])
        assert np.array_equal(values[:, :4], whole[0][:, :4])
        # The reference has no more candidates than were asked for.
        reference = kernels.reference.rank_previewed(layer, x, preview, u, 64, 8)
        assert np.allclose(normalizers, reference[2], rtol=1e-6, atol=5e-3 + normalizer_bound(kernels))
        # Two symbols that are never written have no exact score.
        assert np.allclose(normalizers, whole[2], rtol=2e-3, atol=0.1)
        for rows, count in [([3], 8), ([8, 0, 1, 4, 4, 7, 6], 1)]:
            part = kernels.rank_previewed(layer, x[rows], preview, u[rows], 64, count)
            for some, all_of_them in zip(part, (values[:, :count], ids[:, :count], normalizers), strict=True):
                assert np.array_equal(some, all_of_them[rows])
        if 70 < symbols <= 1500:
            exact = kernels.rank_previewed(layer, x, preview, u, symbols, 8)
            assert all(np.array_equal(exact[part], whole[part]) for part in (0, 1))
            assert np.allclose(exact[2], whole[2], rtol=1e-6, atol=1e-3 + normalizer_bound(kernels))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_preview_of_numbers_that_are_none_stays_in_its_row(kernels: Kernels, wrong: float) -> None:
    if kernels.exact:
        pytest.skip("float32 needs no preview")
    layer, x, preview, u = low_rank(1500)
    bad_x, bad_u, damaged, bad_layer = x.copy(), u.copy(), preview.copy(), layer.copy()
    bad_x[2, 17] = bad_u[2, 5] = damaged[70, 5] = bad_layer[70:1000, 5] = wrong
    found = kernels.rank_previewed(layer, bad_x, preview, bad_u, 64, 5)
    assert not np.isfinite(found[2][2])
    others = [0, 1, *range(3, 9)]
    for part, expected in zip(found, kernels.rank_previewed(layer, x, preview, u, 64, 5), strict=True):
        assert np.array_equal(part[others], expected[others])
    if np.isnan(wrong):
        assert np.isnan(kernels.rank_previewed(layer, x, damaged, u, 64, 5)[2]).all()
        assert np.isnan(kernels.rank_previewed(bad_layer, x, preview, u, 1500, 5)[2]).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_found_and_stay_in_their_row(kernels: Kernels, wrong: float) -> None:
    weights, x, others = normal(1, 100, 64), normal(2, 5, 64), [0, 1, 3, 4]
    bad, damaged = x.copy(), weights.copy()
    bad[2, 17] = damaged[70, 5] = wrong
    found = kernels.rank(weights, bad, 3)
    assert not np.isfinite(found[2][2])
    for part, expected in zip(found, kernels.rank(weights, x, 3), strict=True):
        assert np.array_equal(part[others], expected[others])
    assert not np.isfinite(kernels.product(weights, None, bad)[2]).any()
    assert not np.isfinite(kernels.product(damaged, None, x)[:, 70]).any()
    if np.isnan(wrong):
        assert np.isnan(kernels.rank(damaged, x, 3)[2]).all()
        for activation in (RELU_, GELU, TANH, SIGMOID, SQUARED_RELU_):
            out = kernels.elementwise("activate", activation, bad, 5, 64, out=bad)
            assert np.isnan(out).sum() == np.isnan(out[2, 17])
            assert np.isnan(out[2, 17])


def test_attention(kernels: Kernels) -> None:
    shapes = [(1, 16, 16), (2, 32, 16), (4, 16, 32), (3, 48, 64), (2, 64, 64), (1, 128, 80)]
    for seed, rows, _, generator in drawn(12):
        count, key_width, value_width = shapes[seed // 100 % len(shapes)]
        places, same, size = (
            int(generator.integers(1, 70)),
            generator.random() < 0.5,
            float(generator.choice([0.1, 1, 10])),
        )
        keys, values = normal(seed, places, count * key_width), normal(seed + 1, places, count * value_width)
        queries = normal(seed + 2, rows, count * key_width, size=size)
        seen = generator.random((1 if same else rows, -(-places // 16) * 16)) < generator.choice([0.1, 0.5, 1.0])
        seen[:, places:] = False
        masks = np.packbits(seen, axis=1, bitorder="little").view(np.uint16)
        masks = masks[0] if same else masks
        found = kernels.attend(count, keys, values, queries, masks, None)
        expected = kernels.reference.attend(count, keys, values, queries, masks, None)
        assert np.allclose(found, expected, rtol=0, atol=(1e-5 if kernels.exact else 0.01) * (1 + size))
        assert np.all(found[~np.broadcast_to(seen.any(1), rows)] == 0)


def test_additive_attention(kernels: Kernels) -> None:
    for seed, rows, key_width, generator in drawn(4):
        places, value_width = int(generator.integers(1, 40)), 16 * int(generator.integers(1, 9))
        keys, values = normal(seed, places, key_width), normal(seed + 1, places, value_width)
        queries, vector = normal(seed + 2, rows, key_width, size=2.0), normal(seed + 3, key_width, size=key_width**-0.5)
        seen = np.arange(-(-places // 16) * 16) < places
        masks = np.packbits(seen, bitorder="little").view(np.uint16)
        found = kernels.attend(1, keys, values, queries, masks, vector)
        expected = kernels.reference.attend(1, keys, values, queries, masks, vector)
        assert np.allclose(found, expected, rtol=0, atol=2e-5 if kernels.exact else 0.03)


EDGES = np.float32([0, -0.0, 87, -87, 89, -89, 104, -104, 1e4, -1e4, 3e38, -3e38, 1e-38, 1, -1, 9, -9, 4, -4])


@pytest.mark.parametrize("activation", [NONE, RELU_, GELU, TANH, SIGMOID, SQUARED_RELU_])
def test_activations(kernels: Kernels, activation: int) -> None:
    points = np.concatenate([EDGES, normal(1, 300), normal(2, 100, size=1e-4), normal(3, 61, size=30.0)])
    x = points.reshape(3, 160)
    found = kernels.elementwise("activate", activation, x, *x.shape, out=x)
    expected = kernels.reference.elementwise("activate", activation, x, *x.shape, out=x)
    assert np.allclose(found, expected, rtol=2e-6 if kernels.exact else 1e-3, atol=1e-7 if kernels.exact else 1e-3)


def test_numbers_by_themselves(kernels: Kernels) -> None:
    bound = 3e-6 if kernels.exact else 2e-3
    for seed, rows, width, _ in drawn(3):
        a, b, state, double, pair, other = (
            normal(seed + place, rows, factor * width, size=3.0) for place, factor in enumerate([1, 1, 1, 2, 2, 2])
        )
        reset, update, opened = np.zeros_like(a), np.zeros_like(a), 1 / (1 + np.exp(-a))
        calls: list[tuple[str, tuple[object, ...], Floats]] = [
            ("add", (a, b, rows, width, ctypes.c_float(0.5**0.5)), a),
            ("glu", (double, rows, width, b), b),
            ("reset", (double, other, state, reset, update, rows, width), reset),
            ("reset", (double, other, state, reset, update, rows, width), update),
            ("renew", (a, b, opened, state, rows, width), state),
        ]
        for cell, gates, old in [(RNN_TANH, 1, state), (RNN_RELU, 1, state), (GRU_AFTER, 3, state), (LSTM, 4, pair)]:
            inputs, recurrent = (normal(seed + place, rows, gates * width, size=2.0) for place in (6, 7))
            calls.append(("cell", (cell, inputs, recurrent, old, rows, width), old))
        for name, arguments, out in calls:
            found = kernels.elementwise(name, *arguments, out=out)
            expected = kernels.reference.elementwise(name, *arguments, out=out)
            assert np.allclose(found, expected, rtol=bound, atol=bound), name

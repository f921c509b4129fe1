"""What the benchmark of training throughput makes of its measurements."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from dragoman.recipe.transformer import TransformerRecipe

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from flop import Corpus, language_model_step, transformer_step
from training_throughput import rates, summary


def _corpus(*pairs: tuple[int, int]) -> Corpus:
    lengths = np.array(pairs)
    return Corpus.of(lengths[:, 0], lengths[:, 1])


def test_operations_of_one_tiny_step_by_hand() -> None:
    # One layer each, D = 2, F = 3, V = 5, S = 2, T = 3: multiply-adds of the forward pass, product by product.
    recipe = TransformerRecipe(layers=1, width=2, feed_forward=3, heads=1)
    encoder = 4 * (2 * 2 * 2) + 2 * (2 * 2 * 3) + 2 * (2 * 2 * 2)
    decoder = 4 * (3 * 2 * 2) + 2 * (3 * 2 * 3) + 2 * 6 * 2
    looking = 2 * (3 * 2 * 2) + 2 * (2 * 2 * 2) + 2 * (3 * 2 * 2)
    output = 3 * 2 * 5
    assert transformer_step(recipe, recipe, 5, _corpus((2, 3))) == 6 * (encoder + decoder + looking + output)
    assert language_model_step(recipe, 5, _corpus((2, 3))) == 6 * (decoder + output)


def test_operations_are_those_that_torch_counts_in_a_forward_pass() -> None:
    """Of a stack of torch's own encoder layers, which does not mask, and an output layer."""
    width, forward, layers, vocabulary, length = 16, 32, 2, 50, 7
    layer = torch.nn.TransformerEncoderLayer(width, 4, forward, dropout=0.0, batch_first=True)
    model = torch.nn.Sequential(torch.nn.TransformerEncoder(layer, layers), torch.nn.Linear(width, vocabulary))
    # The counter knows the parts of attention, not the fused one.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model.train()(torch.randn(1, length, width))
    recipe = TransformerRecipe(layers=layers, width=width, feed_forward=forward, heads=4)
    causal = _corpus((1, length))
    hidden = layers * 2 * width * (length * length - causal.target_causal)
    assert language_model_step(recipe, vocabulary, causal) // 6 + hidden == counter.get_total_flops() // 2


def test_sums_over_a_corpus_add_up() -> None:
    recipe = TransformerRecipe()
    parts = [transformer_step(recipe, recipe, 100, _corpus(pair)) for pair in ((3, 4), (9, 2), (1, 1))]
    assert transformer_step(recipe, recipe, 100, _corpus((3, 4), (9, 2), (1, 1))) == sum(parts)


def test_only_updates_that_began_after_the_warm_up_count() -> None:
    marks = [(1.0, 1.0, 100, 9.0), (6.0, 5.0, 300, 8.0), (8.0, 6.0, 500, 7.0), (10.0, 7.0, 900, 6.0)]
    found = rates(marks, 5.0)
    assert found["tokens_per_second"] == (900 - 300) / (10.0 - 6.0)
    assert found["tokens_per_processor_second"] == (900 - 300) / (7.0 - 5.0)
    assert (found["updates"], found["loss_first"], found["loss_last"]) == (2, 9.0, 6.0)


def test_a_training_that_never_left_its_warm_up_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="train for longer"):
        rates([(1.0, 1.0, 100, 9.0), (6.0, 5.0, 300, 8.0)], 5.0)


def _row(system: str, speed: float) -> dict[str, object]:
    values = {"tokens_per_second": speed, "tokens_per_processor_second": speed, "tokens_per_update": 1.0}
    return {"system": system, "architecture": "transformer", "threads": 1, "peak_resident_mib": 1.0, **values}


def test_ratio_is_of_medians_against_the_fastest_peer_and_failures_are_counted() -> None:
    rows = [_row("dragoman", speed) for speed in (9_000, 10_000, 50_000)]
    rows += [_row("eole", speed) for speed in (1_000, 2_000, 2_500)] + [_row("hf", 1_500)]
    rows += [{"system": "joey", "architecture": "transformer", "threads": 1, "error": "it broke"}]
    [found] = summary(rows, {"transformer": 1e6}, {"1": [40.0, 50.0]})
    assert found["ratio_tokens_per_second"] == {"fastest_peer": "eole", "ratio": 5.0}
    assert found["systems"]["joey"] == {"rounds": 0, "failed": 1}
    assert found["share_of_bf16_peak"]["share"] == 10.0 / 50.0

"""Probabilities of given texts, line by line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from dragoman.contracts import Batch, Packed, TextBatch
from dragoman.data.bucketing import in_order
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.language_model import LanguageModel


@dataclass(frozen=True, slots=True)
class TextScores:
    """Losses and sizes of n lines.

    Attributes:
        nats: −log P(line) in nats, with the end of the line, [n].
        tokens: number of tokens of each line, with the end symbol, [n].
        characters: number of code points of each line, plus one for the end, [n].
    """

    nats: Float[np.ndarray, " n"]
    tokens: Float[np.ndarray, " n"]
    characters: Float[np.ndarray, " n"]


def pair_losses(
    model: EncoderDecoder, sources: list[list[int]], targets: list[list[int]], *, batch_tokens: int
) -> Float[np.ndarray, " n"]:
    """−log P(target | source) of each pair in nats, the target's end symbol included.

    Args:
        model: encoder and decoder in evaluation mode.
        sources: source ids, each row ended by the end symbol.
        targets: target ids, each row ended by the end symbol.
        batch_tokens: most target tokens that are computed together.
    """
    lengths = [np.array([len(row) for row in side], dtype=np.int64) for side in (sources, targets)]
    found = np.zeros(len(targets))
    with torch.inference_mode():
        for rows in in_order(*lengths, tokens=batch_tokens):
            source, target = (Packed.of([side[row] for row in rows], model.device) for side in (sources, targets))
            losses = model.token_losses(Batch(source, target, torch.from_numpy(rows))).cpu().double()
            sums = torch.zeros(len(rows), dtype=torch.float64).index_add(0, target.layout.rows.cpu(), losses)
            found[rows] = sums.numpy()
    return found


def text_losses(
    model: LanguageModel, lines: list[list[int]], *, span: int, start: int, batch_tokens: int
) -> Float[np.ndarray, " n"]:
    """The cross-entropy of each line in nats, its end symbol included.

    Args:
        model: language model in evaluation mode.
        lines: ids of each line, ended by the end symbol.
        span: number of tokens that are read as one text, as far as whole lines allow; with 1, each line stands alone.
        start: id of the symbol before a line.
        batch_tokens: most tokens that are computed together.
    """
    lengths = np.array([len(line) for line in lines], dtype=np.int64)
    groups = _groups(lengths, span)
    sizes = np.array([lengths[group].sum() for group in groups], dtype=np.int64)
    found = np.zeros(len(lines))
    with torch.inference_mode():
        for places in in_order(sizes, sizes, tokens=batch_tokens):
            members = np.concatenate([groups[place] for place in places])
            inputs = [[start, *lines[line][:-1]] for line in members]
            rows = [int(sizes[place]) for place in places]
            losses = model.token_losses(
                TextBatch(
                    _in_rows(inputs, rows, model.device),
                    _in_rows([lines[line] for line in members], rows, model.device),
                    False,
                    torch.from_numpy(np.array([groups[place][0] for place in places])),
                )
            )
            ends = np.cumsum(lengths[members])
            sums = np.concatenate([[0.0], losses.cpu().double().cumsum(0).numpy()[ends - 1]])
            found[members] = np.diff(sums)
    return found


def _groups(lengths: Int[np.ndarray, " n"], span: int) -> list[Int[np.ndarray, " m"]]:
    """Groups of consecutive lines that are read as one text."""
    groups: list[Int[np.ndarray, " m"]] = []
    begin, used = 0, 0
    for line, length in enumerate(lengths.tolist()):
        if line > begin and used + length > span:
            groups.append(np.arange(begin, line))
            begin, used = line, 0
        used += length
    if len(lengths):
        groups.append(np.arange(begin, len(lengths)))
    return groups


def _in_rows(lines: list[list[int]], rows: list[int], device: torch.device) -> Packed:
    flat = iter([token for line in lines for token in line])
    return Packed.of([[next(flat) for _ in range(size)] for size in rows], device)

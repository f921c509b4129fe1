"""The best alignment of a text with the picture that it was read from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from dragoman.contracts import AligningDecoder, LineEncoder, Packed, Pictures
from dragoman.errors import InputError, UnsupportedError
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.storage.json import JsonObject
from dragoman.text.codec import Codec
from dragoman.text.vocabulary import BYTE_SYMBOLS

_LONGEST_SHOWN = 60
_BYTES = {symbol: value for value, symbol in enumerate(BYTE_SYMBOLS)}


@dataclass(frozen=True, slots=True)
class CharacterSpan:
    """The columns of a picture that the best alignment gives to a character.

    Attributes:
        text: the character, or another symbol of the vocabulary.
        begin: first column, in pixels of the picture as the model reads it, from 0.
        end: column behind the last one.
        log_probability: sum of the natural logarithms of the character's probabilities at the positions of its span.
        positions: number of positions of the encoder that write the character.
    """

    text: str
    begin: int
    end: int
    log_probability: float
    positions: int

    def to_dict(self) -> JsonObject:
        """The span as values for JSON."""
        return {
            "text": self.text,
            "begin": self.begin,
            "end": self.end,
            "log_probability": self.log_probability,
            "positions": self.positions,
        }


@dataclass(frozen=True, slots=True)
class LineAlignment:
    """The best alignment of a text with a picture, by the Viterbi algorithm.

    Attributes:
        text: the text.
        characters: the symbols of the text in order, with their columns; no two spans overlap.
        log_probability: natural logarithm of the probability of this alignment: of its characters and blanks.
        text_log_probability: natural logarithm of the probability of the text, the sum over all its alignments.
        width: width of the picture as the model reads it, in columns of pixels.
    """

    text: str
    characters: tuple[CharacterSpan, ...]
    log_probability: float
    text_log_probability: float
    width: int

    def to_dict(self) -> JsonObject:
        """The alignment as values for JSON."""
        return {
            "text": self.text,
            "characters": [span.to_dict() for span in self.characters],
            "log_probability": self.log_probability,
            "text_log_probability": self.text_log_probability,
            "width": self.width,
        }


def aligns(model: EncoderDecoder) -> bool:
    """Whether a model's decoder aligns texts with positions from left to right."""
    return isinstance(model.decoder, AligningDecoder) and isinstance(model.encoder, LineEncoder)


def require_alignments(model: EncoderDecoder) -> None:
    """Refuse a model whose decoder aligns no texts with positions.

    Raises:
        UnsupportedError: if it aligns none.
    """
    if not aligns(model):
        raise UnsupportedError(
            "this reader aligns no characters with columns: its decoder writes each character from the whole picture",
            remedy='train a reader with decoder.kind = "ctc", as the preset reader has it.',
        )


def line_alignments(
    model: EncoderDecoder, codec: Codec, pictures: Pictures, texts: Sequence[Sequence[int]], numbers: Sequence[int]
) -> list[LineAlignment]:
    """The best alignment of each text with its picture.

    Args:
        model: a model that :func:`require_alignments` accepts; put into evaluation mode.
        codec: codec of the texts.
        pictures: a picture for each text.
        texts: ids of the symbols of each text, without end symbol.
        numbers: number of each picture among all, from 1, for errors.

    Raises:
        InputError: if a text has a symbol that the vocabulary lacks, or more symbols than its picture has positions.
    """
    model.eval()
    encoder, decoder = model.encoder, model.decoder
    assert isinstance(encoder, LineEncoder)
    assert isinstance(decoder, AligningDecoder)
    target = Packed.of([[*ids, codec.special.end] for ids in texts], model.device)
    with torch.inference_mode():
        memory = model.encode(pictures.to(model.device))
        found = decoder.align(target, memory)
        totals = -decoder.token_losses(target, memory)
    lengths = memory.layout.lengths.tolist()
    places, log_p = (torch.split(part.cpu(), lengths) for part in (found.places, found.position_log_p))
    widths = pictures.layout.lengths.tolist()
    lines = []
    for row, ids in enumerate(texts):
        if math.isinf(float(found.log_p[row])):
            raise _no_alignment(codec, ids, lengths[row], widths[row], numbers[row])
        spans = _spans(codec, ids, places[row].tolist(), log_p[row].tolist(), encoder.stride, widths[row])
        text = "".join(span.text for span in spans)
        lines.append(LineAlignment(text, tuple(spans), float(found.log_p[row]), float(totals[row]), widths[row]))
    return lines


def symbol_texts(codec: Codec, ids: Sequence[int]) -> list[tuple[str, slice]]:
    """The characters that symbols stand for, each with the symbols that write it.

    A tokenizer puts a space before every text, which is no character of it; and a character that the vocabulary lacks
    is written by the symbols of its bytes.

    Args:
        codec: codec of the text.
        ids: ids of the text's symbols, without end symbol.
    """
    symbols = [codec.tokenizer.vocabulary.symbols[id] for id in ids]
    begins = [place for place, symbol in enumerate(symbols) if not _goes_on(symbol)]
    if symbols and (not begins or begins[0] > 0):
        begins.insert(0, 0)
    if symbols and symbols[0] == " ":
        del begins[0]
    parts = [slice(begin, end) for begin, end in pairwise([*begins, len(symbols)])]
    texts = [_text(symbols[part]) for part in parts]
    if parts and parts[0].start == 0:
        texts[0] = texts[0].removeprefix(" ")
    return list(zip(texts, parts, strict=True))


def _goes_on(symbol: str) -> bool:
    """Whether a symbol is a byte that begins no character, in UTF-8."""
    return _BYTES.get(symbol, 0) & 0xC0 == 0x80


def _text(symbols: list[str]) -> str:
    if symbols[0] not in _BYTES:
        return "".join(symbols)
    return bytes(_BYTES[symbol] for symbol in symbols if symbol in _BYTES).decode("utf-8", "replace")


def _spans(
    codec: Codec, ids: Sequence[int], places: list[int], log_p: list[float], stride: int, width: int
) -> list[CharacterSpan]:
    """The span of each character, from what each position writes."""
    of_symbols: dict[int, list[int]] = {}
    for position, place in enumerate(places):
        of_symbols.setdefault(place, []).append(position)
    spans = []
    for text, part in symbol_texts(codec, ids):
        positions = [position for place in range(part.start, part.stop) for position in of_symbols[place]]
        first, last = min(positions), max(positions)
        begin = max(first * stride - stride // 2, 0)
        end = width if last == len(places) - 1 else (last + 1) * stride - stride // 2
        score = sum(log_p[position] for position in positions)
        spans.append(CharacterSpan(text, begin, end, score, len(positions)))
    return spans


def _no_alignment(codec: Codec, ids: Sequence[int], positions: int, width: int, number: int) -> InputError:
    """The error for a text that cannot stand in its picture."""
    text = repr(codec.tokenizer.decode_batch([ids])[0])
    text = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    repeated = sum(one == other for one, other in pairwise(ids))
    needed = len(ids) + repeated
    if needed > positions:
        return InputError(
            f"picture {number} is {width:,} columns wide, which gives the decoder {positions:,} positions; "
            f"{text} needs {needed:,}, one for each symbol and one between equal neighbours",
            cause="another text than the one in the picture.",
            remedy="give the text that stands in the picture.",
        )
    return InputError(
        f"the vocabulary of this reader cannot write {text} (picture {number})",
        cause="a character that the training lines lacked.",
        remedy="give a text of characters that the reader was trained on.",
    )

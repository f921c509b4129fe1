"""Where each character of a text stands in its picture, and which pixels it was read from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import AligningDecoder, Memory, Packed, Pictures, SearchMethod, TextDecoder
from dragoman.contracts.expect import expect
from dragoman.explanation.asked import Asked
from dragoman.explanation.first_layer import first_layer_of
from dragoman.explanation.integrated_gradients import integrated_gradients
from dragoman.explanation.picture_baseline import BLANK, blank_of, in_pixels
from dragoman.explanation.prediction import Attribution
from dragoman.explanation.read_numbers import differentiable, function_of_numbers, numbers_of
from dragoman.explanation.reading import ReadCharacter, ReadingExplanation
from dragoman.fields.picture import AnyPicture
from dragoman.fields.place import TablePlace
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.given import PICTURES, inputs_of
from dragoman.predict.line_alignment import aligns, line_alignments, symbol_texts
from dragoman.predict.reader import Reader
from dragoman.recipe.kinds import sentence_of

TOLERANCE = 0.05
"""Largest gap of a character's contributions, as a share of what they sum up to."""
_NUMBERS_TOGETHER = 1 << 18
"""Most numbers of pictures that are computed together."""

Scores = Callable[[Memory], Float[Tensor, "S m"]]
"""The log-probabilities of the m symbols of a text, for S pictures."""


def explain_reading(
    reader: Reader,
    picture: AnyPicture,
    *,
    text: str | None = None,
    search: SearchMethod | None = None,
    pixels: bool = True,
    name: str = "picture",
    table: TablePlace | None = None,
) -> ReadingExplanation:
    """Where each character of a text stands in its picture, and which pixels it was read from.

    With the decoder ``ctc``, a character's score is its log-probability at the positions that the best alignment gives
    it; with others, its log-probability after the characters before it. What each pixel contributes to the score is
    found by integrated gradients (Sundararajan et al. 2017), from an empty picture on.

    Args:
        reader: the model.
        picture: path, bytes, array or Pillow's image.
        text: text that is explained; by default the one that is read.
        search: method of the search that reads; by default the recipe's.
        pixels: whether to find which pixels each character was read from, which takes longest.
        name: name of a picture in memory, for people.
        table: table that the picture stands in, for errors.

    Raises:
        InputError: if the picture cannot be read, or the text cannot stand in it.
    """
    prepared = Pictures.of(reader.source.encode_all([picture], table))
    read = reader.read_ids(prepared, search=search)
    (ids,) = read if text is None else reader.encoded([text], 1)
    model, codec = reader.model, reader.target
    alignment = line_alignments(model, codec, prepared, [ids], [1])[0] if aligns(model) else None
    target = Packed.of([[*ids, codec.special.end]], model.device)
    with differentiable(model):
        with torch.no_grad():
            memory = model.encode(prepared.to(model.device))
            scores = _scores(model, target, memory)
            (found,) = scores(memory).double().cpu()
        characters = []
        for character, symbols in symbol_texts(codec, ids):
            attribution = _attribution(model, prepared, character, scores, symbols) if pixels else None
            characters.append(ReadCharacter(character, float(found[symbols].sum()), attribution))
        first_layer = first_layer_of(model, prepared)
    (shown,), (text,) = codec.tokenizer.decode_batch([ids]), codec.tokenizer.decode_batch(read)
    return ReadingExplanation(
        model=sentence_of(reader.recipe.model),
        name=str(picture) if isinstance(picture, Path) else name,
        text=shown,
        read=text,
        baseline=BLANK,
        picture=prepared.values.numpy(),
        characters=tuple(characters),
        alignment=alignment,
        first_layer=first_layer,
    )


def explain_readings(
    reader: Reader, given: Iterable[object], asked: Asked, table: TablePlace | None = None
) -> Iterator[ReadingExplanation]:
    """Where each character stands, for each of several pictures; see :func:`explain_reading`.

    Args:
        reader: the model.
        given: the pictures.
        asked: what is asked: a text that is proposed, the search, and whether pixels are explained.
        table: table that the pictures stand in, for errors.
    """
    for number, picture in enumerate(expect(inputs_of(given, PICTURES), list)):
        place = None if table is None else table.only(number)
        yield explain_reading(
            reader,
            picture,
            text=asked.proposed,
            search=asked.method(reader.recipe.search),
            pixels=asked.pixels,
            name=f"picture {number + 1}",
            table=place,
        )


def _scores(model: EncoderDecoder, target: Packed, memory: Memory) -> Scores:
    """The function from memories of pictures to the scores of a text's symbols.

    Args:
        model: the model.
        target: the text, with its end symbol.
        memory: memory of the picture that the text is aligned with.
    """
    decoder = model.decoder
    if isinstance(decoder, AligningDecoder):
        return partial(_scores_at, decoder, target.values, decoder.align(target, memory).places)
    return partial(_scores_in_turn, expect(decoder, TextDecoder), target)


def _scores_at(
    decoder: AligningDecoder, symbols: Int[Tensor, " T"], places: Int[Tensor, " P"], memory: Memory
) -> Float[Tensor, "S m"]:
    """The log-probability of each symbol at its positions."""
    written = torch.nonzero(places >= 0)[:, 0]
    of_text = places[written]
    found = decoder.log_probabilities(memory)
    log_p = found.view(memory.layout.batch, -1, found.shape[1])
    of_positions = log_p[:, written, symbols[of_text]]
    return of_positions.new_zeros((len(log_p), len(symbols) - 1)).index_add(1, of_text, of_positions)


def _scores_in_turn(decoder: TextDecoder, target: Packed, memory: Memory) -> Float[Tensor, "S m"]:
    """The log-probability of each symbol after those before it."""
    texts = target.select(torch.zeros(memory.layout.batch, dtype=torch.int64))
    log_p = torch.log_softmax(decoder.output(decoder.states(texts, memory)).float(), 1)
    return log_p.gather(1, texts.values[:, None]).view(memory.layout.batch, -1)[:, :-1]


def _attribution(
    model: EncoderDecoder, picture: Pictures, character: str, scores: Scores, symbols: slice
) -> Attribution:
    """What each pixel of a picture contributed to the score of a character, which some symbols write."""
    numbers, baseline = numbers_of(model, picture), numbers_of(model, blank_of(picture))
    function = function_of_numbers(model, picture, lambda memory: scores(memory)[:, symbols].sum(1))
    together = max(_NUMBERS_TOGETHER // numbers.numel(), 1)
    integral = integrated_gradients(function, numbers, baseline, tolerance=TOLERANCE, together=together)
    return Attribution(
        f"log-probability of {character}",
        integral.value,
        integral.baseline_value,
        in_pixels(integral.contributions, picture),
        integral.gap,
        integral.evaluations,
    )

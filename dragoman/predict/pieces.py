"""Source lines as they are searched for: what is too long for a model is cut where a reader would pause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dragoman.predict.capitals import CAPITALS, Capitals
from dragoman.predict.examination import Examination
from dragoman.predict.translation import Concern
from dragoman.text.codec import Codec, masks_for
from dragoman.text.normalization import is_visible
from dragoman.text.placeholder_mask import Mask

_SENTENCE_ENDS = frozenset(".!?…。！？؟।")
_LEAST_SHARE = 0.5
_ENOUGH = 48
"""Number of ids after which a piece ends with its sentence: models learn from sentences and translate far longer text
badly."""
MOST = 128
"""Most ids of a piece, wherever a line has to be cut at all."""


def cut(ids: Sequence[int], symbols: Sequence[str], limit: int) -> list[list[int]]:
    """Cut ``ids`` into pieces of at most ``limit``, none of them empty unless ``ids`` is.

    Each cut falls after the first end of a sentence behind half of ``limit``, or behind 48 ids if that is less;
    otherwise before the last word that fits; otherwise at ``limit``.

    Args:
        ids: ids of a line.
        symbols: text of each id.
        limit: most ids of a piece, at least 1.

    >>> symbols = ["One", " word", ".", " Two", " words", "."]
    >>> cut(range(6), symbols, limit=4)
    [[0, 1, 2], [3, 4, 5]]
    """
    pieces, begin = [], 0
    while len(ids) - begin > limit:
        end = _best_end(ids, symbols, begin, begin + limit)
        pieces.append(list(ids[begin:end]))
        begin = end
    return [*pieces, list(ids[begin:])]


def _best_end(ids: Sequence[int], symbols: Sequence[str], begin: int, end: int) -> int:
    earliest = begin + max(int((end - begin) * _LEAST_SHARE), 1)
    for place in range(min(earliest, begin + _ENOUGH), end + 1):
        last = symbols[ids[place - 1]].strip()
        if last and last[-1] in _SENTENCE_ENDS and (not last.isascii() or symbols[ids[place]].startswith(" ")):
            return place
    for place in range(end, earliest - 1, -1):
        if symbols[ids[place]].startswith(" "):
            return place
    return end


class Piece(NamedTuple):
    """A line, or a piece of a line that is too long, that is searched for separately.

    Attributes:
        line: number of the line.
        text: normalised text.
        mask: mask of the text's placeholders.
        ids: ids of the text, or of the text in small letters.
        concerns: concerns about the source.
        in_capitals: whether the text is in capitals, so that its translation is put in capitals.
    """

    line: int
    text: str
    mask: Mask
    ids: list[int]
    concerns: tuple[Concern, ...] = ()
    in_capitals: bool = False


class SourcePieces:
    """Encodes lines, each in as many pieces as its length requires.

    Args:
        source: codec of the source.
        target: codec of the target; placeholders that both vocabularies have units for are masked.
        longest: most tokens of a line that is translated in one piece.
        examination: checks of sources.
        capitals: converts text in capitals that the model could not read.
    """

    def __init__(
        self, source: Codec, target: Codec, longest: int, examination: Examination, capitals: Capitals
    ) -> None:
        self._source, self._target = source, target
        self._longest = longest
        self._examination = examination
        self._capitals = capitals

    def of(self, texts: list[str]) -> list[Piece]:
        """The pieces of normalised lines that have visible characters."""
        lines = [number for number, text in enumerate(texts) if is_visible(text)]
        visible = [texts[number] for number in lines]
        masks = masks_for(visible, self._source, self._target)
        encoded = self._source.encode_batch(visible, masks)
        in_capitals = self._put_in_small_letters(visible, masks, encoded)
        pieces: list[Piece] = []
        for number, (line, text, mask, ids) in enumerate(zip(lines, visible, masks, encoded, strict=True)):
            small = (CAPITALS,) if in_capitals.get(number) else ()
            loud = number in in_capitals
            if len(ids) <= self._longest:
                pieces.append(Piece(line, text, mask, ids, (*self._examination.of_source(text), *small), loud))
                continue
            for part in cut(ids, self._source.tokenizer.vocabulary.symbols, min(self._longest, MOST)):
                (hidden,) = self._source.decode_hidden([part])
                of_part = mask.narrowed(hidden)
                (shown,) = self._source.reveal([hidden], [of_part])
                concerns = (*self._examination.of_source(shown.text), *small)
                pieces.append(Piece(line, shown.text, of_part, part, concerns, loud))
        return pieces

    def _put_in_small_letters(self, texts: list[str], masks: list[Mask], encoded: list[list[int]]) -> dict[int, bool]:
        """Replace the ids of capitals that the model hardly saw by those of small letters. Returns the positions of all
        texts in capitals, with whether their ids were replaced."""
        small: dict[int, str] = {}
        for place, (text, mask) in enumerate(zip(texts, masks, strict=True)):
            sentence = self._capitals.in_small_letters(mask.hide(text))
            if sentence is not None:
                small[place] = sentence
        nothing = [Mask.of("", frozenset())] * len(small)
        found = {}
        for place, ids in zip(small, self._source.encode_batch([*small.values()], nothing), strict=True):
            found[place] = self._capitals.is_hardly_known(len(encoded[place]), len(ids))
            if found[place]:
                encoded[place] = ids
        return found

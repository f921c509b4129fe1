"""SentencePiece models (Kudo and Richardson 2018) as segmenters, for models that were trained elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dragoman.contracts import SpecialSymbols
from dragoman.errors import DamagedFileError
from dragoman.optional.extra import IMPORT
from dragoman.text.ragged import Ragged
from dragoman.text.tokenizer import has_surrogate, surrogate_error
from dragoman.text.vocabulary import Vocabulary

_SPACE = "▁"
_REMEDY = "give the file of a SentencePiece model, which usually ends in `.model`."


class SentencePieceSegmenter:
    """A :class:`~dragoman.text.segmenter.Segmenter` that cuts text with a SentencePiece model.

    The model normalises text, by default to NFKC with single spaces; text that it has no piece for becomes the unknown
    symbol, and is lost. The special symbols have the model's own ids. Where it has no start symbol, padding serves, as
    in T5 (Raffel et al. 2020), and where there is none either, the end symbol.

    Args:
        model: content of the model's file.

    Raises:
        MissingDependencyError: if the package ``sentencepiece`` is not installed.
        ValueError: if the content is no such model, or the model has no end symbol.
    """

    def __init__(self, model: bytes) -> None:
        self._model = model
        self._processor = _processor(model)
        pieces = [self._processor.id_to_piece(id) for id in range(self._processor.get_piece_size())]
        if len({*pieces}) < max(len(pieces), 1):
            raise ValueError("no pieces, or a piece twice")
        ids = {piece.replace(_SPACE, " "): id for id, piece in enumerate(pieces)}
        self._vocabulary = Vocabulary.of(ids, _special_symbols(self._processor))

    @property
    def vocabulary(self) -> Vocabulary:
        """The pieces, with spaces written as spaces, and the model's own ids."""
        return self._vocabulary

    @property
    def suffix(self) -> str:
        """The ending of the name of its file."""
        return ".model"

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, without start and end symbol; none for a text without anything visible.

        Raises:
            InputError: if a text has a lone surrogate.
        """
        texts = list(texts)
        if any(map(has_surrogate, texts)):
            raise surrogate_error(texts)
        return self._processor.encode(texts, out_type=int)

    def encode_ragged(self, texts: Sequence[str]) -> Ragged:
        """The ids of each text as :meth:`encode_batch` gives them, concatenated."""
        return Ragged.of(self.encode_batch(texts))

    def decode_batch(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The text of each row of ids; special symbols are left out."""
        special = frozenset(self._vocabulary.special.all)
        return [self._processor.decode([id for id in row if id not in special]) for row in rows]

    def extended(self, texts: Iterable[str], units: Sequence[str] = ()) -> SentencePieceSegmenter:
        """The same segmenter: the library adds no pieces to a model."""
        del texts, units
        return self

    def save(self, path: Path) -> None:
        """Write the model's file unchanged."""
        path.write_bytes(self._model)

    @classmethod
    def load(cls, path: Path) -> SentencePieceSegmenter:
        """Read a SentencePiece model.

        Raises:
            DamagedFileError: if the file is missing or no such model.
            MissingDependencyError: if the package ``sentencepiece`` is not installed.
        """
        try:
            return cls(path.read_bytes())
        except OSError as error:
            raise DamagedFileError(f"the tokenizer cannot be read: {error}", file=path, remedy=_REMEDY) from error
        except ValueError as error:
            raise DamagedFileError(f"not a SentencePiece model: {error}", file=path, remedy=_REMEDY) from error


def _processor(model: bytes) -> Any:
    sentencepiece = IMPORT.load("sentencepiece")
    try:
        return sentencepiece.SentencePieceProcessor(model_proto=model)
    except RuntimeError as error:
        raise ValueError(str(error) or "it cannot be parsed") from error


def _special_symbols(processor: Any) -> SpecialSymbols:
    """The special symbols of a model; those that it lacks have negative ids there."""
    padding, unknown, start, end = (
        id if id >= 0 else None
        for id in (processor.pad_id(), processor.unk_id(), processor.bos_id(), processor.eos_id())
    )
    if end is None:
        raise ValueError("it has no end symbol")
    return SpecialSymbols(padding, unknown, next(id for id in (start, padding, end) if id is not None), end)

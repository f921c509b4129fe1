"""Proposed outputs as the symbols of a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.errors import InputError
from dragoman.text.codec import Codec
from dragoman.text.placeholder_mask import Mask

_SHOWN = 10


def spelt(codec: Codec, text: str, mask: Mask) -> list[int]:
    """The ids of a proposed text, without the end symbol.

    Args:
        codec: codec that encodes the text.
        text: normalised text.
        mask: mask of the placeholders in it.

    Raises:
        InputError: if the vocabulary has no symbols for some of its characters, which are named.
    """
    (ids,) = codec.encode_batch([text], [mask])
    unknown = codec.special.unknown
    if unknown is not None and unknown in ids:
        raise InputError(
            f"the vocabulary cannot spell the proposed text: it has no symbol for {_unknown(codec, text, unknown)}",
            cause="the characters did not occur in what the vocabulary was learnt from, and it has no single bytes.",
            remedy="propose a text without them.",
        )
    return ids


def refuse_what_is_longer(ids: Sequence[int], longest: int | None) -> None:
    """Check that a decoder has a position for each symbol of a proposed text.

    Args:
        ids: ids of the text, with the end symbol.
        longest: number of positions of the decoder; None for any number.

    Raises:
        InputError: if the text is longer.
    """
    if longest is not None and len(ids) > longest:
        raise InputError(
            f"the proposed text has {len(ids):,} tokens, its end included, and the model has positions for {longest:,}",
            remedy="propose a shorter text.",
        )


def _unknown(codec: Codec, text: str, unknown: int) -> str:
    """The characters that have no symbol, for people; a whole word where none of its characters has one by itself."""
    words = list(dict.fromkeys(text.split()))
    missing: dict[str, None] = {}
    for word, ids in zip(words, codec.tokenizer.encode_batch(words), strict=True):
        if unknown in ids:
            rows = codec.tokenizer.encode_batch([*word])
            lost = [sign for sign, row in zip(word, rows, strict=True) if unknown in row]
            missing.update(dict.fromkeys(lost if len(lost) < len(word) or len(word) == 1 else [word]))
    named = [f"{part!r} (U+{ord(part):04X})" if len(part) == 1 else repr(part) for part in missing][:_SHOWN]
    more = f" and {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
    return f"{', '.join(named)}{more}" if named else repr(text)

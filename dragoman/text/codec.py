"""The codec of a language: text to ids and back, through placeholder units, truecasing and a tokenizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from dragoman.contracts import SpecialSymbols, TextSize
from dragoman.text.placeholder_mask import Mask, Shown, hide_lines, masks_of
from dragoman.text.placeholders import LEGACY_SYNTAX, UNITS, PlaceholderSyntax
from dragoman.text.ragged import Ragged
from dragoman.text.segmenter import Segmenter
from dragoman.text.spelling import Spelling
from dragoman.text.truecasing import Truecaser


class Codec:
    """Encodes and decodes the normalised text of one language, or of both if they share it.

    >>> from dragoman.text.placeholders import VARIABLES
    >>> from dragoman.text.tokenizer import Tokenizer
    >>> lines = ["The dog sees {name}.", "A dog sees the cat."] * 3
    >>> tokenizer = Tokenizer.train(lines, vocabulary_size=300, units=VARIABLES)
    >>> codec = Codec(tokenizer, placeholders=PlaceholderSyntax.of("mustache"))
    >>> text = "The cat sees {{name}}."
    >>> masks = masks_for([text], codec, codec)
    >>> codec.decode_batch(codec.encode_batch([text], masks), masks)
    ['The cat sees {{name}}.']

    Args:
        tokenizer: segmenter that turns text into ids.
        truecaser: converts the first words of sentences to their usual case; None keeps the case.
        placeholders: syntax of placeholders.
    """

    def __init__(
        self,
        tokenizer: Segmenter,
        truecaser: Truecaser | None = None,
        placeholders: PlaceholderSyntax = LEGACY_SYNTAX,
    ) -> None:
        self.tokenizer = tokenizer
        self.truecaser = truecaser
        self.placeholders = placeholders
        self.units = frozenset(UNITS).intersection(tokenizer.vocabulary.ids)

    @cached_property
    def spelling(self) -> Spelling:
        """How the vocabulary's symbols spell text."""
        return Spelling.of(self.tokenizer.vocabulary)

    @property
    def size(self) -> TextSize:
        """The size of the vocabulary and its special symbols, which a model is built with."""
        return TextSize(len(self.tokenizer.vocabulary), self.special)

    @property
    def special(self) -> SpecialSymbols:
        """The ids of the vocabulary's special symbols."""
        return self.tokenizer.vocabulary.special

    def describe(self) -> list[str]:
        """A description of what was learnt, in lines for people to read."""
        return [f"vocabulary: {self.size.symbols:,} symbols"]

    def hide(self, texts: Sequence[str], masks: Sequence[Mask]) -> list[str]:
        """The input of the tokenizer for each text: placeholders replaced by units, and first words truecased."""
        hidden = [mask.hide(text) for text, mask in zip(texts, masks, strict=True)]
        return hidden if self.truecaser is None else [self.truecaser.truecase(text) for text in hidden]

    def encode_batch(self, texts: Sequence[str], masks: Sequence[Mask]) -> list[list[int]]:
        """The ids of each text under its mask, without start and end symbol."""
        return self.tokenizer.encode_batch(self.hide(texts, masks))

    def encode_ragged(self, texts: Sequence[str], masks: Mapping[int, Mask]) -> Ragged:
        """The ids of each text, concatenated, which is faster for many texts; ``masks`` has those rows that hide
        something."""
        return self.tokenizer.encode_ragged(self.hide_lines(texts, masks))

    def hide_lines(self, texts: Sequence[str], masks: Mapping[int, Mask]) -> Sequence[str]:
        """The same as :meth:`hide`, with masks only for those rows that hide something."""
        hidden: Sequence[str] = hide_lines(texts, masks)
        return hidden if self.truecaser is None else [self.truecaser.truecase(text) for text in hidden]

    def decode_batch(self, rows: Sequence[Sequence[int]], masks: Sequence[Mask]) -> list[str]:
        """The text of each row of ids, with placeholders restored by its mask."""
        return [shown.text for shown in self.reveal(self.decode_hidden(rows), masks)]

    def decode_hidden(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The text of each row of ids, with units in place of placeholders."""
        texts = self.tokenizer.decode_batch(rows)
        return texts if self.truecaser is None else [self.truecaser.detruecase(text) for text in texts]

    def reveal(self, texts: Sequence[str], masks: Sequence[Mask]) -> list[Shown]:
        """Each text with placeholders in place of units, and whether it had units that stand for nothing in the
        source."""
        return [mask.reveal(text, self.units) for text, mask in zip(texts, masks, strict=True)]


def masks_by_row(sources: Sequence[str], source: Codec, target: Codec) -> dict[int, Mask]:
    """The masks of :func:`masks_for` that hide something, by row."""
    return masks_of(sources, source.units & target.units, source.placeholders)


def masks_for(sources: Sequence[str], source: Codec, target: Codec) -> list[Mask]:
    """The mask of each source sentence, with the units that both vocabularies have."""
    available = source.units & target.units
    return [Mask.of(text, available, source.placeholders) for text in sources]

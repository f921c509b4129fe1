"""The simplest tagger: each word has the tag that it had most often in training."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordList:
    """The most frequent tag of each word, as a baseline for taggers.

    >>> words = WordList.learn([["the", "bank", "of", "the"]], [["O", "ORG", "O", "O"]])
    >>> words.tags([["the", "unknown", "bank"]])
    [['O', 'O', 'ORG']]

    Attributes:
        of_words: the most frequent tag of each word; of equally frequent ones the first in alphabetical order.
        otherwise: the most frequent tag of all, for words that were not seen.
    """

    of_words: Mapping[str, str]
    otherwise: str

    @classmethod
    def learn(cls, sentences: Iterable[Sequence[str]], tags: Iterable[Sequence[str]]) -> WordList:
        """The tags of at least one word.

        Args:
            sentences: the words of each sentence.
            tags: the tag of each of them.
        """
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        total: Counter[str] = Counter()
        for words, of_words in zip(sentences, tags, strict=True):
            total.update(of_words)
            for word, tag in zip(words, of_words, strict=True):
                counts[word][tag] += 1
        return cls({word: _most_frequent(found) for word, found in counts.items()}, _most_frequent(total))

    def tags(self, sentences: Iterable[Sequence[str]]) -> list[list[str]]:
        """The tags of the words of each sentence."""
        return [[self.of_words.get(word, self.otherwise) for word in words] for words in sentences]


def _most_frequent(counts: Counter[str]) -> str:
    return min(counts, key=lambda tag: (-counts[tag], tag))

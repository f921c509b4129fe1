"""Sentences in which languages, names, numbers and markup are mixed: the corpus of the demo of tags."""

from dragoman.data.mixed_sentences.sentences import TaggedSentence, generate_sentences

__all__ = ["TaggedSentence", "generate_sentences"]

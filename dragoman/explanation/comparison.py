"""A proposed output beside the one that a search found."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dragoman.contracts import Ending
from dragoman.explanation.scored_text import ScoredText
from dragoman.reports.text import share_text, signed
from dragoman.storage.json import JsonObject

_NEAR = 1e-6
"""Scores that differ by less than this, in nats, are the same but for rounding."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A proposed output beside the one that a search found.

    Attributes:
        parting: index of the first token in which they differ; None if all tokens are the same.
        costliest: index of the token of the proposed output that has the lowest probability.
        gain: the proposed output's score minus that of the found one.
        log_probability_gain: the same difference between their log-probabilities.
        search_error: whether the proposed output scores higher, so that the search missed a better one.
        sentences: the comparison in words.
    """

    parting: int | None
    costliest: int
    gain: float
    log_probability_gain: float
    search_error: bool
    sentences: tuple[str, ...]

    def to_dict(self) -> JsonObject:
        """The comparison as values for JSON."""
        return {
            "parting": self.parting,
            "costliest": self.costliest,
            "gain": self.gain,
            "log_probability_gain": self.log_probability_gain,
            "search_error": self.search_error,
            "sentences": list(self.sentences),
        }


def compared(found: ScoredText, proposed: ScoredText, *, drawn: bool = False) -> Comparison:
    """The comparison of a proposed output with the one that a search found by the same score; ``drawn`` says that it
    was drawn at random, where no search could miss a better one.

    >>> from dragoman.explanation.scored_text import Token, WrittenToken
    >>> end = WrittenToken(Token("</s>"), -0.1, 1)
    >>> one, two = (WrittenToken(Token(text), log_p, rank) for text, log_p, rank in (("▁a", -0.7, 1), ("▁b", -1.6, 2)))
    >>> found, proposed = ScoredText("a", (one, end), -0.8, -0.8), ScoredText("b", (two, end), -1.7, -1.7)
    >>> for sentence in compared(found, proposed).sentences:
    ...     print(sentence)
    They part at token 1: the search wrote “▁a” (49.7 %), and the proposal has “▁b” (20.2 %).
    The proposal's least probable token is “▁b”, at place 1: it costs 1.60 of 1.70 nats.
    No search error: the model scores the proposal lower than what it found, −1.700 to −0.800.
    """
    ours, theirs = found.tokens, proposed.tokens
    pairs = enumerate(zip(ours, theirs, strict=False))
    parting = next((place for place, (one, other) in pairs if one.token.text != other.token.text), None)
    if parting is None and len(ours) != len(theirs):
        parting = min(len(ours), len(theirs))
    costliest = min(range(len(theirs)), key=lambda place: theirs[place].log_probability)
    gain, log_gain = proposed.score - found.score, proposed.log_probability - found.log_probability
    error = parting is not None and gain > _NEAR and not drawn and found.ending is Ending.COMPLETE
    sentences = (
        *_parting(found, proposed, parting),
        _cost(proposed, costliest),
        *(() if parting is None else (_verdict(found, proposed, gain, log_gain, drawn=drawn),)),
    )
    return Comparison(parting, costliest, gain, log_gain, error, sentences)


def _parting(found: ScoredText, proposed: ScoredText, parting: int | None) -> tuple[str, ...]:
    if parting is None:
        return ("The proposal is, token by token, what the search found.",)
    same = ("The text is the same, cut into other tokens.",) if found.text == proposed.text else ()
    here, there = (_token_at(text, parting) for text in (found, proposed))
    return (*same, f"They part at token {parting + 1}: the search wrote {here}, and the proposal has {there}.")


def _token_at(text: ScoredText, place: int) -> str:
    if place >= len(text.tokens):
        return "nothing more"
    token = text.tokens[place]
    return f"“{token.token.text}” ({share_text(math.exp(token.log_probability))})"


def _cost(proposed: ScoredText, place: int) -> str:
    token = proposed.tokens[place]
    cost, total = (signed(f"{-value:.2f}") for value in (token.log_probability, proposed.log_probability))
    which = f"“{token.token.text}”, at place {place + 1}"
    return f"The proposal's least probable token is {which}: it costs {cost} of {total} nats."


def _verdict(found: ScoredText, proposed: ScoredText, gain: float, log_gain: float, *, drawn: bool) -> str:
    scores = f"{_number(proposed.score)} to {_number(found.score)}"
    if drawn:
        return f"The model scores the proposal and what was drawn at random {scores}."
    if found.ending is not Ending.COMPLETE:
        score = _number(proposed.score)
        return f"The search found no complete output ({found.ending.value}), and the proposal scores {score}."
    if gain > _NEAR:
        return (
            f"A search error: the model scores the proposal higher than what the search found, {scores}, and the "
            "search missed it. A wider beam may find it."
        )
    if gain >= -_NEAR:
        return f"No search error: the model scores both the same, {scores}."
    if log_gain > _NEAR:
        return f"No search error: the proposal is more probable, but scores lower for its length, {scores}."
    return f"No search error: the model scores the proposal lower than what it found, {scores}."


def _number(value: float) -> str:
    return signed(f"{value:.3f}")

"""A language model in use: it writes text, continues given text, and computes how probable a text is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dragoman.contracts import Ending, Nothing, OutputAutomaton, Proof, Sample, SearchMethod
from dragoman.contracts.expect import expect
from dragoman.errors import InputError
from dragoman.model.device import choose_device
from dragoman.model.folder import LoadedModel, load_model
from dragoman.model.language_model import LanguageModel
from dragoman.predict.constraints import FREE, Automata, Constraints
from dragoman.predict.engine import Engine
from dragoman.predict.given import texts_of
from dragoman.predict.language_model_engine import LanguageModelEngine
from dragoman.predict.model_summary import model_summary
from dragoman.predict.search_request import search_request
from dragoman.predict.text_scores import TextScores, text_losses
from dragoman.predict.translation import gap_text
from dragoman.recipe import Recipe
from dragoman.recipe.kinds import LANGUAGE_MODEL, require
from dragoman.reports.shown import Shown, Summary
from dragoman.text.codec import Codec, masks_for
from dragoman.text.normalization import UNICODE_FORMS, normalize
from dragoman.text.placeholder_mask import Mask

_STRANDS = 16


@dataclass(frozen=True, slots=True, repr=False)
class Written(Shown):
    """A text that a language model wrote.

    Attributes:
        text: the prompt and its continuation.
        log_probability: natural logarithm of the continuation's probability, given the prompt.
        ending: whether the model ended the text, or the limit of length did.
        gap: how much higher the score of a text that exact search has not found may be; 0 if it is proved that there is
            none, None of other searches.
    """

    text: str
    log_probability: float
    ending: Ending
    gap: float | None = None

    def summary(self) -> Summary:
        """A short summary of the text."""
        facts = {"log-probability": f"{self.log_probability:.2f}", "ended": self.ending.value}
        proved = {} if self.gap is None else {"exact search": gap_text(self.gap)}
        return Summary(repr(self.text), {**facts, **proved})


class Writer(Shown):
    """Writes and scores text.

    >>> writer = Writer.load("runs/text/best")
    >>> [written.text[:4] for written in writer.write(["Once"], longest=5)]
    ['Once']
    >>> writer.score(["Once upon a time"]).tokens.shape
    (1,)

    Args:
        model: language model; put into evaluation mode.
        codec: codec that turns text to ids and back.
        recipe: recipe with the settings of normalisation and of how lines follow each other.
    """

    def __init__(self, model: LanguageModel, codec: Codec, recipe: Recipe) -> None:
        self.model = model
        self.engine: Engine[Nothing] = LanguageModelEngine(model, codec.special)
        self.codec = codec
        self.recipe = recipe

    def summary(self) -> Summary:
        """A short summary of the model."""
        facts = {"language": self.recipe.data.target_language, "vocabulary": f"{self.codec.size.symbols:,} symbols"}
        return model_summary(self.recipe.model, self.model, facts)

    @classmethod
    def load(cls, folder: Path | str, *, device: str = "auto") -> Writer:
        """Load the language model in ``folder``.

        Raises:
            InputError: if it is a model of another kind.
        """
        return cls.of(load_model(folder, choose_device(device)), folder)

    @classmethod
    def of(cls, loaded: LoadedModel, folder: Path | str) -> Writer:
        """A writer from a model that was loaded from ``folder``.

        Raises:
            InputError: if the model is no language model.
        """
        require(loaded.recipe.model, LANGUAGE_MODEL, folder)
        return cls(expect(loaded.model, LanguageModel), loaded.codecs[1], loaded.recipe)

    def write(
        self,
        prompts: Sequence[str],
        *,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 1,
        longest: int = 100,
        search: SearchMethod | None = None,
        constraints: Constraints = FREE,
    ) -> list[Written]:
        """Continue each prompt; an empty prompt asks for a new line.

        Args:
            prompts: the beginnings of lines.
            temperature: positive number T by which logits are divided; below 1 probable symbols become more probable.
            top_k: number of the most probable symbols to draw from; 1 is greedy search, 0 takes all.
            top_p: draw from the fewest most probable symbols that together have this probability.
            seed: seed of the random generator.
            longest: most tokens to write.
            search: method of search in the place of sampling with these numbers, such as ``Beam()``.
            constraints: what each text, its prompt included, must contain, must not contain and must begin with.

        Raises:
            InputError: if a prompt is not text, a number is out of its range, or numbers are given beside a method; or
                if no text can satisfy the constraints.
            UnsupportedError: if there is no such search for language models.
        """
        method = Sample(temperature, top_k, top_p, seed)
        if search is not None and method != Sample():
            raise InputError(
                f"temperature, top_k, top_p or seed was given beside search = {search!r}",
                remedy="leave them out; the method has its own numbers.",
            )
        found = self.n_best(prompts, 1, search=search or method, longest=longest, constraints=constraints)
        return [texts[0] for texts in found]

    def n_best(
        self,
        prompts: Sequence[str],
        count: int,
        *,
        search: SearchMethod | None = None,
        longest: int = 100,
        constraints: Constraints = FREE,
    ) -> list[list[Written]]:
        """Up to ``count`` texts for each prompt: the best first, or in the order in which they were drawn.

        Args:
            prompts: the beginnings of lines.
            count: number of texts for each prompt.
            search: method of search; by default a beam as wide as the recipe's, or as texts are wanted.
            longest: most tokens to write.
            constraints: constraints on each text, its prompt included.

        Raises:
            InputError: if a prompt is not text, the method cannot give so many, or no text can satisfy the constraints.
            UnsupportedError: if there is no such search for language models.
        """
        begun, masks = self.encoded(texts_of(prompts))
        request = search_request(self.recipe.search, search=search, n_best=count)
        bound = self._automata_of(constraints, begun, masks, longest) if constraints else None
        limited = replace(request, limits=[longest] * len(begun), prefixes=begun, constraints=bound)
        result = self.engine.search(Nothing(len(begun)), limited)
        proofs: Sequence[Proof | None] = result.proofs or [None] * len(begun)
        return [
            [
                Written(text, h.log_probability, h.ending, None if proof is None else proof.gap(h.score))
                for text, h in zip(
                    self.codec.decode_batch([[*ids, *each.tokens] for each in hypotheses], [mask] * len(hypotheses)),
                    hypotheses,
                    strict=True,
                )
            ]
            for ids, mask, hypotheses, proof in zip(begun, masks, result.hypotheses, proofs, strict=True)
        ]

    def _automata_of(
        self, constraints: Constraints, begun: Sequence[Sequence[int]], masks: Sequence[Mask], longest: int
    ) -> list[OutputAutomaton]:
        """The automaton of each text.

        Raises:
            InputError: if no text that goes on from its prompt can satisfy the constraints.
        """
        if constraints.terminology is not None:
            raise InputError(
                f"{constraints.terminology.name} says how a source is translated, and a language model has none",
                remedy="leave it out, or give phrases that texts must contain.",
            )
        automata = Automata(self.codec)
        found: list[OutputAutomaton] = []
        for number, (ids, mask) in enumerate(zip(begun, masks, strict=True), start=1):
            phrases = constraints.phrases(self._hiding(mask), self.recipe.data.target_language)
            automata.check(phrases, len(ids) + longest, f"text {number}")
            one = automata.of(phrases)
            if one.least(functools.reduce(one.after, ids, one.start)) > longest:
                raise InputError(
                    f"text {number}: nothing that goes on from its prompt with {longest:,} tokens {phrases}",
                    remedy="give another prompt, ask for less, or allow longer texts.",
                )
            found.append(one)
        return found

    def _hiding(self, mask: Mask) -> Callable[[str], str]:
        return lambda text: mask.hide(self.normalized([text])[0])

    def score(self, texts: Sequence[str], *, alone: bool = False) -> TextScores:
        """The probability of each line.

        Args:
            texts: the lines in order.
            alone: whether each line is read independently, even by a model that was trained on running text.

        Raises:
            InputError: if a line is not text.
        """
        texts = texts_of(texts)
        normalized = self.normalized(texts)
        ids, _ = self.encoded(normalized)
        return self.score_ids([[*row, self.codec.special.end] for row in ids], normalized, alone=alone)

    def score_ids(self, lines: list[list[int]], texts: Sequence[str], *, alone: bool = False) -> TextScores:
        """The probability of lines that are encoded already, each ended by the end symbol."""
        batch = self.recipe.training.batch
        span = 1 if alone or batch.partition == "lines" else batch.window * SPANS[batch.partition]
        self.model.eval()
        start, most = self.codec.special.start, max(batch.tokens, _STRANDS * span)
        nats = text_losses(self.model, lines, span=span, start=start, batch_tokens=most)
        tokens = np.array([len(line) for line in lines], dtype=np.float64)
        return TextScores(nats, tokens, np.array([len(text) + 1 for text in texts], dtype=np.float64))

    def encoded(self, texts: Sequence[str]) -> tuple[list[list[int]], list[Mask]]:
        """The ids of texts, which are normalised first, and the mask of the placeholders of each."""
        normalized = self.normalized(texts)
        masks = masks_for(normalized, self.codec, self.codec)
        return self.codec.encode_batch(normalized, masks), masks

    def normalized(self, texts: Sequence[str]) -> list[str]:
        """Texts in the normal form that the model learnt from."""
        cleaning = self.recipe.cleaning
        form, collapse = UNICODE_FORMS[cleaning.unicode_form], cleaning.collapse_white_space
        kept = cleaning.no_break_spaces
        return [normalize(text, form, collapse_white_space=collapse, no_break_spaces=kept) for text in texts]


SPANS: dict[str, int] = {"lines": 0, "sequential": 16, "random": 1}
"""Number of training windows that are read as one text in scoring, by the recipe's partition: a carried state has seen
more than its window. 0 reads each line alone."""

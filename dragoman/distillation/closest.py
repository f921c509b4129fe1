"""Of several translations the one that is closest to the reference."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU

from dragoman.evaluation.tokenization import bleu_tokenizer


def closest(candidates: Sequence[Sequence[str]], references: Sequence[str], target_language: str) -> list[str]:
    """The candidate of each sentence with the highest smoothed sentence BLEU, as in sequence-level interpolation
    (Kim & Rush 2016, section 3.3); of equal ones the first, which the teacher ranks highest.

    Args:
        candidates: one or more for each reference, best first.
        references: of the training set.
        target_language: decides how BLEU cuts words.
    """
    metric = BLEU(tokenize=bleu_tokenizer(target_language).name, force=True, effective_order=True)

    def best(found: Sequence[str], reference: str) -> str:
        return max(found, key=lambda candidate: metric.sentence_score(candidate, [reference]).score)

    return [best(found, reference) for found, reference in zip(candidates, references, strict=True)]

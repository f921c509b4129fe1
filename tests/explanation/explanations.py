"""Small explanations of every kind, with texts that would harm a page that took them as HTML."""

from __future__ import annotations

import numpy as np

from dragoman.contracts import Fate
from dragoman.explanation.attention_map import AttentionMap
from dragoman.explanation.explanation import Explanation
from dragoman.explanation.first_layer import FirstLayer
from dragoman.explanation.prediction import (
    Attribution,
    ExplainedPrediction,
    InputPart,
    PicturePredictionExplanation,
    PredictionExplanation,
)
from dragoman.explanation.reading import ReadCharacter, ReadingExplanation
from dragoman.explanation.scored_text import Alternative, ScoredText, Token, WrittenToken
from dragoman.explanation.translation import TranslationExplanation
from dragoman.explanation.tree import BeamTree, Node
from dragoman.model.attention_weights import Side
from dragoman.predict.line_alignment import CharacterSpan, LineAlignment

NASTY = "</script><script>alert('\"&$x$\u2028')</script>"
ARABIC, CHINESE = "مرحبا", "你好"


def translation() -> TranslationExplanation:
    source = (Token(f"▁{NASTY}"), Token("▁house"), Token("</s>"))

    def written(*tokens: str) -> ScoredText:
        alternatives = (Alternative(CHINESE, -1.5), Alternative(NASTY, -2.123456789))
        each = tuple(WrittenToken(Token(token), -0.4, 1 + n, alternatives) for n, token in enumerate(tokens))
        return ScoredText(" ".join(tokens), each, -0.4 * len(each), -0.4)

    path = [("▁" + ARABIC, None, Fate.CONTINUED, True), (NASTY, 0, Fate.CONTINUED, True)]
    path += [("</s>", 1, Fate.COMPLETE, True), ("b", 0, Fate.PUSHED_OUT, False), ("c", None, Fate.CONTINUED, False)]
    nodes = tuple(Node(token, parent, -0.5, -0.5, fate, best) for token, parent, fate, best in path)
    weights = np.full((2, 3, 3), 1 / 3)
    words = [token.text for token in source]
    maps = (
        AttentionMap("encoder layer 1", words, words, weights, Side.ENCODER),
        AttentionMap("decoder layer 1, to the source", [f"▁{ARABIC}", NASTY, "</s>"], words, weights),
    )
    return TranslationExplanation(
        source=f"{NASTY} house",
        source_tokens=source,
        found=written(f"▁{ARABIC}", NASTY, "</s>"),
        proposed=written(f"▁{ARABIC}", "$", "</s>"),
        tree=BeamTree(nodes, method=NASTY, left_out=3),
        links=((0, 1), (1, 0)),
        attention=maps,
    )


def _prediction(parts: int, *, probabilities: bool) -> ExplainedPrediction:
    contributions = np.linspace(-1.0, 2.0, parts)
    attribution = Attribution(NASTY, 1.0, 0.0, contributions, 0.001, 8)
    return ExplainedPrediction(NASTY, ((NASTY, 0.75), ("other", 0.25)) if probabilities else (), attribution)


def first_layer() -> FirstLayer:
    return FirstLayer(np.linspace(-1, 1, 18).reshape(2, 1, 3, 3), np.linspace(-1, 1, 24).reshape(2, 3, 4), (1, 1))


def every_kind() -> dict[str, Explanation]:
    """An explanation of each kind, by name."""
    picture = np.arange(48, dtype=np.uint8).reshape(1, 4, 12) * 5
    pixels = Attribution("log-odds", 1.0, 0.0, np.linspace(-1, 1, 48).reshape(1, 4, 12), 0.0, 8)
    label = ExplainedPrediction(NASTY, ((NASTY, 0.9),), pixels)
    characters = tuple(ReadCharacter(text, -0.1, pixels) for text in ("<", " ", CHINESE[0]))
    spans = tuple(CharacterSpan(each.text, 4 * n, 4 * n + 3, -0.1, 2) for n, each in enumerate(characters))
    alignment = LineAlignment("< " + CHINESE[0], spans, -0.5, -0.4, 12)
    words = (InputPart(NASTY), InputPart(ARABIC), InputPart("word"))
    columns = (InputPart(NASTY, NASTY), InputPart("area", "84"))
    made = translation()
    return {
        "translation": made,
        "attention": made.attention[1],
        "words": PredictionExplanation(NASTY, "words", NASTY, words, (_prediction(3, probabilities=True),)),
        "columns": PredictionExplanation("a model", "columns", "zero", columns, (_prediction(2, probabilities=False),)),
        "picture": PicturePredictionExplanation("a model", NASTY, "black", picture, label, first_layer()),
        "reading": ReadingExplanation(
            "a model", NASTY, "< " + CHINESE[0], NASTY, "white", picture, characters, alignment, first_layer()
        ),
        "reading without spans": ReadingExplanation(
            "a model", "a.png", "<", "<", "white", picture, (ReadCharacter("<", -0.1, None),), None, None
        ),
    }

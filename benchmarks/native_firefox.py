"""The Firefox translation engine beside ours, on models of the same sizes, one sentence a call.

The weights of its models cannot be read by other engines, so ours has random ones. It reads the same symbols, writes as
many as the Firefox model wrote, and cuts texts into symbols with the same tokenizer, so that both turn a text into a
text. The Firefox decoder is recurrent (SSRU, Kim et al. 2019), ours attends to what it has written, which is more work.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from native_rounds import in_turn, ratios, speed
from native_systems import Sentences, native_engine, of_engine, random_model

from dragoman.alignment.shortlist import Shortlist

SYMBOLS = 32_000
STACK = {"width": 256, "feed_forward": 1536, "heads": 8, "norm": "post"}
MODEL = {"encoder": {**STACK, "layers": 6}, "decoder": {**STACK, "layers": 2}}
"""The architecture "tiny" of the Firefox models, but for the decoder's recurrence."""
ALWAYS, EACH = 50, 50
"""Sizes of the Firefox shortlists: frequent symbols, and symbols for each one of the source."""
MOST = 150

_RESERVED = 300


def firefox(folder: Path, texts: list[str], rounds: int) -> dict[str, Any]:
    """Sentences a second of both engines, greedily, with and without a shortlist.

    Args:
        folder: folder of a Firefox model: one ``.bin`` of weights, one ``.spm`` and one ``lex*.bin``.
        texts: texts in its source language, of which the first are translated.
        rounds: how often each is measured.
    """
    import fxtranslate
    import sentencepiece

    texts = texts[:MOST]
    vocabulary, lexicon, weights = (_file(folder, pattern) for pattern in ("*.spm", "lex*.bin", "model*.bin"))
    pieces = sentencepiece.SentencePieceProcessor(model_proto=vocabulary)
    theirs = {
        name: fxtranslate.Translator(model=weights, src_vocab=vocabulary, trg_vocab=vocabulary, shortlist=shortlist)
        for name, shortlist in (("all symbols", None), ("shortlist", lexicon))
    }
    outputs = [pieces.encode(theirs["all symbols"].translate(text)) for text in texts]
    loaded = random_model(MODEL, SYMBOLS)
    end = loaded.codecs[1].special.end

    def ours(shortlist: Shortlist | None) -> list[str]:
        system = systems[shortlist is not None]
        found = []
        for text, output in zip(texts, outputs, strict=True):
            row = [_RESERVED + token % (SYMBOLS - _RESERVED) for token in pieces.encode(text)]
            (written,) = system(Sentences([[*row, end]], [len(output) + 1], 1.0, exactly=True), 1)
            found.append(pieces.decode([token % pieces.get_piece_size() for token in written]))
        return found

    drawn = _drawn_shortlist()
    systems = [of_engine(native_engine(loaded, "int8", shortlist=one), end) for one in (None, drawn)]
    works: dict[str, Callable[[], list[str]]] = {}
    for name, shortlist in (("all symbols", None), ("shortlist", drawn)):
        works[f"Firefox, {name}"] = partial(_each, theirs[name].translate, texts)
        works[f"native, {name}"] = partial(ours, shortlist)
    in_turn(works, 1)
    times = in_turn(works, rounds)
    return {
        "versions": {name: metadata.version(name) for name in ("fxtranslate", "sentencepiece")},
        "kernels": theirs["all symbols"].backend(),
        "model": folder.name,
        "sizes": MODEL,
        "symbols": SYMBOLS,
        "sentences": len(texts),
        "tokens_of_an_output": round(float(np.mean([len(output) + 1 for output in outputs])), 2),
        "systems": {name: speed(one, len(texts)) for name, one in times.items()},
        "ratios": {
            name: ratios(times[f"native, {name}"], times[f"Firefox, {name}"]) for name in ("all symbols", "shortlist")
        },
    }


def _file(folder: Path, pattern: str) -> bytes:
    (path,) = sorted(folder.glob(pattern))
    return path.read_bytes()


def _each(translate: Callable[[str], str], texts: list[str]) -> list[str]:
    return [translate(text) for text in texts]


def _drawn_shortlist() -> Shortlist:
    """As many symbols as theirs has, drawn at random: only the sizes matter to the speed."""
    random = np.random.default_rng(1)
    always = np.sort(random.choice(SYMBOLS, ALWAYS, replace=False))
    targets = np.sort(random.integers(0, SYMBOLS, (SYMBOLS, EACH)), axis=1)
    offsets = np.arange(SYMBOLS + 1, dtype=np.int64) * EACH
    return Shortlist(always.astype(np.int32), offsets, targets.astype(np.int32).ravel())

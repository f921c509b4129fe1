"""The checks of a tokenizer's file before the library reads it: the library aborts the process on some files that it
did not write."""

from __future__ import annotations

import math
from typing import Any

from dragoman.storage.json import JsonObject

_FIXED: dict[str, Any] = {
    "truncation": None,
    "padding": None,
    "added_tokens": [],
    "normalizer": None,
    "post_processor": None,
    "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
}
"""Values of parts that would add, cut or change what is encoded; our tokenizers have none of them, and one decoder."""
_PRE_TOKENIZER = {"type": "Split", "behavior": "Isolated", "invert": False}
_BPE = {
    "dropout": None,
    "unk_token": "<unk>",
    "continuing_subword_prefix": None,
    "end_of_word_suffix": None,
    "fuse_unk": False,
    "byte_fallback": True,
}


def check_tokenizer_file(content: object) -> None:
    """Check that the content of a file is one of our tokenizers.

    Args:
        content: JSON values of the file.

    Raises:
        ValueError: naming the part that we do not write so.
    """
    if not isinstance(content, dict):
        raise ValueError("it is no JSON object")
    _check_equal(content, _FIXED, "")
    cut = content.get("pre_tokenizer")
    if not isinstance(cut, dict) or not isinstance(cut.get("pattern"), dict):
        raise ValueError("pre_tokenizer is no pattern")
    _check_equal(cut, _PRE_TOKENIZER, "pre_tokenizer.")
    if not isinstance(cut["pattern"].get("Regex"), str):
        raise ValueError("pre_tokenizer.pattern is no regular expression")
    model = content.get("model")
    checks = {"BPE": _check_bpe, "Unigram": _check_unigram}
    if not isinstance(model, dict):
        raise ValueError("model is no JSON object")
    kind = model.get("type")
    if not isinstance(kind, str) or kind not in checks:
        raise ValueError(f"model.type is {kind!r}, and not {' or '.join(checks)}")
    checks[kind](model)


def _check_bpe(model: JsonObject) -> None:
    _check_equal(model, _BPE, "model.")
    if not isinstance(model.get("ignore_merges"), bool):
        raise ValueError("model.ignore_merges is neither true nor false")
    ids = model.get("vocab")
    if not isinstance(ids, dict) or not all(type(number) is int for number in ids.values()):
        raise ValueError("model.vocab gives no ids")
    if sorted(ids.values()) != list(range(len(ids))):
        raise ValueError(f"the {len(ids):,} ids of model.vocab do not count from 0 without gaps")
    merges = model.get("merges")
    if not isinstance(merges, list):
        raise ValueError("model.merges is no list")
    for place, merge in enumerate(merges):
        is_pair = isinstance(merge, list) and len(merge) == 2 and all(isinstance(part, str) for part in merge)
        if not is_pair or not {*merge, "".join(merge)} <= ids.keys():
            raise ValueError(f"model.merges[{place}] does not join two symbols of the vocabulary to a third")


def _check_unigram(model: JsonObject) -> None:
    _check_equal(model, {"byte_fallback": True}, "model.")
    pieces = model.get("vocab")
    if not isinstance(pieces, list) or not all(map(_is_piece, pieces)):
        raise ValueError("model.vocab is no list of symbols with their scores")
    if len({piece for piece, _ in pieces}) != len(pieces):
        raise ValueError("model.vocab has a symbol twice")
    unknown = model.get("unk_id")
    if type(unknown) is not int or not 0 <= unknown < len(pieces):
        raise ValueError(f"model.unk_id is {unknown!r}, and there are {len(pieces):,} symbols")


def _is_piece(piece: object) -> bool:
    if not (isinstance(piece, list) and len(piece) == 2 and isinstance(piece[0], str)):
        return False
    return type(piece[1]) in (int, float) and math.isfinite(piece[1])


def _check_equal(found: JsonObject, expected: JsonObject, where: str) -> None:
    for name, value in expected.items():
        if name not in found or found[name] != value or type(found[name]) is not type(value):
            raise ValueError(f"{where}{name} is {str(found.get(name))[:80]}, and ours is always {value}")

"""Phrases whose links are known by construction, and the error rates that are measured on them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from aligned_phrases import aligned_phrases
from alignment import counted, scores


def test_links_of_phrases_are_known_and_counting_finds_them() -> None:
    pairs = aligned_phrases("en", "de", 250, seed=1)
    for pair in pairs:
        source, target = pair.source.split(), pair.target.split()
        links = pair.sure | pair.possible
        assert {s for s, _ in links} == set(range(len(source)))
        assert {t for _, t in links} == set(range(len(target)))
        numbers = [(s, t) for s, t in pair.sure if source[s][0].isdigit()]
        assert all(source[s].replace(",", ".") == target[t].replace(",", ".") for s, t in numbers)
    assert any(sorted(pair.sure) != sorted(pair.sure, key=lambda link: link[1]) for pair in pairs)
    assert scores([pair.sure for pair in pairs], pairs) == {
        "alignment_error_rate": 0.0,
        "precision": 1.0,
        "recall": 1.0,
    }
    one, both = (found["alignment_error_rate"] for found in counted(pairs, pairs).values())
    assert both < one < 0.2
    backwards = [{(t, s) for s, t in pair.sure} for pair in pairs]
    assert scores(backwards, pairs)["alignment_error_rate"] > 0.2

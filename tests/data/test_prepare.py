"""From files to a dataset: what goes in comes out, nothing leaks, nothing half-done stays."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dragoman.contracts import DEFAULT_SYMBOLS
from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.errors import DragomanError, InputError, OutputError
from dragoman.recipe import Recipe
from dragoman.recipe.architecture import ModelRecipe
from dragoman.recipe.data import CleaningRecipe, CorpusRecipe, DataRecipe, TokenizerRecipe
from dragoman.text.normalization import match_key

END = DEFAULT_SYMBOLS.end

_WORDS = tuple(
    f"{stem}{ending}" for stem in ("red", "blue", "cat", "dog", "run", "sleep", "tree") for ending in ("", "s", "ish")
)
_GLOSS = {word: word[::-1] + "en" for word in _WORDS}


def sentences(count: int, seed: int = 1) -> list[tuple[str, str]]:
    draw = random.Random(seed)
    several = [draw.choices(_WORDS, k=draw.randint(2, 9)) for _ in range(count)]
    return [(" ".join(words), " ".join(_GLOSS[word] for word in words)) for words in several]


def write_corpus(folder: Path, name: str, pairs: list[tuple[str, str]]) -> CorpusRecipe:
    paths = []
    for side in (0, 1):
        paths.append(folder / f"{name}.{side}")
        paths[-1].write_text("".join(pair[side] + "\n" for pair in pairs), encoding="utf-8")
    return CorpusRecipe(source=paths[0], target=paths[1])


def recipe_for(train: CorpusRecipe | None, shared: bool = True, **data) -> Recipe:
    return Recipe(
        data=DataRecipe(train=train, **data),
        tokenizer=TokenizerRecipe(vocabulary_size=400, shared=shared),
        model=ModelRecipe(tie="all" if shared else "decoder"),
    )


def texts(examples) -> list[tuple[str, str]]:
    return list(zip(examples.source_texts(), examples.target_texts(), strict=True))


def all_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_given_corpora_come_out_in_order_and_with_their_text(tmp_path: Path) -> None:
    train, validation, test = (sentences(n, seed) for n, seed in ((300, 1), (20, 2), (10, 3)))
    recipe = recipe_for(
        write_corpus(tmp_path, "train", train),
        validation=write_corpus(tmp_path, "validation", validation),
        test=write_corpus(tmp_path, "test", test),
    )
    dataset = prepare(recipe, tmp_path / "dataset")
    assert texts(dataset.train) == list(dict.fromkeys(train))
    assert texts(dataset.validation) == validation
    assert dataset.test is not None
    assert texts(dataset.test) == test
    assert dataset.report["pairs"] == {"train": len(set(train)), "validation": 20, "test": 10}


@pytest.mark.parametrize("shared", [True, False])
def test_ids_are_those_of_the_tokenizers_and_end_with_the_end_symbol(tmp_path: Path, shared: bool) -> None:
    recipe = recipe_for(write_corpus(tmp_path, "train", sentences(300)), shared=shared)
    dataset = prepare(recipe, tmp_path / "dataset")
    assert (dataset.source.tokenizer is dataset.target.tokenizer) is shared
    batch = dataset.train.batch(np.arange(len(dataset.train)))
    for packed, tokenizer, originals in (
        (batch.source, dataset.source.tokenizer, dataset.train.source_texts()),
        (batch.target, dataset.target.tokenizer, dataset.train.target_texts()),
    ):
        rows = packed.rows()
        assert [row[-1] for row in rows] == [END] * len(rows)
        assert [row[:-1] for row in rows] == tokenizer.encode_batch(originals)
        assert tokenizer.decode_batch(rows) == originals


def test_each_side_learns_from_its_own_language(tmp_path: Path) -> None:
    recipe = recipe_for(write_corpus(tmp_path, "train", [("aaa bbb", "ввв ггг")] * 3 + sentences(100)), shared=False)
    kept = CleaningRecipe(drop_duplicates=False, drop_near_duplicates=False, script=False)
    recipe = recipe.model_copy(update={"cleaning": kept})
    dataset = prepare(recipe, tmp_path / "dataset")
    assert "в" in dataset.target.tokenizer.vocabulary.ids
    assert "в" not in dataset.source.tokenizer.vocabulary.ids


def test_the_tokenizer_never_sees_what_is_held_out(tmp_path: Path) -> None:
    recipe = recipe_for(
        write_corpus(tmp_path, "train", sentences(200)),
        validation=write_corpus(tmp_path, "validation", [("щщщ щщщ", "щщщ")] * 50),
        test=write_corpus(tmp_path, "test", [("жжж жжж", "жжж")] * 50),
    )
    vocabulary = prepare(recipe, tmp_path / "dataset").source.tokenizer.vocabulary
    assert not {"щ", "ж"} & set("".join(vocabulary.symbols))


def test_what_is_held_out_is_a_share_without_leak(tmp_path: Path) -> None:
    pairs = sentences(500) + [(source.upper() + "!", target) for source, target in sentences(500)[:250]]
    recipe = recipe_for(write_corpus(tmp_path, "train", pairs), validation_pairs=40, test_pairs=30)
    recipe = recipe.model_copy(update={"cleaning": CleaningRecipe(drop_near_duplicates=False)})
    dataset = prepare(recipe, tmp_path / "dataset")
    assert dataset.test is not None
    parts = [dataset.train, dataset.validation, dataset.test]
    assert sorted(pair for part in parts for pair in texts(part)) == sorted(set(pairs))
    assert [len(part) for part in parts[1:]] == [40, 30]
    keys = [{match_key(source) for source, _ in texts(part)} for part in parts]
    assert sum(map(len, keys)) == len(set.union(*keys))
    assert dataset.report["held_out"] == ["validation", "test"]


def test_no_test_set_where_none_is_wanted(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, "train", sentences(100))
    assert prepare(recipe_for(corpus, test_pairs=0), tmp_path / "a").test is None
    assert prepare(recipe_for(corpus, validation=corpus), tmp_path / "b").test is None


def test_given_sets_that_overlap_with_training_are_kept_and_counted(tmp_path: Path) -> None:
    train = list(dict.fromkeys(sentences(100)))
    told: list[str] = []
    recipe = recipe_for(
        write_corpus(tmp_path, "train", train),
        validation=write_corpus(tmp_path, "validation", [(train[0][0].upper() + "?", "x y z"), ("quite new", "neu")]),
    )
    dataset = prepare(recipe, tmp_path / "dataset", log=told.append)
    assert len(dataset.train) == len(train)
    assert len(dataset.validation) == 2
    assert dataset.report["sources_also_in_training"] == {"validation": 1}
    assert any("occur in training" in line for line in told)


def test_validation_is_not_cleaned_and_training_is(tmp_path: Path) -> None:
    odd = [("short", "lo " * 170), ("short", "lo " * 170), ("", "empty")]
    recipe = recipe_for(
        write_corpus(tmp_path, "train", sentences(50) + odd), validation=write_corpus(tmp_path, "validation", odd)
    )
    dataset = prepare(recipe, tmp_path / "dataset")
    assert texts(dataset.validation) == [(source, target.strip()) for source, target in odd[:2]]
    cleaning = dataset.report["cleaning"]
    assert cleaning["train"]["dropped"] == {"uneven": 2, "empty": 1}
    assert cleaning["validation"]["dropped"] == {"empty": 1}
    assert cleaning["train"]["examples"]["empty"][0]["line"] == 53
    assert len(cleaning["train"]["examples"]["uneven"][0]["target"]) == 80


def test_the_same_corpus_gives_the_same_bytes_and_another_seed_another_split(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, "train", sentences(300))
    one, two = (prepare(recipe_for(corpus), tmp_path / name) for name in ("one", "two"))
    assert all_bytes(tmp_path / "one") == all_bytes(tmp_path / "two")
    assert one.fingerprint == two.fingerprint
    recipe = recipe_for(corpus)
    other = recipe.model_copy(update={"training": recipe.training.model_copy(update={"seed": 2})})
    assert texts(prepare(other, tmp_path / "three").validation) != texts(one.validation)


def test_the_order_of_sets_in_memory_decides_nothing(tmp_path: Path) -> None:
    for name in ("train", "validation", "test"):
        (tmp_path / f"{name}.tsv").write_text(
            "source\ttarget\n" + "".join(f"{s}\t{t}\n" for s, t in [*sentences(60, len(name)), ("", "empty")])
        )
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from dragoman.data.prepare import prepare\nfrom dragoman.recipe import recipe_from\n"
        "data = {name: {'path': Path(name + '.tsv')} for name in ('train', 'validation', 'test')}\n"
        "recipe = recipe_from({'data': data, 'tokenizer': {'vocabulary_size': 400}})\n"
        "print(prepare(recipe, Path(sys.argv[1])).fingerprint)"
    )
    fingerprints = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", program, f"dataset-{seed}"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        fingerprints.add(done.stdout)
    assert len(fingerprints) == 1


def test_frames_give_what_files_give(tmp_path: Path) -> None:
    pairs = sentences(200)
    frame = pd.DataFrame(pairs, columns=["source", "target"])
    from_frame = prepare(recipe_for(None), tmp_path / "frame", train=frame, validation=frame[:9], test=frame[9:12])
    assert texts(from_frame.train) == list(dict.fromkeys(pairs))
    assert texts(from_frame.validation) == pairs[:9]
    from_file = prepare(recipe_for(write_corpus(tmp_path, "train", pairs)), tmp_path / "file")
    held_out = prepare(recipe_for(None), tmp_path / "held", train=frame)
    assert texts(held_out.train) == texts(from_file.train)
    assert texts(held_out.validation) == texts(from_file.validation)


def test_an_opened_dataset_is_the_prepared_one(tmp_path: Path) -> None:
    made = prepare(recipe_for(write_corpus(tmp_path, "train", sentences(100))), tmp_path / "dataset")
    opened = Dataset.open(tmp_path / "dataset")
    assert texts(opened.train) == texts(made.train)
    assert opened.source.tokenizer.vocabulary == made.source.tokenizer.vocabulary
    assert opened.report == made.report


BAD = {
    "empty corpus": ([], "corpus is empty"),
    "all dropped": ([("a", ""), ("", "b")], "2 empty"),
    "too few": ([("a", "b")], "no validation set"),
    "one source": ([("a", str(n)) for n in range(50)], "no validation set"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_corpus_that_cannot_be_used_leaves_nothing_behind(tmp_path: Path, case: str) -> None:
    pairs, message = BAD[case]
    recipe = recipe_for(write_corpus(tmp_path, "train", pairs))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=message):
        prepare(recipe, tmp_path / "dataset")
    assert sorted(tmp_path.iterdir()) == before


def test_whatever_fails_midway_leaves_nothing_behind(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, "train", sentences(100))
    (tmp_path / "train.1").write_bytes(b"fine\n" * 60 + b"\xff\n" + b"fine\n" * 39)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=r"train\.1:61: not UTF-8"):
        prepare(recipe_for(corpus), tmp_path / "dataset")
    with pytest.raises(InputError, match="no training data"):
        prepare(recipe_for(None), tmp_path / "dataset")
    with pytest.raises(InputError, match=r"row 2 of column .source. has a lone surrogate"):
        frame = pd.DataFrame({"source": ["a", "\ud800"], "target": ["b", "c"]}, dtype=object)
        prepare(recipe_for(None), tmp_path / "dataset", train=frame)
    assert sorted(tmp_path.iterdir()) == before


def test_a_dataset_is_never_overwritten(tmp_path: Path) -> None:
    recipe = recipe_for(write_corpus(tmp_path, "train", sentences(100)))
    prepare(recipe, tmp_path / "dataset")
    before = all_bytes(tmp_path / "dataset")
    with pytest.raises(OutputError):
        prepare(recipe, tmp_path / "dataset")
    assert all_bytes(tmp_path / "dataset") == before


def test_errors_are_ones_that_a_person_can_mend(tmp_path: Path) -> None:
    recipe = recipe_for(CorpusRecipe(source=tmp_path / "absent.en", target=tmp_path / "absent.de"))
    with pytest.raises(DragomanError) as caught:
        prepare(recipe, tmp_path / "dataset")
    assert caught.value.file == tmp_path / "absent.en"
    assert caught.value.remedy

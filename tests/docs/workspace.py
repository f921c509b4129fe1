"""A folder with every file that the pages name, tiny, and presets that train for a moment."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tomli_w
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from dragoman.recipe import file as recipe_file
from dragoman.recipe import merge, preset_values, recipe_from
from dragoman.recipe.file import presets
from dragoman.recipe.idle import idle_settings

SMALL = {"layers": 1, "width": 16, "feed_forward": 32, "heads": 2, "embedding_width": 16, "channels": [4, 8]}
QUICK: dict[str, Any] = {
    "data": {"validation_pairs": 6, "test_pairs": 6},
    # What a model writes after two updates breaks most rules.
    "cleaning": {
        **dict.fromkeys(("language", "control_characters", "copies", "repetition", "numbers", "script"), False),
        "max_ratio": 100.0,
    },
    "tokenizer": {"vocabulary_size": 300},
    "pictures": {"height": 16},
    "training": {
        "updates": 2,
        "schedule": {"warmup": 1},
        "batch": {"tokens": 128, "pool": 2},
        "validate_every": 2,
        "checkpoint_every": 2,
        "average": 0.5,
        "precision": "float32",
        "device": "cpu",
        "threads": 1,
    },
    "search": {"beam": 2},
}
UNITS = "<trans-unit id='{0}'><source>{1}</source><target>{2}</target></trans-unit>"
XLIFF = (
    "<?xml version='1.0'?><xliff version='1.2' xmlns='urn:oasis:names:tc:xliff:document:1.2'><file original='a' "
    "source-language='en' target-language='de' datatype='plaintext'><body>{}</body></file></xliff>"
)
TMX = (
    "<?xml version='1.0'?><tmx version='1.4'><header creationtool='t' creationtoolversion='1' segtype='sentence' "
    "o-tmf='t' adminlang='en' srclang='en' datatype='plaintext'/><body>{}</body></tmx>"
)
UNIT = "<tu><tuv xml:lang='en'><seg>{}</seg></tuv><tuv xml:lang='de'><seg>{}</seg></tuv></tu>"


def shrink_presets(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let every preset be a model of a few hundred parameters that trains for two updates."""
    texts = {name: tomli_w.dumps(_shrunk(preset_values(name))) for name in presets()}
    (folder / "presets").mkdir()
    for name, text in texts.items():
        (folder / "presets" / f"{name}.toml").write_text(text, encoding="utf-8")
    package: Callable[[str], Any] = resources.files

    def files(name: str) -> Any:
        return folder if name == "dragoman" else package(name)

    patch.setattr(recipe_file, "resources", SimpleNamespace(files=files))


def draw_nothing(patch: pytest.MonkeyPatch) -> None:
    """Let pictures of reports be a dot each: drawing takes longer than all else, and is tested elsewhere."""
    dot = io.BytesIO()
    Image.new("L", (1, 1)).save(dot, "png")

    def savefig(figure: Figure, file: Any, **options: Any) -> None:
        (file.write_bytes if isinstance(file, Path) else file.write)(dot.getvalue())

    patch.setattr(Figure, "savefig", savefig)


def _shrunk(values: dict[str, Any]) -> dict[str, Any]:
    model = recipe_from(values).model
    sizes = {
        side: {name: size for name, size in SMALL.items() if name in type(getattr(model, side)).model_fields}
        for side in ("encoder", "decoder")
    }
    changes = {name: section for name, section in QUICK.items() if name != "pictures" or model.input_kind == "picture"}
    shrunk = merge(merge(values, changes), {"model": sizes})
    for name in idle_settings(model, shrunk, {}):
        section, _, key = name.partition(".")
        shrunk[section] = {other: value for other, value in shrunk[section].items() if other != key}
    return shrunk


def fill(folder: Path) -> None:
    """Write every file that the pages name."""
    draws = random.Random(0)
    lines = {language: _lines(draws, letters, 40) for language, letters in (("en", "abcdef"), ("de", "uvwxyz"))}
    for name in ("train", "test", "other", "a"):
        for language, text in lines.items():
            (folder / f"{name}.{language}").write_text("\n".join(text) + "\n", encoding="utf-8")
    few = "\n".join(lines["en"][:3]) + "\n"
    for name in ("input.txt", "huge.txt", "in.en", "text.txt", "texts.txt"):
        (folder / name).write_text(few, encoding="utf-8")
    for name in ("corpus.de", "corpus.txt", "more.de", "a.fr"):
        (folder / name).write_text("\n".join(lines["de"]) + "\n", encoding="utf-8")
    (folder / "new.txt").write_text("\n".join(lines["en"]) + "\n", encoding="utf-8")
    (folder / "new.de").write_text("\n".join(lines["de"]) + "\n", encoding="utf-8")
    (folder / "manual.txt").write_text("\n\n".join(lines["en"]) + "\n", encoding="utf-8")
    asked = [{"text": line, "session": place // 4, "time": "noon"} for place, line in enumerate(lines["en"])]
    requests = "".join(json.dumps(row) + "\n" for row in asked)
    (folder / "requests.jsonl").write_text(requests, encoding="utf-8")
    pairs = list(zip(lines["en"], lines["de"], strict=True))
    _tables(folder, pairs, draws)
    terms = [(left.split()[0], right.split()[0]) for left, right in pairs[:5]]
    (folder / "terms.csv").write_text("".join(f"{left},{right}\n" for left, right in terms), encoding="utf-8")
    units = "".join(UNITS.format(number, *pair) for number, pair in enumerate(pairs[:20]))
    (folder / "app.xlf").write_text(XLIFF.format(units), encoding="utf-8")
    (folder / "memories").mkdir()
    for name in ("memory.tmx", "memories/one.tmx", "memories/two.tmx"):
        (folder / name).write_text(TMX.format("".join(UNIT.format(*pair) for pair in pairs)), encoding="utf-8")
    more = list(zip(_lines(draws, "abcdef", 260), _lines(draws, "uvwxyz", 260), strict=False))
    (folder / "new.tmx").write_text(TMX.format("".join(UNIT.format(*pair) for pair in more)), encoding="utf-8")
    with zipfile.ZipFile(folder / "project.zip", "w") as archive:
        for place, language in enumerate(("en", "pt-BR")):
            archive.writestr(f"{language}.json", json.dumps({f"k{n}": pair[place] for n, pair in enumerate(pairs)}))
    _pictures(folder)


def _lines(draws: random.Random, letters: str, count: int) -> list[str]:
    words = ["".join(draws.choices(letters, k=draws.randint(2, 4))) for _ in range(30)]
    return sorted({" ".join(draws.choices(words, k=draws.randint(2, 4))) for _ in range(count)})[: count - 5]


def _tables(folder: Path, pairs: list[tuple[str, str]], draws: random.Random) -> None:
    def write(name: str, heading: str, rows: list[str]) -> None:
        (folder / name).write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")

    write("strings.csv", "en,de", [",".join(pair) for pair in pairs])
    kinds = [f"{text},{kind}" for pair in pairs for text, kind in zip(pair, ("en", "de"), strict=True)]
    write("letters.csv", "text,kind", kinds)
    write("pairs.csv", "source,target", [",".join(pair) for pair in pairs])
    write("quality.tsv", "text\tscore", [f"{source}\t{len(source)}" for source, _ in pairs])
    write(
        "names.csv",
        "text,tags",
        [f"{source},{' '.join('NV'[len(w) % 2] for w in source.split())}" for source, _ in pairs],
    )
    words = ("\n".join(f"{word} {'NV'[len(word) % 2]}" for word in source.split()) for source, _ in pairs)
    write("names.conll", "# words and tags", ["\n\n".join(words)])
    sizes = [round(draws.random() * 10, 3) for _ in range(60)]
    write("houses.csv", "size,price", [f"{size},{round(2 * size + draws.random(), 3)}" for size in sizes])
    write("new.csv", "size", [str(size) for size in sizes[:3]])
    write("customers.csv", "size,churned", [f"{size},{'yes' if size > 5 else 'no'}" for size in sizes])
    write("lines.tsv", "picture\ttext", [f"digits/{n % 2}/{n:02d}.png\t{'oi'[n % 2]}" for n in range(20)])


def _pictures(folder: Path) -> None:
    for number in range(40):
        picture = Image.new("L", (16, 16), 255)
        if number % 2:
            ImageDraw.Draw(picture).line((8, 2 + number % 5, 8, 13), fill=0, width=2)
        else:
            ImageDraw.Draw(picture).ellipse((3, 3, 9 + number % 5, 12), outline=0, width=2)
        (folder / "digits" / str(number % 2)).mkdir(parents=True, exist_ok=True)
        picture.save(folder / "digits" / str(number % 2) / f"{number:02d}.png")
    picture.save(folder / "photo.png")

"""How well a reader of text lines reads fonts that it has never seen, beside Tesseract on the same pictures.

    python benchmarks/reading.py --train FILE --validation FILE --test FILE [--language en] [--tesseract eng]

The files are text, one line a sentence. The preset ``reader`` learns from lines of ``--train`` rendered in the fonts of
this machine but those of ``--test-fonts``; lines of ``--test`` rendered in these are what both read, once clean and
once noisy (blurred, slanted, pale, unevenly lit, compressed). Tesseract gets every picture twice as
large, on one thread: of 200 validation lines it then reads most. A border of the same grey changes nothing, a white one
around grey paper makes it far worse, and more threads make it several times slower.

Writes ``results/NAME.json`` and ``results/NAME.png``, a sheet of test lines.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from command_line import command_line
from PIL import Image
from training_command import run_training

from dragoman.comparison.machine import describe_machine
from dragoman.evaluation.recognition_report import evaluate_recognition
from dragoman.images.fonts import fonts_of
from dragoman.images.line_renderer import LineRenderer
from dragoman.images.style import CLEAN, NOISY
from dragoman.predict.reader import Reader
from dragoman.training.history import read_history

RESULTS = Path(__file__).parent / "results"
LOOKS = {"clean": CLEAN, "noisy": NOISY}
HEIGHT = 32
SEED = 7


def main() -> None:
    arguments = _arguments()
    folder = arguments.run or Path(tempfile.mkdtemp()) / "reader"
    fonts = arguments.test_fonts.split(",")
    if not (folder / "best").is_dir():
        _train(arguments, folder, fonts)
    lines = [line for line in arguments.test.read_text(encoding="utf-8").splitlines() if line.strip()]
    lines = [" ".join(line.split()) for line in lines[: arguments.lines]]
    pictures = {name: _render(lines, look, fonts) for name, look in LOOKS.items()}
    reader = Reader.load(folder / "best")
    history = read_history(folder)
    result = {
        "command": command_line(),
        "note": arguments.note,
        "machine": describe_machine(),
        "language": arguments.language,
        "training_lines": sum(1 for _ in arguments.train.open(encoding="utf-8")),
        "test_lines": len(lines),
        "test_fonts": fonts,
        "training": {
            "minutes": round(float(history["seconds"].max()) / 60, 2),
            "processes": arguments.processes,
            "updates": int(history["update"].max()),
            "parameters": sum(p.numel() for p in reader.model.parameters()),
        },
        "readers": {
            "dragoman": {name: _ours(reader, found, lines) for name, found in pictures.items()},
            "tesseract": {
                "version": _tesseract_version(),
                **{name: _tesseract(found, lines, arguments) for name, found in pictures.items()},
            },
        },
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{arguments.name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    _sheet(pictures, RESULTS / f"{arguments.name}.png")
    print(json.dumps(result["readers"], indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("train", "validation", "test"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="text file, one sentence a line")
    parser.add_argument("--language", default="en")
    parser.add_argument("--tesseract", default="eng", help="its languages, such as chi_sim+chi_tra")
    parser.add_argument("--test-fonts", default="Cantarell,Inconsolata,Liberation Serif,Open Sans")
    parser.add_argument("--fonts", default="", help="families to learn from; all by default")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=None, help="end training by the clock")
    parser.add_argument("--lines", type=int, default=1000, help="test lines")
    parser.add_argument("--set", action="append", default=[], help="change a value of the recipe")
    parser.add_argument("--run", type=Path, help="folder of the run; what is trained there already is used")
    parser.add_argument("--name", default="reading", help="of the result")
    parser.add_argument("--note", default="", help="what a reader of the result should know")
    return parser.parse_args()


def _train(arguments: argparse.Namespace, folder: Path, test_fonts: list[str]) -> None:
    settings: dict[str, object] = {
        "batch.tokens": 1024 // arguments.processes,
        "batch.accumulation": arguments.processes,
        "threads": 1,
        "device": "cpu",
    }
    if arguments.minutes is not None:
        settings["minutes"] = arguments.minutes
    fonts = json.dumps(arguments.fonts.split(",") if arguments.fonts else [])
    without = [] if arguments.fonts else test_fonts
    command = [
        *("--text", str(arguments.train), "--validation-text", str(arguments.validation)),
        *("--to", arguments.language, "--output", str(folder)),
        *("--set", f"rendering.fonts={fonts}", "--set", f"rendering.without_fonts={json.dumps(without)}"),
        *(part for setting in arguments.set for part in ("--set", setting)),
    ]
    run_training("reader", command, settings, processes=arguments.processes)


def _render(lines: list[str], look: Any, fonts: list[str]) -> list[np.ndarray]:
    """Each line in one of the fonts; the same lines in the same fonts every time."""
    renderer = LineRenderer(fonts_of(fonts), [(look, 1.0)], HEIGHT)
    return [renderer.render(line, np.random.default_rng([SEED, number])) for number, line in enumerate(lines)]


def _ours(reader: Reader, pictures: list[np.ndarray], lines: list[str]) -> dict[str, float]:
    began = time.perf_counter()
    outputs = reader.read([picture[0] for picture in pictures])
    return _rates(outputs, lines, time.perf_counter() - began)


def _rates(outputs: list[str], lines: list[str], seconds: float) -> dict[str, float]:
    report = evaluate_recognition(outputs, lines)
    return {
        "cer": round(report.cer.value, 3),
        "cer_low": round(report.cer.low, 3),
        "cer_high": round(report.cer.high, 3),
        "wer": round(report.wer.value, 3),
        "exact": round(100 * report.exact.value, 2),
        "lines_per_second": round(len(lines) / seconds, 1),
    }


def _tesseract(pictures: list[np.ndarray], lines: list[str], arguments: argparse.Namespace) -> dict[str, float]:
    """All pictures in one call, which loads the model once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, picture in enumerate(pictures):
            large = Image.fromarray(picture[0]).resize((2 * picture.shape[2], 2 * HEIGHT), Image.Resampling.BICUBIC)
            large.save(folder / f"{number:05}.png")
        listing = folder / "pictures.txt"
        listing.write_text("".join(f"{folder / f'{n:05}.png'}\n" for n in range(len(pictures))), encoding="utf-8")
        began = time.perf_counter()
        command = ["tesseract", str(listing), "stdout", "-l", arguments.tesseract, "--psm", "7"]
        done = subprocess.run(command, check=True, capture_output=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"})
        seconds = time.perf_counter() - began
    pages = done.stdout.decode("utf-8").split("\f")[: len(pictures)]
    return _rates([" ".join(page.split()) for page in pages], lines, seconds)


def _tesseract_version() -> str:
    if shutil.which("tesseract") is None:
        raise SystemExit("tesseract is not installed; on Debian: apt install tesseract-ocr")
    return subprocess.run(["tesseract", "--version"], capture_output=True, check=True, text=True).stdout.split()[1]


def _sheet(pictures: dict[str, list[np.ndarray]], path: Path) -> None:
    """The first lines of each look, one below the other."""
    shown = [picture[0] for found in pictures.values() for picture in found[:6]]
    width = max(picture.shape[1] for picture in shown) + 20
    sheet = Image.new("L", (width, 42 * len(shown) + 10), 255)
    for number, picture in enumerate(shown):
        sheet.paste(Image.fromarray(picture), (10, 10 + 42 * number))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    path.write_bytes(buffer.getvalue())


if __name__ == "__main__":
    main()

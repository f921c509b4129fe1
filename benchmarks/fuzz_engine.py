"""Call the native engine with random models and requests: each call has to be refused with a text or to be right.

``python benchmarks/fuzz_engine.py --calls 1000000 --sanitized 100000 --record`` links ``tests/native/engine_fuzz.cpp``
with the engine that is installed, compiles it with the whole engine and the address and undefined-behaviour
sanitizers, and writes the counts to ``benchmarks/results/fuzz_engine.json``. Models are small ones of several
architectures; three of four are altered: cut, lengthened, weights that are no numbers, words of the header and of
instructions. Requests have rows of 0 to 11 symbols and now and then 10,000, and some of everything that is out of
range. ``--write FOLDER`` only writes the models, as ``.ci/sanitize`` needs them.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from dragoman.comparison.machine import describe_machine
from dragoman.contracts import DEFAULT_SYMBOLS, PictureSize, SourceSize, TargetSize, TextSize
from dragoman.model.build import build
from dragoman.native.library import load, present
from dragoman.plan.compile import program_of
from dragoman.plan.output_preview import OutputPreview
from dragoman.plan.plan_of import plan_of
from dragoman.plan.program_bytes import program_bytes
from dragoman.recipe.architecture import ModelRecipe

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "fuzz_engine.json"
TEXT = TextSize(37)
TRANSFORMER = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
LEARNED = {**TRANSFORMER, "norm": "post", "positions": "learned", "max_positions": 24}
GRU = {"kind": "gru", "width": 16, "reset": "before", "bidirectional": True}
READER: dict[str, Any] = {
    "encoder": {"kind": "residual", "channels": [2, 2, 2], "halvings": 1, "width": 16, "context": 1},
    "decoder": {"kind": "ctc"},
}
MODELS: dict[str, tuple[dict[str, Any], SourceSize, TargetSize]] = {
    "transformer": ({"encoder": TRANSFORMER, "decoder": TRANSFORMER, "tie": "decoder"}, TEXT, TEXT),
    "learned positions": ({"encoder": LEARNED, "decoder": LEARNED, "tie": "decoder"}, TEXT, TEXT),
    "additive attention": ({"encoder": GRU, "decoder": {"kind": "gru", "width": 16}, "tie": "decoder"}, TEXT, TEXT),
    "input feeding": (
        {
            "encoder": {"kind": "convolution", "width": 16, "layers": 1},
            "decoder": {"kind": "lstm", "width": 16, "attention": "dot", "input_feeding": True},
            "tie": "decoder",
        },
        TEXT,
        TEXT,
    ),
    "pictures": (READER, PictureSize(1, 15, None), TEXT),
    "previewed": ({"encoder": GRU, "decoder": TRANSFORMER, "tie": "decoder"}, TEXT, TEXT),
}
SANITIZED = "-O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all"


def write_models(folder: Path) -> list[Path]:
    """The bytes of a small model of each architecture, in files."""
    paths = []
    for name, (recipe, source, target) in MODELS.items():
        model = build(ModelRecipe.model_validate(recipe), source, target, seed=1).eval()
        preview = random_preview() if name == "previewed" else None
        paths.append(folder / f"{name.replace(' ', '_')}.bin")
        paths[-1].write_bytes(program_bytes(program_of(plan_of(model), DEFAULT_SYMBOLS, preview)))
    return paths


def random_preview() -> OutputPreview:
    """A preview of an output layer of width 16."""
    random = np.random.default_rng(1)
    reading, writing = random.normal(size=(5, 16)), random.normal(size=(16, 5))
    return OutputPreview(reading, writing, random.normal(size=TEXT.symbols), candidates=32)


def link_driver(folder: Path) -> Path:
    """The program of the driver, which loads the engine that is installed."""
    folder.mkdir()
    engine = Path(present(load("engine"))._name)
    compiler = [*shlex.split(os.environ.get("CXX", "c++")), "-std=c++17", "-O2"]
    files = [str(ROOT / "tests" / "native" / "engine_fuzz.cpp"), str(engine)]
    subprocess.run([*compiler, *files, f"-Wl,-rpath,{engine.parent}", "-o", str(folder / "engine_fuzz")], check=True)
    return folder / "engine_fuzz"


def compile_driver(folder: Path, driver: str = "engine_fuzz") -> Path:
    """The program of a driver in ``tests/native`` with the whole engine and sanitizers in it."""
    folder.mkdir()
    modules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["ext-modules"]
    engine = next(module for module in modules if module["name"] == "dragoman.native._engine")
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    common = [*compiler, "-std=c++17", "-Wno-psabi", "-fno-tree-pre", *SANITIZED.split()]

    def compiled(source: str) -> str:
        target = folder / f"{Path(source).stem}.o"
        subprocess.run([*common, "-c", str(ROOT / source), "-o", str(target)], check=True)
        return str(target)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compiled, [*engine["sources"], f"tests/native/{driver}.cpp"]))
    subprocess.run([*common, *objects, "-pthread", "-o", str(folder / driver)], check=True)
    return folder / driver


def run(driver: Path, calls: int, seed: int, models: list[Path]) -> dict[str, Any]:
    """The counts of so many calls."""
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}
    command = [str(driver), str(calls), str(seed), *map(str, models)]
    found = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(found.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000, help="calls of the engine as it is installed")
    parser.add_argument("--sanitized", type=int, default=0, help="calls of the engine with sanitizers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write the models to an existing folder")
    arguments = parser.parse_args()
    if arguments.write:
        write_models(arguments.write)
        return
    result: dict[str, Any] = {"machine": describe_machine(), "models": list(MODELS), "seed": arguments.seed}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = write_models(folder)
        for kind, driver, calls in [
            ("plain", link_driver, arguments.calls),
            ("sanitized", compile_driver, arguments.sanitized),
        ]:
            if calls:
                result[kind] = run(driver(folder / kind), calls, arguments.seed, models)
                print(kind, json.dumps(result[kind]), flush=True)
    if arguments.record:
        RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()

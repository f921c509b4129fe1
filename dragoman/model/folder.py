"""A model on disk: one folder with everything that using the model needs."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import dragoman
from dragoman.contracts.expect import expect
from dragoman.errors import DamagedFileError, UnsupportedError
from dragoman.fields.field import SourceField, TargetField
from dragoman.fields.files import load_fields, save_fields
from dragoman.model.build import Model, build
from dragoman.model.shapes import shapes_alone
from dragoman.model.weights import learnt_tensors
from dragoman.recipe import Recipe, dump_recipe, recipe_of_model
from dragoman.storage.folder import new_folder
from dragoman.storage.given import check_model, given_path
from dragoman.storage.manifest import MANIFEST
from dragoman.storage.verified import VerifiedFolder
from dragoman.text.codec import Codec

FORMAT = 5
"""Format 2 adds the casing of words, and units for placeholders in the vocabulary; format 1 is read as without them.
Format 3 adds recurrent and convolutional models, and language models. Format 4 adds models that read pictures and
rows of tables, and that predict labels and numbers, with the running statistics of batch normalisation. Format 5 adds
the syntax of placeholders."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The model that the training of another one began from.

    Attributes:
        name: name of the model, without the path of its folder.
        sha256: SHA-256 of the list of checksums in its folder, which tells it from every other model.
    """

    name: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} (SHA-256 of its {MANIFEST}: {self.sha256})"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model with its recipe and its fields, as its folder holds them.

    Attributes:
        model: the model, in evaluation mode and float32.
        recipe: the recipe by which it was trained.
        source: the field that encodes inputs for the encoder.
        target: the field that decodes outputs of the decoder.
        parent: the model that its training began from, or that it is a re-weighted copy of; None if it began from
            random weights.
    """

    model: Model
    recipe: Recipe
    source: SourceField
    target: TargetField
    parent: Parent | None = None

    @property
    def codecs(self) -> tuple[Codec, Codec]:
        """The source and target fields of a model that writes text, and reads text or nothing."""
        return expect(self.source, Codec), expect(self.target, Codec)

    @property
    def vocabularies(self) -> tuple[int, int]:
        """The sizes of the source and target vocabularies."""
        source, target = self.codecs
        return source.size.symbols, target.size.symbols


def save_model(folder: Path, loaded: LoadedModel, files: Mapping[str, str | bytes], *, replace: bool = False) -> None:
    """Write a model.

    Args:
        folder: the folder to be written, which does not exist yet, unless ``replace``.
        loaded: the model to be saved; its weights are stored in float32.
        files: content of further files by name, such as ``card.md``: text, or bytes.
        replace: whether an existing model is replaced.

    Raises:
        OutputError: if the folder exists or cannot be written; nothing is left half-written.
    """
    weights = {name: p.detach().float().cpu().contiguous().clone() for name, p in learnt_tensors(loaded.model).items()}
    facts = {"format": FORMAT, "dragoman": dragoman.__version__, "torch": torch.__version__}
    parent = {} if loaded.parent is None else {"parent": asdict(loaded.parent)}
    with new_folder(folder, replace=replace) as temporary:
        save_file(weights, temporary / "weights.safetensors", metadata={"format": str(FORMAT)})
        (temporary / "recipe.toml").write_text(dump_recipe(loaded.recipe), encoding="utf-8")
        (temporary / "model.json").write_text(json.dumps({**facts, **parent}, indent=2) + "\n", encoding="utf-8")
        save_fields(temporary, loaded.source, loaded.target)
        for name, content in files.items():
            (temporary / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def recipe_in(folder: Path | str) -> Recipe:
    """The recipe of the model in a folder, without its weights.

    >>> recipe_in("runs/demo/best").model.encoder.kind
    'transformer'

    Raises:
        InputError, DamagedFileError, UnsupportedError: in the cases of :func:`load_model`.
    """
    return _opened(folder)[1]


def _opened(folder: Path | str) -> tuple[VerifiedFolder, Recipe]:
    """The files of a model, after checking every checksum, and its recipe."""
    folder = given_path(folder, "the folder of a model")
    check_model(folder)
    verified = VerifiedFolder.open(folder)
    facts = verified.json("model.json")
    with verified.understanding("model.json"):
        version, writer = int(facts["format"]), str(facts["dragoman"])
    if version > FORMAT:
        raise UnsupportedError(
            f"{folder} has model format {version}, and this version reads up to {FORMAT}",
            remedy=f"install dragoman {writer} or newer.",
        )
    with verified.understanding("recipe.toml") as file:
        return verified, recipe_of_model(tomllib.loads(file.read_text(encoding="utf-8")), file=file)


def load_model(folder: Path | str, device: torch.device | str = "cpu") -> LoadedModel:
    """Read a model after checking every file's checksum.

    >>> loaded = load_model("runs/demo/best")
    >>> loaded.recipe.model.encoder.kind, loaded.vocabularies
    ('transformer', (301, 301))

    Raises:
        InputError: if there is no model in the folder.
        DamagedFileError: if a file is missing or was altered, or does not fit the others.
        UnsupportedError: if the model was written by a newer version.
    """
    verified, recipe = _opened(folder)
    source, target = load_fields(verified)
    with verified.understanding("weights.safetensors") as file:
        weights: dict[str, Tensor] = load_file(file)
    # Nothing is allocated here, however large a model a rewritten recipe describes.
    with shapes_alone(), verified.understanding("recipe.toml"):
        _check_weights(build(recipe.model, source.size, target.size, recipe.training.seed), weights, file)
    model = build(recipe.model, source.size, target.size, recipe.training.seed)
    with torch.no_grad():
        for name, tensor in learnt_tensors(model).items():
            tensor.copy_(weights[name])
    return LoadedModel(model.to(device).eval(), recipe, source, target, _parent(verified))


def _parent(folder: VerifiedFolder) -> Parent | None:
    facts = folder.json("model.json").get("parent")
    with folder.understanding("model.json"):
        return None if facts is None else Parent(str(facts["name"]), str(facts["sha256"]))


def _check_weights(model: Model, weights: dict[str, Tensor], file: Path) -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in learnt_tensors(model).items()}
    if shapes != {name: tuple(w.shape) for name, w in weights.items()}:
        raise DamagedFileError(
            "these weights belong to another architecture than recipe.toml describes",
            file=file,
            remedy="put the files of one model together again.",
        )
    for name, tensor in weights.items():
        if tensor.dtype != torch.float32:
            raise DamagedFileError(
                f"{name} is of {tensor.dtype}, and weights are float32", file=file, remedy="copy the model anew."
            )
        broken = tensor.numel() - int(torch.isfinite(tensor).sum())
        if broken:
            raise DamagedFileError(
                f"{broken:,} of the {tensor.numel():,} numbers of {name} are NaN or infinite, so no output means "
                "anything",
                file=file,
                cause="training diverged, or the file was rewritten by another program.",
                remedy="use an earlier model, or train anew; `dragoman diagnose stability RUN` says what went wrong.",
            )

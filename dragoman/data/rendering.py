"""How a dataset's own texts become pictures to learn reading from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dragoman.fields.picture import PictureField
from dragoman.images.fonts import Font, covers, fonts_of
from dragoman.images.line_renderer import LineRenderer
from dragoman.images.style import CLEAN, NOISY
from dragoman.recipe.picture import RenderingRecipe
from dragoman.storage.verified import VerifiedFolder

FILE = "rendering.json"


@dataclass(frozen=True, slots=True)
class Rendering:
    """What decides what rendered lines look like.

    Attributes:
        fonts: families to write with; all on the machine if none is named.
        without_fonts: families left out.
        noisy: share of lines that look photographed or badly printed.
        seed: decides the looks of validation and test lines.
    """

    fonts: tuple[str, ...]
    without_fonts: tuple[str, ...]
    noisy: float
    seed: int

    @classmethod
    def of(cls, recipe: RenderingRecipe, seed: int) -> Rendering:
        """What a recipe asks for."""
        return cls(recipe.fonts, recipe.without_fonts, recipe.noisy, seed)

    def faces(self) -> list[Font]:
        """The fonts on this machine.

        Raises:
            InputError: if a family is not there.
        """
        return fonts_of(self.fonts, self.without_fonts)

    def renderer(self, field: PictureField) -> LineRenderer:
        """Writes lines as high as the model reads them.

        Raises:
            InputError: if a family is not there.
        """
        looks = [(look, share) for look, share in ((CLEAN, 1 - self.noisy), (NOISY, self.noisy)) if share]
        return LineRenderer(self.faces(), looks, field.preparation.height)

    def writable(self, texts: Sequence[str]) -> list[bool]:
        """Whether some font has all the characters of each text.

        Raises:
            InputError: if a family is not there.
        """
        faces = self.faces()
        return [any(covers(face, text) for face in faces) for text in texts]

    def save(self, folder: Path) -> None:
        """Write it into a dataset."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: VerifiedFolder) -> Rendering | None:
        """Read it from a dataset; None if its pictures are not rendered.

        Raises:
            DamagedFileError: if the file is not listed in the manifest, or is something else.
        """
        if not folder.holds(FILE):
            return None
        content = folder.json(FILE)
        with folder.understanding(FILE):
            return cls(tuple(content["fonts"]), tuple(content["without_fonts"]), content["noisy"], content["seed"])

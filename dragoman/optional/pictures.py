"""The names that Dragoman uses of Pillow, fontTools and matplotlib's fonts, each imported when first asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dragoman.optional.extra import PICTURES, attributes

if TYPE_CHECKING:
    from fontTools.ttLib import TTCollection as TTCollection
    from fontTools.ttLib import TTFont as TTFont
    from fontTools.ttLib import newTable as newTable
    from matplotlib import get_data_path as get_data_path
    from matplotlib.font_manager import findSystemFonts as findSystemFonts
    from PIL import Image as Image
    from PIL import ImageDraw as ImageDraw
    from PIL import ImageFilter as ImageFilter
    from PIL import ImageFont as ImageFont
    from PIL import ImageOps as ImageOps
    from PIL import UnidentifiedImageError as UnidentifiedImageError

    OpenedPicture = Image.Image
else:
    __getattr__ = attributes(
        PICTURES,
        {
            **dict.fromkeys(("TTCollection", "TTFont", "newTable"), "fontTools.ttLib"),
            **{name: f"PIL.{name}" for name in ("Image", "ImageDraw", "ImageFilter", "ImageFont", "ImageOps")},
            "UnidentifiedImageError": "PIL",
            "get_data_path": "matplotlib",
            "findSystemFonts": "matplotlib.font_manager",
        },
    )

    class _OpenedByPillow(type):
        def __instancecheck__(cls, value: object) -> bool:
            # Where Pillow was not imported, nothing can be a picture of its.
            return "PIL.Image" in sys.modules and isinstance(value, sys.modules["PIL.Image"].Image)

    class OpenedPicture(metaclass=_OpenedByPillow):
        """A picture that Pillow has opened."""

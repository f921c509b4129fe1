"""The parts of a page that show what of an input mattered: words, columns of a table, pixels, characters of a line."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from jaxtyping import Float64, UInt8

from dragoman.explanation.bars import contribution_text
from dragoman.explanation.first_layer import FirstLayer
from dragoman.explanation.page import Panel
from dragoman.optional import pictures
from dragoman.reports.page import Picture, image_html
from dragoman.reports.text import percent_text

FOR, AGAINST = (0, 114, 178), (213, 94, 0)
"""The colours of what speaks for an output and against it, which people with any common form of colour blindness can
distinguish (Okabe and Ito 2008)."""
_TILE, _LARGEST_TILE = 64, 360
"""The height of a small picture and its greatest width, in pixels of the page."""


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each part of an input contributed to one output.

    Attributes:
        heading: the output, with what else there is to say of it in a few words.
        about: what the numbers are, in a sentence.
        values: the contribution of each word or column, [n], or of each pixel, [H W].
        probabilities: the outputs that were possible, with their probabilities; none for a number.
        place: the part that the output belongs to; None if it is for the whole input.
    """

    heading: str
    about: str
    values: Float64[np.ndarray, "*parts"]
    probabilities: Sequence[tuple[str, float]] = ()
    place: int | None = None


def words_panel(words: Sequence[str], outputs: Sequence[Contributions]) -> Panel:
    """Words tinted by what each contributed: blue for an output, orange against it.

    Args:
        words: the words of the text, in order.
        outputs: the outputs that are explained.
    """
    parts = []
    for output in outputs:
        spans = [
            f'<span class="attributed{"" if value >= 0 else " against"}{" place" if n == output.place else ""}" '
            f'style="--weight:{weight:.3f}">{escape(word)}<small dir="ltr">{contribution_text(value)}</small></span>'
            for n, (word, value, weight) in enumerate(
                zip(words, output.values.tolist(), _weights(output.values), strict=True)
            )
        ]
        parts.append(f'{_heading(output)}\n<div class="mattered" dir="auto">{" ".join(spans)}</div>')
    return Panel("Words", "What each word adds to the output.", "\n".join([_scale(outputs), *parts]))


def columns_panel(columns: Sequence[tuple[str, str]], outputs: Sequence[Contributions]) -> Panel:
    """The columns of a row as bars to the right, for an output, and to the left, against it; the largest first.

    Args:
        columns: name and value of each column.
        outputs: the outputs that are explained.
    """
    parts = []
    for output in outputs:
        weights, values = _weights(output.values), output.values.tolist()
        rows = [
            f'<span class="name"><bdi>{escape(columns[n][0])}</bdi> '
            f'<bdi class="value">{escape(columns[n][1])}</bdi></span>'
            f'<span class="track{"" if values[n] >= 0 else " against"}">'
            f'<i style="--weight:{weights[n]:.3f}"></i></span>'
            f'<span class="number">{contribution_text(values[n])}</span>'
            for n in np.argsort(-np.abs(output.values), kind="stable").tolist()
        ]
        parts.append(f'{_heading(output)}\n<div class="signed">{"".join(rows)}</div>')
    return Panel("Columns", "What the value of each column adds to the output.", "\n".join([_scale(outputs), *parts]))


def _scale(outputs: Sequence[Contributions]) -> str:
    """The meaning of the two colours."""
    low, high = ("against", "for") if any(output.probabilities for output in outputs) else ("lowers it", "raises it")
    return f'<p class="scale">{low} <i></i> {high}</p>'


def _heading(output: Contributions) -> str:
    bars = "".join(
        f'<span class="name" dir="auto">{escape(name)}</span>'
        f'<span class="bar"><i style="--share:{share:.4f}"></i></span>'
        f'<span class="number">{percent_text(share)}</span>'
        for name, share in output.probabilities
    )
    probabilities = f'<div class="alternatives">{bars}</div>' if bars else ""
    return f'<h3><bdi>{escape(output.heading)}</bdi></h3>\n{probabilities}<p class="hint">{escape(output.about)}</p>'


def pixels_panel(picture: UInt8[np.ndarray, "C H W"], output: Contributions) -> Panel:
    """A picture with what each pixel contributed laid over it, more or less opaque.

    Args:
        picture: the picture as the model reads it, from 0, black, to 255, white.
        output: the output that is explained, with the contribution of each pixel.
    """
    shown = _picture(picture, inside=_over(output.values, "what each pixel contributed"))
    still = f"{_heading(output)}\n{shown}\n{_scale([output])}"
    return Panel("Pixels", "What each pixel of the picture adds to the output.", still, "overlay")


def reading_panel(
    picture: UInt8[np.ndarray, "C H W"],
    characters: Sequence[tuple[str, str]],
    spans: Sequence[tuple[int, int]],
    maps: Sequence[Float64[np.ndarray, "H W"]] = (),
) -> Panel:
    """A line of text with the columns of each character: pointing at one shows the other.

    Args:
        picture: the picture as the model reads it, from 0, black, to 255, white.
        characters: each character that was read, and a line about it.
        spans: the first column of each character and the one behind the last, in pixels; none if nothing is aligned.
        maps: what each pixel contributed to each character; none if that is not known.
    """
    width = picture.shape[2]
    areas = "".join(
        f'<button type="button" class="span" aria-label="{escape(text)}" style="left:{100 * begin / width:.3f}%;'
        f'width:{100 * (end - begin) / width:.3f}%"></button>'
        for (text, _), (begin, end) in zip(characters, spans, strict=False)
    )
    overlays = "".join(
        _over(map, f"what each pixel contributed to character {n}", hidden=True) for n, map in enumerate(maps, 1)
    )
    strip = "".join(
        f'<button type="button" class="token" title="{escape(said)}" data-said="{escape(said)}">'
        f"<span>{'␣' if text == ' ' else escape(text)}</span></button>"
        for text, said in characters
    )
    about = "Where in the picture each character was read." if spans else "The characters that were read."
    if maps:
        about += " Blue pixels speak for the character that is pointed at, and orange ones against it."
    still = f'{_picture(picture, inside=overlays + areas)}\n<div class="strip" dir="auto">{strip}</div>'
    return Panel("Reading", about, still, "reading")


def first_layer_panel(layer: FirstLayer) -> Panel:
    """The kernels of a first convolution and the response of each of its channels, as small pictures."""
    largest_kernel = np.abs(layer.kernels).max(initial=0.0)
    largest = np.abs(layer.responses).max(initial=0.0)
    kernels = "".join(
        f"<figure>{_tile(_signed_png(kernel.mean(axis=0), largest_kernel), kernel.shape[1:], f'kernel {number}')}"
        f"<figcaption>{number}</figcaption></figure>"
        for number, kernel in enumerate(layer.kernels, 1)
    )
    responses = "".join(
        f"<figure>{_tile(_signed_png(response, largest), response.shape, f'response of channel {number}')}"
        f"<figcaption>channel {number}</figcaption></figure>"
        for number, response in enumerate(layer.responses, 1)
    )
    return Panel(
        "First layer",
        "What each channel of the first convolution looks for, blue for ink and orange for paper, and where it finds "
        "it (blue) or its opposite (orange).",
        f'<h3>kernels</h3><div class="tiles">{kernels}</div><h3>responses</h3><div class="tiles">{responses}</div>',
    )


def _weights(contributions: Float64[np.ndarray, " n"]) -> list[float]:
    """The sizes of the contributions, the largest of which is 1."""
    largest = float(np.abs(contributions).max(initial=0.0)) or 1.0
    return [abs(value) / largest for value in contributions.tolist()]


def _picture(picture: UInt8[np.ndarray, "C H W"], inside: str) -> str:
    """The picture, large enough to be looked at, with something inside."""
    _, height, width = picture.shape
    shown = max(width, min(width * 8, max(round(_TILE * 2 * width / height), 280)))
    grey = picture.mean(axis=0).round().astype(np.uint8) if len(picture) != 3 else np.moveaxis(picture, 0, 2)
    image = image_html(Picture("the picture as the model reads it", _png(grey)))
    sized = image.replace("<img ", f'<img width="{shown}" ', 1)
    return f'<div class="scroll"><div class="picture">{sized}{inside}</div></div>'


def _over(contributions: Float64[np.ndarray, "H W"], title: str, *, hidden: bool = False) -> str:
    """Contributions as a picture that lies over another, and may be hidden at first."""
    over = image_html(Picture(title, _signed_png(contributions)))
    return over.replace("<img ", f'<img class="over"{" hidden" if hidden else ""} ', 1)


def _tile(png: bytes, shape: tuple[int, ...], title: str) -> str:
    height, width = shape
    scale = min(_TILE / height, _LARGEST_TILE / width)
    image = image_html(Picture(title, png))
    return image.replace("<img ", f'<img width="{round(width * scale)}" height="{round(height * scale)}" ', 1)


def _signed_png(values: Float64[np.ndarray, "H W"], largest: float | None = None) -> bytes:
    """Values as a picture: blue where they are positive, orange where negative, and clear where they are 0."""
    greatest = (float(np.abs(values).max(initial=0.0)) if largest is None else float(largest)) or 1.0
    pixels = np.zeros((*values.shape, 4), dtype=np.uint8)
    pixels[..., :3] = np.where(values[..., None] >= 0, np.array(FOR), np.array(AGAINST))
    pixels[..., 3] = np.rint(255 * np.minimum(1, np.abs(values) / greatest) ** 0.7)
    return _png(pixels)


def _png(pixels: UInt8[np.ndarray, "H W *channels"]) -> bytes:
    data = io.BytesIO()
    pictures.Image.fromarray(pixels).save(data, format="PNG")
    return data.getvalue()

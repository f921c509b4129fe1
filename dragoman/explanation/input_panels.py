"""The parts of a page that show what of an input mattered: words, columns of a table, pixels, characters of a line."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape

import numpy as np
from jaxtyping import Float64, UInt8

from dragoman.explanation.bars import contribution_text
from dragoman.explanation.first_layer import FirstLayer
from dragoman.explanation.page import Panel
from dragoman.optional import pictures
from dragoman.reports.page import Picture, image_html

FOR, AGAINST = (0, 114, 178), (213, 94, 0)
"""The colours of what speaks for an output and against it, which people with any common form of colour blindness can
distinguish (Okabe and Ito 2008)."""
_SCALE = '<p class="scale">against <i></i> for</p>'
_TILE, _LARGEST_TILE = 64, 360
"""The height of a small picture and its greatest width, in pixels of the page."""


def words_panel(title: str, intro: str, words: Sequence[str], contributions: Float64[np.ndarray, " n"]) -> Panel:
    """Words tinted by what each contributed: blue for the output, orange against it.

    Args:
        title: title of the part, such as the output that is explained.
        intro: what the numbers are.
        words: the words of the text, in order.
        contributions: the contribution of each word.
    """
    spans = [
        f'<button type="button" class="attributed{"" if value >= 0 else " against"}" style="--weight:{weight:.3f}" '
        f'data-token="{escape(word)}" data-value="{contribution_text(value)}">{escape(word)}'
        f'<small dir="ltr">{contribution_text(value)}</small></button>'
        for word, value, weight in zip(words, contributions.tolist(), _weights(contributions), strict=True)
    ]
    return Panel(title, intro, f'<div class="mattered" dir="auto">{" ".join(spans)}</div>\n{_SCALE}', "words")


def columns_panel(
    title: str, intro: str, columns: Sequence[tuple[str, str]], contributions: Float64[np.ndarray, " n"]
) -> Panel:
    """The columns of a row as bars to the right, for the output, and to the left, against it; the largest first.

    Args:
        title: title of the part, such as the output that is explained.
        intro: what the numbers are.
        columns: name and value of each column.
        contributions: the contribution of each column.
    """
    weights = _weights(contributions)
    values = contributions.tolist()
    rows = [
        f'<span class="name" dir="auto">{escape(columns[n][0])}</span><span class="value" dir="auto">'
        f'{escape(columns[n][1])}</span><span class="track{"" if values[n] >= 0 else " against"}">'
        f'<i style="--weight:{weights[n]:.3f}"></i></span><span class="number">{contribution_text(values[n])}</span>'
        for n in np.argsort(-np.abs(contributions), kind="stable").tolist()
    ]
    return Panel(title, intro, f'<div class="signed">{"".join(rows)}</div>\n{_SCALE}')


def pixels_panel(
    title: str, intro: str, picture: UInt8[np.ndarray, "C H W"], contributions: Float64[np.ndarray, "H W"]
) -> Panel:
    """A picture with what each pixel contributed laid over it, more or less opaque.

    Args:
        title: title of the part, such as the output that is explained.
        intro: what the colours are.
        picture: the picture as the model reads it, from 0, black, to 255, white.
        contributions: the contribution of each pixel.
    """
    return Panel(title, intro, f"{_under(picture, contributions)}\n{_SCALE}", "overlay")


def reading_panel(
    title: str,
    intro: str,
    picture: UInt8[np.ndarray, "C H W"],
    characters: Sequence[tuple[str, str]],
    spans: Sequence[tuple[int, int]],
) -> Panel:
    """A line of text with the columns of each character: pointing at one shows the other.

    Args:
        title: title of the part.
        intro: what is shown.
        picture: the picture as the model reads it, from 0, black, to 255, white.
        characters: each character that was read, and a line about it.
        spans: the first column of each character and the one behind the last, in pixels; none if nothing is aligned.
    """
    width = picture.shape[2]
    areas = "".join(
        f'<button type="button" class="span" aria-label="{escape(text)}" style="left:{100 * begin / width:.3f}%;'
        f'width:{100 * (end - begin) / width:.3f}%"></button>'
        for (text, _), (begin, end) in zip(characters, spans, strict=False)
    )
    strip = "".join(
        f'<button type="button" class="token" data-said="{escape(said)}"><span>{escape(text) if text != " " else "␣"}'
        "</span></button>"
        for text, said in characters
    )
    still = f'{_picture(picture, inside=areas)}\n<div class="strip" dir="auto">{strip}</div>'
    return Panel(title, intro, still, "reading")


def first_layer_panel(layer: FirstLayer) -> Panel:
    """The kernels of a first convolution and the response of each of its channels, as small pictures."""
    largest_kernel = np.abs(layer.kernels).max(initial=0.0)
    largest = np.abs(layer.responses).max(initial=0.0)
    tiles = "".join(
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
        f'<h3>kernels</h3><div class="tiles">{tiles}</div><h3>responses</h3><div class="tiles">{responses}</div>',
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


def _under(picture: UInt8[np.ndarray, "C H W"], contributions: Float64[np.ndarray, "H W"]) -> str:
    over = image_html(Picture("what each pixel contributed", _signed_png(contributions)))
    return _picture(picture, inside=over.replace("<img ", '<img class="over" ', 1))


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

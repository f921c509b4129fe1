"""The kinds of input that labels, numbers and tags are predicted for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dragoman.contracts.expect import expect
from dragoman.fields.field import Field
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.tasks.card import bullets, plain


@dataclass(frozen=True, slots=True)
class Input:
    """A kind of input, with the words that messages and cards use for it.

    Attributes:
        plural: plural name, such as ``rows of a table``.
        items: plural name of things that are counted, such as ``rows``.
        option: options of ``dragoman predict`` that name the inputs.
        labelled: options that name inputs with labels.
        numbered: options that name inputs with numbers.
        beware: cases where a model with this input should not be trusted.
        described: function from the field that encodes the inputs to a card's sentences about how they are read.
        is_text: whether the inputs are text.
    """

    plural: str
    items: str
    option: str
    labelled: str
    numbered: str
    beware: tuple[str, ...]
    described: Callable[[Field], list[str]]
    is_text: bool = False


def _columns(field: Field) -> list[str]:
    lines = [plain(line) for line in expect(field, RowField).describe()]
    return ["Columns that it reads:", bullets(lines)]


def _sizes(field: Field) -> list[str]:
    size = expect(field, PictureField).size
    width = "any width" if size.width is None else f"width {size.width}"
    return [f"Pictures are scaled to height {size.height} and {width}, with {size.channels} channel(s)."]


TEXTS = Input(
    plural="text",
    items="texts",
    option="--input texts.txt",
    labelled="--text LABEL=FILE for each label, --source and --target, or --corpus with a table",
    numbered="--source and --target, or --corpus with a table",
    beware=("Text of another subject, style or language than in training.",),
    described=lambda field: [],
    is_text=True,
)
PICTURES = Input(
    plural="pictures",
    items="pictures",
    option="--image picture.png",
    labelled="--corpus with a folder that has a folder of pictures for each label, or with a table",
    numbered="--corpus with a table of pictures and numbers",
    beware=(
        "Pictures of another kind: other fonts, hands, cameras or scripts than in training are often read wrongly, and "
        "the model does not say so.",
    ),
    described=_sizes,
)
ROWS = Input(
    plural="rows of a table",
    items="rows",
    option="--input table.csv",
    labelled="--corpus with a table, and the column of the labels with --columns",
    numbered="--corpus with a table, and the column of the numbers with --columns",
    beware=(
        "Tables whose columns mean something else, or were measured in another way, than those in training.",
        "Rows far outside of what training held: nothing is known of what the model predicts there.",
    ),
    described=_columns,
)

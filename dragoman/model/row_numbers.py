"""Which of the numbers that an encoder reads stand for which column of a table."""

from __future__ import annotations

from dragoman.contracts.expect import expect
from dragoman.encoders.flat import RowNumbers
from dragoman.encoders.multilayer_perceptron import MultilayerPerceptron
from dragoman.fields.columns import CategoricalColumn
from dragoman.fields.row import RowField
from dragoman.model.encoder_decoder import EncoderDecoder


def numbers_of_columns(model: EncoderDecoder, field: RowField) -> dict[str, slice]:
    """The numbers of a row that stand for each column, in the order of the field's columns: the standardised value with
    its indicator, the parts of a date, the one-hot or learned vector of a category.

    Args:
        model: a model that reads rows.
        field: columns of the rows.
    """
    numbers = expect(expect(model.encoder, MultilayerPerceptron).numbers, RowNumbers)
    widths = iter(numbers.widths)
    place, behind = 0, field.numbers
    found = {}
    for column in field.columns:
        if isinstance(column, CategoricalColumn):
            width = next(widths)
            found[column.name] = slice(behind, behind + width)
            behind += width
        else:
            found[column.name] = slice(place, place + column.width)
            place += column.width
    return found

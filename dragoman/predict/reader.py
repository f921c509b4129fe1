"""Text recognition: pictures of lines in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dragoman.contracts import Hypothesis, Pictures
from dragoman.contracts.expect import expect
from dragoman.fields.picture import AnyPicture, PictureField
from dragoman.fields.place import TablePlace
from dragoman.model.device import choose_device
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.engine import Engine
from dragoman.predict.given import PICTURES, items_of
from dragoman.predict.model_summary import model_summary
from dragoman.predict.picture_batches import picture_batches
from dragoman.predict.search_request import search_request
from dragoman.predict.torch_engine import TorchEngine
from dragoman.progress.counting import Counting
from dragoman.recipe import Recipe
from dragoman.recipe.kinds import READER, require
from dragoman.reports.shown import Shown, Summary
from dragoman.text.codec import Codec
from dragoman.text.placeholder_mask import Mask


class Reader(Shown):
    """Reads pictures, each of one line of text.

    Args:
        model: encoder of pictures and decoder of text; put into evaluation mode.
        source: field that encodes pictures.
        target: codec that decodes ids to text.
        recipe: recipe with the search settings, which calls may override.
    """

    def __init__(self, model: EncoderDecoder, source: PictureField, target: Codec, recipe: Recipe) -> None:
        self.model = model
        self.source = source
        self.target = target
        self.recipe = recipe
        self._engine: Engine[Pictures] = TorchEngine(model, target.special, batch_tokens=recipe.search.batch_tokens)

    def summary(self) -> Summary:
        """A short summary of the model."""
        facts = {"vocabulary": f"{self.target.size.symbols:,} symbols"}
        return model_summary(self.recipe.model, self.model, facts)

    @classmethod
    def load(cls, folder: Path | str, *, device: str = "auto") -> Reader:
        """Load the model in ``folder`` onto ``auto``, ``cpu``, ``cuda`` or ``mps``.

        Raises:
            InputError: if there is no model, or one of another kind.
        """
        return cls.of(load_model(folder, choose_device(device)), folder)

    @classmethod
    def of(cls, loaded: LoadedModel, folder: Path | str) -> Reader:
        """A reader from a model that was loaded from ``folder``.

        Raises:
            InputError: if the model does not turn pictures into text.
        """
        require(loaded.recipe.model, READER, folder)
        source, target = expect(loaded.source, PictureField), expect(loaded.target, Codec)
        return cls(expect(loaded.model, EncoderDecoder), source, target, loaded.recipe)

    def read(
        self,
        pictures: Sequence[AnyPicture],
        *,
        beam: int | None = None,
        table: TablePlace | None = None,
        progress: bool | None = None,
    ) -> list[str]:
        """Read the text of each picture.

        Args:
            pictures: paths, bytes, arrays or Pillow's images.
            beam: live hypotheses; 1 is greedy search. By default the recipe's.
            table: table that the pictures stand in, for errors.
            progress: whether to show how far it is; by default where a person watches: on a terminal, or in a notebook.

        Raises:
            InputError: if a picture cannot be read.
        """
        pictures = list(items_of(pictures, PICTURES))
        found = [""] * len(pictures)
        with Counting(len(pictures), "pictures", progress) as counting:
            for places, batch in picture_batches(self.source, pictures, table):
                texts = self.read_prepared(batch, beam=beam)
                for place, text in zip(places.tolist(), texts, strict=True):
                    found[place] = text
                counting.add(len(places))
        return found

    def read_prepared(self, pictures: Pictures, *, beam: int | None = None) -> list[str]:
        """Read the text of each picture of a batch."""
        request = search_request(self.recipe.search, beam=beam)
        return self._texts(self._engine.search(pictures, request).best)

    def _texts(self, hypotheses: list[Hypothesis]) -> list[str]:
        nothing = [Mask.of("", frozenset())] * len(hypotheses)
        return self.target.decode_batch([hypothesis.tokens for hypothesis in hypotheses], nothing)

"""Text recognition: pictures of lines in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dragoman.contracts import Hypothesis, Pictures, SearchMethod, SearchRequest, SearchResult
from dragoman.contracts.expect import expect
from dragoman.errors import InputError
from dragoman.fields.picture import AnyPicture, PictureField
from dragoman.fields.place import TablePlace
from dragoman.model.device import choose_device
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel, load_model
from dragoman.predict.choose_engine import AskedEngine, choose_reader_engine
from dragoman.predict.engine import Engine
from dragoman.predict.given import PICTURES, items_of, texts_of
from dragoman.predict.line_alignment import LineAlignment, line_alignments, require_alignments
from dragoman.predict.model_summary import model_summary
from dragoman.predict.picture_batches import picture_batches
from dragoman.predict.search_request import search_request
from dragoman.predict.torch_engine import TorchEngine
from dragoman.progress.counting import Counting
from dragoman.recipe import Recipe
from dragoman.recipe.kinds import READER, require
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.given import given_path
from dragoman.text.codec import Codec
from dragoman.text.normalization import UNICODE_FORMS, normalize
from dragoman.text.placeholder_mask import Mask


class Reader(Shown):
    """Reads pictures, each of one line of text.

    Args:
        model: encoder of pictures and decoder of text; put into evaluation mode.
        source: field that encodes pictures.
        target: codec that decodes ids to text.
        recipe: recipe with the search settings, which calls may override.
        engine: search engine; by default PyTorch's.
    """

    def __init__(
        self,
        model: EncoderDecoder,
        source: PictureField,
        target: Codec,
        recipe: Recipe,
        engine: Engine[Pictures] | None = None,
    ) -> None:
        self.model = model
        self.source = source
        self.target = target
        self.recipe = recipe
        self.engine = engine or TorchEngine(model, target.special, batch_tokens=recipe.search.batch_tokens)

    def summary(self) -> Summary:
        """A short summary of the model."""
        facts = {"vocabulary": f"{self.target.size.symbols:,} symbols", "engine": self.engine.description}
        return model_summary(self.recipe.model, self.model, facts)

    @classmethod
    def load(cls, folder: Path | str, *, device: str = "auto", engine: str = "torch", compute: str = "auto") -> Reader:
        """Load a reader.

        Args:
            folder: folder of the model.
            device: device to compute on: ``auto``, ``cpu``, ``cuda`` or ``mps``.
            engine: name of the search engine; see :class:`~dragoman.predict.choose_engine.AskedEngine`.
            compute: number format of the engine; see :class:`~dragoman.predict.choose_engine.AskedEngine`.

        Raises:
            InputError: if there is no model, one of another kind, or no such engine.
            UnsupportedError: if the engine cannot read with it.
        """
        asked = AskedEngine(engine, compute, folder=given_path(folder, "the folder of a model"))
        loaded = load_model(folder, choose_device(device))
        reader = cls.of(loaded, folder)
        reader.engine = choose_reader_engine(loaded, asked)
        return reader

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
        search: SearchMethod | None = None,
        beam: int | None = None,
        table: TablePlace | None = None,
        progress: bool | None = None,
    ) -> list[str]:
        """Read the text of each picture.

        Args:
            pictures: paths, bytes, arrays or Pillow's images.
            search: method of search, such as ``Sample()``; by default a beam.
            beam: width of the beam in the place of a method; 1 is greedy search. By default the recipe's.
            table: table that the pictures stand in, for errors.
            progress: whether to show how far it is; by default where a person watches: on a terminal, or in a notebook.

        Raises:
            InputError: if a picture cannot be read, or a method is given beside a beam.
            UnsupportedError: if the engine has no such search.
        """
        pictures = list(items_of(pictures, PICTURES))
        found = [""] * len(pictures)
        with Counting(len(pictures), "pictures", progress) as counting:
            for places, batch in picture_batches(self.source, pictures, table):
                texts = self.read_prepared(batch, search=search, beam=beam)
                for place, text in zip(places.tolist(), texts, strict=True):
                    found[place] = text
                counting.add(len(places))
        return found

    def align(
        self,
        pictures: Sequence[AnyPicture],
        texts: Iterable[str] | None = None,
        *,
        beam: int | None = None,
        table: TablePlace | None = None,
    ) -> list[LineAlignment]:
        """Find the columns of each picture that its text's characters stand in, by the Viterbi algorithm.

        The most probable of all alignments of the text with the picture is taken (Graves et al. 2006). The encoder sees
        more of the picture than the columns of a position, so a span says where the model writes a character, and the
        ink that it recognises may begin before it and end behind it.

        Args:
            pictures: paths, bytes, arrays or Pillow's images.
            texts: a text for each picture; by default the one that :meth:`read` gives.
            beam: live hypotheses of reading; by default the recipe's.
            table: table that the pictures stand in, for errors.

        Raises:
            InputError: if a picture cannot be read, or a text cannot stand in its picture: it has more symbols than the
                picture has positions, or symbols that the vocabulary lacks.
            UnsupportedError: if the decoder of this reader aligns nothing; only ``ctc`` does.
        """
        require_alignments(self.model)
        pictures = list(items_of(pictures, PICTURES))
        given = None if texts is None else self.encoded(texts_of(texts), len(pictures))
        found: dict[int, LineAlignment] = {}
        for places, batch in picture_batches(self.source, pictures, table):
            ids = self.read_ids(batch, beam=beam) if given is None else [given[place] for place in places.tolist()]
            lines = line_alignments(self.model, self.target, batch, ids, (places + 1).tolist())
            found.update(zip(places.tolist(), lines, strict=True))
        return [found[place] for place in range(len(pictures))]

    def encoded(self, texts: Sequence[str], pictures: int) -> list[list[int]]:
        """The ids of the symbols of texts, normalised as in training, one text for each of ``pictures`` pictures.

        Raises:
            InputError: if their numbers differ.
        """
        if len(texts) != pictures:
            raise InputError(
                f"{len(texts):,} texts were given for {pictures:,} pictures", remedy="give one text for each picture."
            )
        cleaning = self.recipe.cleaning
        form, collapse = UNICODE_FORMS[cleaning.unicode_form], cleaning.collapse_white_space
        normalized = [normalize(text, form, collapse_white_space=collapse) for text in texts]
        return self.target.encode_batch(normalized, [_NOTHING] * len(normalized))

    def read_ids(
        self, pictures: Pictures, *, search: SearchMethod | None = None, beam: int | None = None
    ) -> list[list[int]]:
        """The ids of the symbols that are read in each picture of a batch, without end symbol; ``search`` and ``beam``
        are as for :meth:`read`."""
        request = search_request(self.recipe.search, search=search, beam=beam)
        return [hypothesis.tokens for hypothesis in self.search(pictures, request).best]

    def search(self, pictures: Pictures, request: SearchRequest) -> SearchResult:
        """The hypotheses for each picture of a batch."""
        return self.engine.search(pictures, request)

    def texts(self, hypotheses: Sequence[Hypothesis]) -> list[str]:
        """The text that each hypothesis is."""
        return self.target.decode_batch([hypothesis.tokens for hypothesis in hypotheses], [_NOTHING] * len(hypotheses))

    def read_prepared(
        self, pictures: Pictures, *, search: SearchMethod | None = None, beam: int | None = None
    ) -> list[str]:
        """Read the text of each picture of a batch; ``search`` and ``beam`` are as for :meth:`read`."""
        ids = self.read_ids(pictures, search=search, beam=beam)
        return self.target.decode_batch(ids, [_NOTHING] * pictures.layout.batch)


_NOTHING = Mask.of("", frozenset())
"""The mask of a text without placeholders."""

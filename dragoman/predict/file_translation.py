"""Translation of a text file of any size into another file, in chunks, so that it can be interrupted and resumed.

What is kept after a chunk determines the translation of the next: the place in the input with the hash of everything
before it, and the settings that translations depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from dragoman.data.line_chunks import START, LineChunk, Place, read_chunks
from dragoman.data.text_file import ByteStream
from dragoman.errors import DamagedFileError, OutputError
from dragoman.predict.output_form import OutputForm, written
from dragoman.predict.translation import ConcernCounts, Translation
from dragoman.storage.resumable_file import Kept, ResumableFile, forget, is_in_place, kept_of, progress_of

Translated = tuple[LineChunk, list[list[Translation]]]
"""A chunk with the translations of each of its lines, best first."""

Setting = str | int | float | None


@runtime_checkable
class Watch(Protocol):
    """Receives the progress of a translation."""

    def begin(self, place: Place) -> None:
        """The translation starts at ``place``."""
        ...

    def on_chunk(self, chunk: LineChunk, found: Sequence[Sequence[Translation]]) -> None:
        """The chunk's lines are translated and written."""
        ...


@dataclass(frozen=True, slots=True)
class FileTranslation:
    """Translates a file into a file.

    Attributes:
        output: the file to write.
        form: how translations are written.
        translate: function that translates chunks in order, each independently of the others.
        made_with: everything that the translations depend on beside the input: model, search, versions.
    """

    output: Path
    form: OutputForm
    translate: Callable[[Iterable[LineChunk]], Iterator[Translated]]
    made_with: Mapping[str, Setting]

    def run(self, stream: ByteStream, name: Path | str, watch: Watch, *, resume: bool) -> ConcernCounts:
        """Translate a stream into the file.

        Args:
            stream: stream of UTF-8 text, at its beginning.
            name: name of the input in messages.
            watch: receives every chunk when it is kept.
            resume: whether to continue an interrupted translation, if there is one.

        Returns:
            The counts of lines that should be checked, with those translated before an interruption.

        Raises:
            InputError: if a line cannot be read, or the translated part of the input has changed.
            DamagedFileError: if the files of the interrupted translation were altered.
            OutputError: if the interrupted translation was made with other settings, if ``resume`` finds a finished
                output, or if the output cannot be written; what was kept before stays.
        """
        kept = self._left() if resume else None
        place = START if kept is None else self._place(kept)
        concerns = ConcernCounts() if kept is None else self._concerns(kept)
        watch.begin(place)
        if kept is not None and is_in_place(self.output, kept):
            forget(self.output)
            return concerns
        with self._opened(kept) as file:
            if kept is None:
                file.append(self.form.heading.encode())
            for chunk, found in self.translate(read_chunks(stream, name, place)):
                assert chunk.end is not None, "chunks of a stream know their ends"
                file.append(written(self.form, chunk.first, found))
                place = chunk.end
                concerns.add(found)
                file.keep(self._facts(place, concerns))
                watch.on_chunk(chunk, found)
            file.finish(self._facts(place, concerns))
        return concerns

    def _left(self) -> Kept | None:
        kept = kept_of(self.output)
        if kept is None and self.output.exists():
            raise OutputError(
                "there is nothing to resume: it is there, and nothing unfinished lies beside it",
                file=self.output,
                cause="it is whole already.",
                remedy="leave --resume away to translate the input anew.",
            )
        return kept

    def _opened(self, kept: Kept | None) -> AbstractContextManager[ResumableFile]:
        return ResumableFile.begin(self.output) if kept is None else ResumableFile.resume(self.output, kept)

    def _facts(self, place: Place, concerns: ConcernCounts) -> dict[str, object]:
        return {
            "lines": place.line,
            "input_bytes": place.byte,
            "input_sha256": place.digest,
            "made_with": dict(self.made_with),
            "concerns": concerns.to_dict(),
        }

    def _concerns(self, kept: Kept) -> ConcernCounts:
        try:
            return ConcernCounts.from_dict(dict(kept.facts.get("concerns", {})))
        except (TypeError, ValueError) as error:
            raise self._altered(error) from error

    def _place(self, kept: Kept) -> Place:
        facts = kept.facts
        try:
            place = Place(int(facts["lines"]), int(facts["input_bytes"]), str(facts["input_sha256"]))
            before = dict(facts["made_with"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._altered(error) from error
        changed = [
            f"{name} was {before.get(name)} and is {self.made_with.get(name)}"
            for name in sorted({*before, *self.made_with})
            if before.get(name) != self.made_with.get(name)
        ]
        if changed:
            raise OutputError(
                f"its first {place.line:,} lines were translated otherwise: {'; '.join(changed)}",
                file=self.output,
                remedy=f"give the same model and options, or remove {progress_of(self.output)} to begin anew.",
            )
        return place

    def _altered(self, error: Exception) -> DamagedFileError:
        return DamagedFileError(
            f"it does not show what was translated: {error!r}",
            file=progress_of(self.output),
            cause="it was altered, or belongs to something else than a translation.",
            remedy="remove it to begin anew.",
        )

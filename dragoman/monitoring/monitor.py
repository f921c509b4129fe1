"""A model's inputs watched for drift, as a server calls it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from dragoman.data.seen import hashes
from dragoman.errors import InputError
from dragoman.fields.place import TablePlace
from dragoman.model.device import choose_device
from dragoman.model.folder import LoadedModel, load_model
from dragoman.monitoring.documents import MeasuredRow, OneOfEach
from dragoman.monitoring.log_inputs import log_inputs
from dragoman.monitoring.recent import Recent
from dragoman.monitoring.status import Status
from dragoman.monitoring.watch import Watch
from dragoman.predict.given import items_of
from dragoman.reference.file import load_reference
from dragoman.reference.measure import profile_of_inputs
from dragoman.reference.outputs.kinds import output_kind
from dragoman.reference.profile import Profile
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.given import check_model, given_path
from dragoman.storage.json import Json, JsonObject
from dragoman.storage.manifest import MANIFEST

_FEWEST, _FEW, _ENOUGH = 5, 200, 500


class Monitor(Shown):
    """Watches what a model is given for drift away from what it was trained on.

    Each input is measured as ``diagnose shift`` measures it, and every feature is tested after every row
    (:class:`~dragoman.shift.sequential.SequentialTest`); whatever it is asked and however long it runs, there is ever a
    false alarm with probability ``alpha`` at most. One thread at a time takes inputs: others wait.

    >>> monitor = Monitor("runs/demo/best", window=100)
    >>> status = monitor.observe(["a b c", "b c d"])
    >>> status.drift, status.rows
    (False, 2)

    Args:
        model: folder of the model.
        reference: inputs like those that the model was trained on, or their profile; by default what the model keeps.
        alpha: the probability of a false alarm, ever.
        window: rows of a window, after which sums are kept for the picture.
        documents: whether inputs come in documents, such as sessions, of each of which one input counts.
        copies: whether an input counts each time it comes; by default only once among the last 16,384 different ones if
            the model's training data were rid of duplicates, too.
        outputs: whether to measure what the model writes as well, which takes a greedy search for each input. Whatever
            needs no search is always measured.
        seed: seed of what is drawn.
        device: where the model computes: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        InputError: if there is no model, or no reference or too small a one, or a number makes no sense.
    """

    def __init__(
        self,
        model: Path | str,
        *,
        reference: Iterable[object] | Profile | None = None,
        alpha: float = 0.05,
        window: int = 1000,
        documents: bool = False,
        copies: bool | None = None,
        outputs: bool = False,
        seed: int = 1,
        device: str = "auto",
    ) -> None:
        _check_numbers(alpha, window)
        self.folder = given_path(model, "the folder of a model")
        check_model(self.folder)
        self.loaded = load_model(self.folder, choose_device(device))
        self.kind = log_inputs(self.loaded.source)
        self._outputs = outputs
        profile = _reference(self.folder, self.loaded, reference, outputs)
        if not outputs:
            searched = output_kind(self.loaded).searched
            profile = profile.of_features([name for name in profile.features if name not in searched])
        if documents:
            profile = _one_of_each(profile, seed)
        if len(profile) < _FEWEST:
            raise InputError(
                f"the reference has {len(profile):,} examples, and at least {_FEWEST} are needed",
                file=self.folder,
                remedy=f"give a larger one with reference=, on the command line --reference; {_ENOUGH} would do.",
            )
        cleaned = self.kind.has_copies and self.loaded.recipe.cleaning.drop_duplicates
        self.copies = not cleaned if copies is None else copies
        self._settings: JsonObject = {
            "model": _digest((self.folder / MANIFEST).read_bytes()),
            "reference": _digest(profile.values.tobytes() + repr(profile.features).encode()),
            "alpha": alpha,
            "window": window,
            "documents": documents,
            "copies": self.copies,
            "seed": seed,
        }
        self._watch = Watch.against(
            profile.values.astype(np.float64), profile.features, alpha=alpha, window=window, seed=seed
        )
        self._recent = Recent()
        self._documents = OneOfEach(window, seed) if documents else None
        self._examples = len(profile)
        self._read = self._repeated = 0
        self._lock = threading.RLock()

    def observe(
        self,
        inputs: Iterable[object],
        *,
        documents: Sequence[Hashable] | None = None,
        times: Sequence[str] | None = None,
        table: TablePlace | None = None,
    ) -> Status:
        """Take the next inputs: one, as a list, or many; what is found does not depend on how they are divided.

        Args:
            inputs: texts; pictures (paths, bytes, arrays, Pillow's images); or rows as mappings.
            documents: what names the document of each input, if the monitor was told that there are documents.
            times: what each input says of the time, for people.
            table: the log that the inputs stand in and their lines, for errors and for the lines in the status; by
                default inputs are counted.

        Raises:
            InputError: if an input cannot be read, or documents are missing or not expected.
        """
        given = list(items_of(inputs, "inputs"))
        if (documents is None) != (self._documents is None) or len(documents or given) != len(given):
            raise InputError(
                "each input needs the name of its document if, and only if, documents=True was given to the monitor",
                remedy="give documents=[…], one for each input, or begin a monitor without documents.",
            )
        with self._lock:
            place = table or TablePlace()
            known = place.lines is not None
            lines = list(place.lines or range(self._read + 1, self._read + len(given) + 1))
            self._read += len(given)
            kept = self._without_copies(given)
            if kept:
                of_kept = replace(place, lines=[lines[row] for row in kept]) if known else None
                values = self._measured([given[row] for row in kept], of_kept)
                self._take(values, kept, lines, times, documents)
            return self.status()

    def finish(self) -> Status:
        """No input comes any more: count those drawn of documents that may still have gone on."""
        with self._lock:
            if self._documents is not None:
                self._count(self._documents.finish())
            return self.status()

    def status(self) -> Status:
        """What was found by now."""
        with self._lock:
            return self._watch.status(self._remarks())

    def summary(self) -> Summary:
        """The finding, and the strongest features."""
        return self.status().summary()

    def to_dict(self) -> JsonObject:
        """The monitor for JSON, to be gone on with by :meth:`resume`."""
        with self._lock:
            return {
                "settings": self._settings,
                "watch": self._watch.to_dict(),
                "recent": self._recent.keys().tolist(),
                "documents": None if self._documents is None else self._documents.to_dict(),
                "read": self._read,
                "repeated": self._repeated,
            }

    def resume(self, saved: Mapping[str, Json]) -> None:
        """Go on from what :meth:`to_dict` gave, to the same bits as without a pause.

        Raises:
            InputError: if it was another model, another reference or with other settings.
        """
        for name, value in self._settings.items():
            if saved["settings"][name] != value:
                raise _other(name, saved["settings"][name], value)
        with self._lock:
            self._watch = Watch.from_dict(saved["watch"])
            self._recent = Recent(saved["recent"])
            if self._documents is not None:
                self._documents = OneOfEach.from_dict(saved["documents"], self._settings["window"])
            self._read, self._repeated = saved["read"], saved["repeated"]

    def _without_copies(self, given: list[object]) -> list[int]:
        if self.copies:
            return list(range(len(given)))
        keys = hashes(map(self.kind.key, given)).tolist()
        kept = [row for row, key in enumerate(keys) if not self._recent.meet(key)]
        self._repeated += len(given) - len(kept)
        return kept

    def _measured(self, inputs: list[object], place: TablePlace | None) -> Float64[np.ndarray, "n d"]:
        found = profile_of_inputs(self.loaded, inputs, table=place, texts=False, search=self._outputs, progress=False)
        values: Float64[np.ndarray, "n d"] = found.of_features(self._watch.names).values.astype(np.float64)
        return values

    def _take(
        self,
        values: Float64[np.ndarray, "n d"],
        kept: list[int],
        lines: list[int],
        times: Sequence[str] | None,
        documents: Sequence[Hashable] | None,
    ) -> None:
        rows = [
            MeasuredRow(of_row, lines[row], "" if times is None else times[row])
            for row, of_row in zip(kept, values, strict=True)
        ]
        if self._documents is not None and documents is not None:
            rows = self._documents.take(hashes(repr(documents[row]) for row in kept).tolist(), rows)
        self._count(rows)

    def _count(self, rows: Sequence[MeasuredRow]) -> None:
        if rows:
            values = np.array([row.values for row in rows], dtype=np.float64)
            lines = np.array([row.line for row in rows], dtype=np.int64)
            self._watch.observe(values, lines, [row.time for row in rows])

    def _remarks(self) -> list[str]:
        remarks = []
        if self._examples < _FEW:
            remarks.append(
                f"the reference has {self._examples:,} examples only: a shift that was there from the first row on may "
                "be missed; one that comes later is not"
            )
        if self._repeated:
            remarks.append(f"{self._repeated:,} of {self._read:,} inputs had come before, and were not counted again")
        if self._documents is not None:
            remarks.append("one row of each document was counted")
        return remarks


def _check_numbers(alpha: float, window: int) -> None:
    if not 0 < alpha <= 0.5:
        raise InputError(
            f"alpha is {alpha:g}, and it is a probability above 0 and up to 0.5", remedy="give 0.05 or so."
        )
    if not 1 <= window <= 10**9:
        raise InputError(f"a window of {window:,} rows", remedy="give 1000 or so.")


def _reference(folder: Path, loaded: LoadedModel, given: Iterable[object] | Profile | None, outputs: bool) -> Profile:
    if isinstance(given, Profile):
        return given
    if given is not None:
        return profile_of_inputs(loaded, given, texts=False, search=outputs)
    kept = load_reference(folder)
    if kept is None:
        raise InputError(
            "this model keeps no reference of what it was trained on",
            file=folder,
            cause="an earlier version of Dragoman wrote it, or its recipe turned the reference off.",
            remedy="give inputs like those of its training with reference=, on the command line --reference FILE.",
        )
    return kept


def _one_of_each(profile: Profile, seed: int) -> Profile:
    """One example of each document, if documents are known."""
    if profile.documents is None:
        return profile
    order = np.random.default_rng(seed).permutation(len(profile))
    _, first = np.unique(profile.documents[order], return_index=True)
    return profile.select(np.sort(order[first]))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _other(name: str, then: object, now: object) -> InputError:
    if name in ("model", "reference"):
        return InputError(
            f"the state is of another {name}",
            cause=f"the {name} was trained or written anew, or the state belongs to another monitor.",
            remedy="give another file for the state: a new test begins.",
        )
    return InputError(
        f"the state was begun with {name} {then}, and now it is {now}",
        remedy=f"give {name} {then} again, or another file for the state.",
    )

"""The contract of a kind of output: what is measured of what a model says of its inputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Memory, Packed
from dragoman.contracts.expect import expect
from dragoman.data.examples import Examples
from dragoman.errors import InputError
from dragoman.fields.place import Place
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.reference.features import Features
from dragoman.reference.inputs.read_inputs import ReadInputs
from dragoman.reference.profile import Classes
from dragoman.text.ragged import Ragged


@dataclass(frozen=True, slots=True)
class TrueOutputs:
    """The true outputs of n examples.

    Attributes:
        values: class of each example where labels are predicted, the number where numbers are, the length in characters
            where text is written; None of tags.
        texts: function from the numbers of some examples to their true texts, each ended by the end symbol; None where
            no text is written.
        tags: the tags of each example; None where no words are tagged.
    """

    values: Float[np.ndarray, " n"] | Int[np.ndarray, " n"] | None = None
    texts: Callable[[Int[np.ndarray, " B"]], Packed] | None = None
    tags: Ragged | None = None


@dataclass(frozen=True, slots=True)
class EncodedInputs:
    """Some inputs after the encoder has read them.

    Attributes:
        inputs: all inputs.
        rows: which of them these are.
        memory: the hidden states of these.
    """

    inputs: ReadInputs
    rows: Int[np.ndarray, " B"]
    memory: Memory


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says of some examples.

    Attributes:
        states: the mean of the hidden states of each example.
        features: features of the outputs.
        losses: loss of each example for a unit of its true output; None if it is not known.
        predictions: predicted number of each example, in the unit of the data; None where no numbers are predicted.
        probabilities: calibrated probability of each label; None where no labels are predicted.
    """

    states: Float[Tensor, "B D"]
    features: Features
    losses: Float[np.ndarray, " B"] | None = None
    predictions: Float[np.ndarray, " B"] | None = None
    probabilities: Float[np.ndarray, "B K"] | None = None


class OutputKind(ABC):
    """A kind of output.

    Attributes:
        true_outputs: plural name of its true outputs, for errors.
        has_corpora: whether the corpora that examples are from are classes whose frequencies may shift, as domains are.
        searched: names of the features that only a search finds, which takes longer than all else.
    """

    true_outputs: ClassVar[str]
    has_corpora: ClassVar[bool] = False
    searched: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def true_of_examples(self, loaded: LoadedModel, inputs: ReadInputs, examples: Examples) -> TrueOutputs:
        """The true outputs of a split of a dataset."""

    @abstractmethod
    def true_of_given(
        self, loaded: LoadedModel, inputs: ReadInputs, given: Sequence[object], places: Sequence[Place]
    ) -> TrueOutputs:
        """True outputs as a caller passes them, one for each input.

        Args:
            loaded: the model.
            inputs: the inputs.
            given: the outputs.
            places: where each output is from, for errors.

        Raises:
            InputError: if one cannot be used, such as a label that training has not seen.
        """

    def without_search(self) -> OutputKind:
        """The same kind without the features that :attr:`searched` names."""
        return self

    def true_of_inputs(self, loaded: LoadedModel, inputs: ReadInputs) -> TrueOutputs | None:
        """The true outputs that inputs hold by themselves; None, by default, if they hold none."""
        del loaded, inputs
        return None

    @abstractmethod
    def said(
        self, loaded: LoadedModel, inputs: ReadInputs, true: TrueOutputs | None, rows: Int[np.ndarray, " B"]
    ) -> Said:
        """What the model says of examples ``rows``, which go through it together, once.

        Args:
            loaded: the model, in evaluation mode.
            inputs: all inputs.
            true: their true outputs; None if they are not known.
            rows: the examples.
        """

    def classes(
        self,
        loaded: LoadedModel,
        true: TrueOutputs | None,
        probabilities: Float[np.ndarray, "n K"] | None,
        like: Mapping[str, Classes],
    ) -> dict[str, Classes]:
        """The classes of the examples whose frequencies may shift, by what they are classes of; by default none.

        Args:
            loaded: the model.
            true: the true outputs; None if they are not known.
            probabilities: the calibrated probability of each label, if labels are predicted.
            like: the classes of other examples, to which these shall be alike.
        """
        del loaded, true, probabilities, like
        return {}


class DecodedOutput(OutputKind):
    """An output that a decoder makes of an encoder's hidden states."""

    def said(
        self, loaded: LoadedModel, inputs: ReadInputs, true: TrueOutputs | None, rows: Int[np.ndarray, " B"]
    ) -> Said:
        """What the model says; its encoder reads the inputs once for all that is measured."""
        model = expect(loaded.model, EncoderDecoder)
        memory = model.encode(inputs.batch(rows).to(model.device))
        return self.decoded(loaded, EncodedInputs(inputs, rows, memory), true)

    @abstractmethod
    def decoded(self, loaded: LoadedModel, encoded: EncodedInputs, true: TrueOutputs | None) -> Said:
        """What the decoder makes of hidden states.

        Args:
            loaded: the model.
            encoded: some inputs after the encoder has read them.
            true: the true outputs of all inputs; None if they are not known.
        """


def check_count(inputs: int, outputs: int, what: str) -> None:
    """Check that there is a true output for each input.

    Raises:
        InputError: if there are more or fewer.
    """
    if inputs != outputs:
        raise InputError(
            f"{outputs:,} {what} were given for {inputs:,} inputs", remedy="give one for each input, in their order."
        )


def joined_said(parts: Sequence[Said], order: Int[np.ndarray, " n"]) -> Said:
    """What a model says of several batches as one, its examples brought into an order.

    Args:
        parts: what it says of each batch, one after the other.
        order: for each example, from the first on, its place among those of all batches.
    """
    return Said(
        torch.cat([part.states.float().cpu() for part in parts])[torch.from_numpy(order)],
        {name: np.concatenate([part.features[name] for part in parts])[order] for name in parts[0].features},
        _joined([part.losses for part in parts], order),
        _joined([part.predictions for part in parts], order),
        _joined([part.probabilities for part in parts], order),
    )


def _joined(parts: Sequence[np.ndarray | None], order: Int[np.ndarray, " n"]) -> np.ndarray | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known)[order] if known else None

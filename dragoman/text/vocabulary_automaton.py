"""The automaton over the symbols of a vocabulary whose outputs satisfy phrases, however they are cut into symbols."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from dragoman.contracts.constraints import NEVER
from dragoman.text.phrase_automaton import PhraseAutomaton
from dragoman.text.phrases import Phrases
from dragoman.text.spelling import Spelling
from dragoman.text.symbols_to_go import Edges, SymbolsToGo
from dragoman.text.utf8_bytes import PartialCharacters

_KEPT = 256


class _Kinds(NamedTuple):
    """Symbols that no state tells apart.

    Attributes:
        of: the kind of each symbol; the last one is that of symbols that are never written.
        after: state after a symbol of each kind, from every state.
        found: groups that are found in it.
    """

    of: Int[np.ndarray, " V"]
    after: Int[np.ndarray, "s K"]
    found: Int[np.ndarray, "s K"]


class _ByteSteps(NamedTuple):
    """Symbols of bytes that may follow, the bytes of a character that were read after each, and the class of the
    character that is whole then; −1 where none is."""

    symbols: Int[np.ndarray, " b"]
    partial: Int[np.ndarray, " b"]
    classes: Int[np.ndarray, " b"]


class VocabularyAutomaton:
    """An :class:`~dragoman.contracts.constraints.OutputAutomaton` that accepts the outputs whose text satisfies
    phrases.

    A state is a state of :class:`~dragoman.text.phrase_automaton.PhraseAutomaton`, the bytes of a character that is not
    whole yet, and the groups of phrases that were found. Texts are those that a tokenizer decodes: the symbols' texts
    one after the other, without one space at the beginning. Bytes that are no UTF-8 are never written.

    >>> from dragoman.text.vocabulary import Vocabulary
    >>> vocabulary = Vocabulary.of({"<p>": 0, "<u>": 1, "<s>": 2, "</s>": 3, " a": 4, "b": 5, " ab": 6, "c": 7})
    >>> automaton = VocabularyAutomaton(Spelling.of(vocabulary), Phrases(required=(("ab",),)))
    >>> automaton.least(automaton.start), automaton.least_after(automaton.start).tolist()[4:]
    (1, [1, 1, 0, 1])

    Args:
        spelling: how the vocabulary's symbols spell text.
        phrases: what the text must contain, must not contain and must begin with.
        forbidden: symbols that are never written, besides the special ones.
        truecased: whether the text's sentences will get capitals.
    """

    def __init__(
        self,
        spelling: Spelling,
        phrases: Phrases,
        *,
        forbidden: Collection[int] = (),
        truecased: bool = False,
    ) -> None:
        self._spelling = spelling
        self._characters = PhraseAutomaton(phrases, truecased=truecased)
        self._groups = len(phrases.required)
        self._never = np.zeros(len(spelling.vocabulary), dtype=bool)
        self._never[[*spelling.vocabulary.special.all, *forbidden]] = True
        self._nodes = self._characters.states
        self._partial = PartialCharacters(self._characters.own if (spelling.bytes >= 0).any() else None)
        self._size = self._nodes * self._partial.states
        self._kinds = self._symbol_kinds()
        self._of_bytes = self._byte_steps()
        self._to_go = self._symbols_to_go()
        self._rows: dict[int, Int[np.ndarray, " K"]] = {}

    @property
    def start(self) -> int:
        """The state before the first symbol."""
        return self._characters.start

    @property
    def is_exact(self) -> bool:
        """Whether :meth:`least` is the least number, and not only one that suffices, as it is for many phrases."""
        return self._to_go.is_exact

    def after(self, state: int, symbol: int) -> int:
        """The state after one more symbol; −1 where the phrases cannot be satisfied any more, and after −1."""
        if state < 0 or self._never[symbol]:
            return -1
        found, place = divmod(state, self._size)
        partial, node = divmod(place, self._nodes)
        if partial or self._spelling.bytes[symbol] >= 0:
            steps = self._of_bytes[partial]
            (at,) = np.flatnonzero(steps.symbols == symbol).tolist() or (None,)
            if at is None:
                return -1
            place, new = self._after_bytes(np.array([node]), steps)[0, at].tolist()
        else:
            kind = self._kinds.of[symbol]
            place, new = int(self._kinds.after[node, kind]), int(self._kinds.found[node, kind])
        found |= new
        return found * self._size + place if self._to_go.of(found)[place] < NEVER else -1

    def least(self, state: int) -> int:
        """The number of further symbols with which an output can satisfy the phrases: 0 where it may end, and
        :data:`~dragoman.contracts.constraints.NEVER` where it cannot any more."""
        if state < 0:
            return NEVER
        found, place = divmod(state, self._size)
        return int(self._to_go.of(found)[place])

    def least_after(self, state: int) -> Int[Tensor, " V"]:
        """:meth:`least` after each symbol of the vocabulary."""
        if state < 0:
            return torch.full((len(self._never),), NEVER, dtype=torch.int32)
        found, place = divmod(state, self._size)
        partial, node = divmod(place, self._nodes)
        if partial:
            values = np.full(len(self._never), NEVER, dtype=np.int32)
        else:
            if state not in self._rows:
                if len(self._rows) >= _KEPT:
                    self._rows.clear()
                self._rows[state] = self._to_go.after(found, self._kinds.after[node], self._kinds.found[node])
            values = self._rows[state][self._kinds.of]
        steps = self._of_bytes[partial]
        if len(steps.symbols):
            after = self._after_bytes(np.array([node]), steps)[0]
            values[steps.symbols] = self._to_go.after(found, after[:, 0], after[:, 1])
        return torch.from_numpy(values)

    def _symbol_kinds(self) -> _Kinds:
        """Read all symbols at once, character by character; those that lead every state to the same one, with the same
        groups found, are one kind."""
        codes, table = self._codes(), self._characters
        after, found = np.arange(self._nodes)[None], np.zeros((1, self._nodes), dtype=np.int64)
        number = {_key(after[0], found[0]): 0}
        of = np.zeros(len(codes), dtype=np.int64)
        classes = table.after.shape[1]
        for place in range(codes.shape[1]):
            rows = np.flatnonzero(codes[:, place] >= 0)
            pairs = of[rows] * classes + codes[rows, place]
            met = np.zeros(len(after) * classes, dtype=np.int64)
            met[pairs] = 1
            before, one = np.divmod(np.flatnonzero(met), classes)
            new_after = table.after[after[before], one[:, None]]
            new_found = found[before] | table.found[after[before], one[:, None]]
            kinds = [number.setdefault(_key(*row), len(number)) for row in zip(new_after, new_found, strict=True)]
            met[met > 0] = kinds
            of[rows] = met[pairs]
            first = np.array([kinds.index(kind) for kind in range(len(after), len(number))], dtype=np.int64)
            after, found = np.concatenate([after, new_after[first]]), np.concatenate([found, new_found[first]])
        no_text = self._never | (self._spelling.bytes >= 0)
        # Beginnings of symbols that are no whole symbol lead nowhere.
        whole, of[~no_text] = np.unique(of[~no_text], return_inverse=True)
        after, found = after[whole], found[whole]
        of[no_text] = len(after)
        dead = after == self._nodes
        found[dead] = 0
        after[dead] = self._size
        never = np.full((1, self._nodes), self._size)
        return _Kinds(
            of, np.concatenate([after, never]).T.copy(), np.concatenate([found, np.zeros_like(never)]).T.copy()
        )

    def _codes(self) -> Int[np.ndarray, "V L"]:
        """The class of each character of each symbol, and −1 behind the last one."""
        characters, spelling = self._characters, self._spelling
        classes = np.where(spelling.in_word, characters.in_word, np.array(characters.kinds)[spelling.categories])
        for symbol, one in characters.own.items():
            if symbol in spelling.characters:
                classes[spelling.characters[symbol]] = one
        return np.append(classes, -1)[spelling.places]

    def _byte_steps(self) -> list[_ByteSteps]:
        """What follows each symbol of a byte, for every number of bytes that were read of a character."""
        table, partial = self._characters, self._partial
        steps = []
        for state in range(partial.states):
            symbols, after, classes = [], [], []
            for symbol in np.flatnonzero((self._spelling.bytes >= 0) & ~self._never).tolist():
                read = state, int(self._spelling.bytes[symbol])
                character = partial.whole.get(read)
                if read in partial.partial or character is not None:
                    symbols.append(symbol)
                    after.append(partial.partial.get(read, 0))
                    classes.append(-1 if character is None else table.own.get(character, table.unknown))
            steps.append(_ByteSteps(*(np.array(values, dtype=np.int64) for values in (symbols, after, classes))))
        return steps

    def _after_bytes(self, nodes: Int[np.ndarray, " n"], steps: _ByteSteps) -> Int[np.ndarray, "n b 2"]:
        """The state after each of the symbols of bytes, and the groups that are found with it."""
        table, whole = self._characters, steps.classes >= 0
        after = table.after[nodes[:, None], steps.classes]
        after = np.where(after < self._nodes, after, self._size)
        found = np.where(whole, table.found[nodes[:, None], steps.classes], 0)
        return np.stack([np.where(whole, after, steps.partial * self._nodes + nodes[:, None]), found], 2)

    def _symbols_to_go(self) -> SymbolsToGo:
        kinds, nodes = self._kinds, np.arange(self._nodes)
        rows = np.repeat(nodes, kinds.after.shape[1])
        parts = [np.stack([rows, kinds.after.ravel(), kinds.found.ravel()], 1)]
        for state, steps in enumerate(self._of_bytes):
            pairs = steps.partial * (len(self._characters.after[0]) + 1) + steps.classes
            _, first = np.unique(pairs, return_index=True)
            following = self._after_bytes(nodes, _ByteSteps(*(values[first] for values in steps))).reshape(-1, 2)
            rows = np.repeat(state * self._nodes + nodes, len(first))
            parts.append(np.concatenate([rows[:, None], following], 1))
        steps_ = np.concatenate(parts)
        edges = Edges.of(steps_[steps_[:, 1] < self._size], self._size, self._groups)
        rest = self._size - self._nodes
        may_end = np.pad(self._characters.may_end, (0, rest))
        return SymbolsToGo(edges, may_end, np.pad(self._characters.found_at_end, (0, rest)), self._groups)


def _key(after: Int[np.ndarray, " s"], found: Int[np.ndarray, " s"]) -> tuple[bytes, bytes]:
    return after.tobytes(), found.tobytes()

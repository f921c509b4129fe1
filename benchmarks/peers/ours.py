"""How Dragoman is set. ``changes`` are laid over a preset; what they do not say is the preset's. It neither validates
nor saves while it is measured, as the others don't."""

from __future__ import annotations

from typing import Any

from peers.peer import Peer

BATCH_TOKENS = 4096
"""Target tokens in a batch, at most in ours and on average in the others."""

_NEVER = 1_000_000
_TRAINING = {"validate_every": _NEVER, "checkpoint_every": _NEVER}


def _setting(preset: str, model: dict[str, Any], **training: Any) -> dict[str, Any]:
    return {"preset": preset, "changes": {"model": model, "training": {**_TRAINING, **training}}}


OURS = Peer(
    name="dragoman",
    driver="dragoman_driver.py",
    requirements=(),
    architectures={
        "transformer": _setting("tiny", {}),
        # Widths at which the output layer is as wide as the others'.
        "recurrent": _setting("recurrent", {"encoder": {"embedding_width": 256}, "decoder": {"embedding_width": 256}}),
        "convolution": _setting("convolution", {}),
        "language-model": _setting(
            "tiny",
            {"encoder": {"kind": "none"}, "decoder": {"kind": "transformer", "dropout": 0.3}},
            batch={"partition": "lines"},
        ),
    },
)

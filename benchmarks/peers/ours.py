"""How Dragoman is set. ``changes`` are laid over a preset; what they do not say is the preset's."""

from __future__ import annotations

from peers.peer import Peer

BATCH_TOKENS = 4096
"""Target tokens in a batch, at most in ours and on average in the others."""

OURS = Peer(
    name="dragoman",
    driver="dragoman_driver.py",
    requirements=(),
    architectures={
        "transformer": {"preset": "tiny", "changes": {}},
        "recurrent": {
            "preset": "recurrent",
            "changes": {"model": {"encoder": {"embedding_width": 256}, "decoder": {"embedding_width": 256}}},
        },
        "convolution": {"preset": "convolution", "changes": {}},
        "language-model": {
            "preset": "tiny",
            "changes": {
                "model": {"encoder": {"kind": "none"}, "decoder": {"kind": "transformer", "dropout": 0.3}},
                "training": {"batch": {"partition": "lines"}},
            },
        },
    },
)

"""How Joey NMT is set: the same models as ours."""

from __future__ import annotations

from typing import Any

from peers.peer import Peer

_TRAINING: dict[str, Any] = {
    "batch_type": "token",
    "batch_size": 10_000,
    "normalization": "tokens",
    "optimizer": "adam",
    "adam_betas": [0.9, 0.98],
    "learning_rate": 5e-3,
    "scheduling": "warmupinversesquareroot",
    "learning_rate_warmup": 500,
    "learning_rate_min": 1e-9,
    "clip_grad_norm": 1.0,
    "label_smoothing": 0.1,
}
_TIED = {"tied_embeddings": True, "tied_softmax": True}


def _transformer() -> dict[str, Any]:
    stack = {
        "type": "transformer",
        "num_layers": 4,
        "num_heads": 4,
        "embeddings": {"embedding_dim": 128, "scale": True, "dropout": 0.3},
        "hidden_size": 128,
        "ff_size": 256,
        "dropout": 0.3,
        "layer_norm": "pre",
    }
    return {**_TIED, "initializer": "xavier_uniform", "encoder": stack, "decoder": stack}


def _recurrent() -> dict[str, Any]:
    both = {
        "type": "recurrent",
        "rnn_type": "lstm",
        "num_layers": 2,
        "embeddings": {"embedding_dim": 256, "scale": False, "dropout": 0.3},
        "dropout": 0.3,
    }
    encoder = {**both, "hidden_size": 128, "bidirectional": True}
    decoder = {
        **both,
        "hidden_size": 256,
        "hidden_dropout": 0.3,
        "attention": "bahdanau",
        "init_hidden": "bridge",
        "input_feeding": False,
    }
    return {**_TIED, "encoder": encoder, "decoder": decoder}


JOEY_NMT = Peer(
    name="joey",
    driver="joey_nmt_driver.py",
    # importlib_metadata is imported and missing from its requirements.
    requirements=("joeynmt==2.3.0", "importlib_metadata"),
    architectures={
        "transformer": {"model": _transformer(), "training": _TRAINING},
        "recurrent": {"model": _recurrent(), "training": _TRAINING},
    },
    notes=(
        "counts a batch with padding and does not sort by length, so 10,000 are about 4,096 target tokens",
        "float32: it turns lower precision off on a processor",
        "has dropout on attention weights and inside the feed-forward network at the same rate; there is no setting",
    ),
)

"""How Eole is set: the same models as ours, its fastest settings on a processor."""

from __future__ import annotations

from typing import Any

from peers.peer import Peer

_TRAINING: dict[str, Any] = {
    "batch_type": "tokens",
    # Counted with padding and by the longer side: about 4,096 target tokens.
    "batch_size": 5100,
    "batch_size_multiple": 1,
    # One pass over the corpus: of a larger bucket Eole drops the repetitions that fall into one batch.
    "bucket_size": 29_000,
    "num_workers": 0,
    "prefetch_factor": 1,
    "normalization": "tokens",
    "optim": "adam",
    "adam_beta2": 0.98,
    "adam_eps": 1e-9,
    "learning_rate": 5e-3,
    "decay_method": "cosine",
    "warmup_steps": 500,
    "train_steps": 3800,
    "max_grad_norm": 1.0,
    "label_smoothing": 0.1,
    "param_init_method": "xavier_uniform",
    "dropout": [0.3],
    "attention_dropout": [0.0],
    "dropout_steps": [0],
    "average_decay": 0.0,
    "log_attention_entropy": False,
    "compute_dtype": "bf16",
}
_TRANSFORMER: dict[str, Any] = {
    "layers": 4,
    "hidden_size": 128,
    "transformer_ff": 256,
    "heads": 4,
    "add_qkvbias": True,
    "add_ffnbias": True,
    # Said outright: by default the encoder is trained without, and loaded with one that was never set.
    "add_final_linear_bias": True,
    "embeddings": {
        "word_vec_size": 128,
        "position_encoding": True,
        "position_encoding_type": "SinusoidalInterleaved",
    },
    "share_decoder_embeddings": True,
}
_RECURRENT: dict[str, Any] = {
    "architecture": "custom",
    "hidden_size": 256,
    "encoder": {"encoder_type": "brnn", "rnn_type": "LSTM", "layers": 2},
    "decoder": {"decoder_type": "rnn", "rnn_type": "LSTM", "layers": 2, "global_attention": "mlp"},
    "embeddings": {"word_vec_size": 256},
    "input_feed": 0,
    "share_embeddings": True,
    "share_decoder_embeddings": True,
}
_CONVOLUTION: dict[str, Any] = {
    "architecture": "cnn",
    "layers": 6,
    "hidden_size": 128,
    "cnn_kernel_width": 3,
    "embeddings": {"word_vec_size": 128, "position_encoding": True},
    "share_embeddings": True,
    "share_decoder_embeddings": True,
}


def _setting(model: dict[str, Any], *, pairs: bool = True, **training: Any) -> dict[str, Any]:
    return {"pairs": pairs, "model": model, "training": {**_TRAINING, **training}}


EOLE = Peer(
    name="eole",
    driver="eole_driver.py",
    # aiohttp is imported by its command line and missing from its requirements.
    requirements=("eole==0.6.4", "aiohttp"),
    architectures={
        "transformer": _setting({"architecture": "transformer", **_TRANSFORMER, "share_embeddings": True}),
        "recurrent": _setting(_RECURRENT),
        "convolution": _setting(_CONVOLUTION),
        "language-model": _setting({"architecture": "transformer_lm", **_TRANSFORMER}, pairs=False, batch_size=4150),
    },
    notes=(
        "counts a batch with padding and by its longer side, so its batch of 5,100 holds about 4,096 target tokens",
        "bfloat16 autocast, which was faster than float32 with every architecture",
        "convolution: convolutional encoder and decoder (Gehring et al. 2017); ours has an LSTM decoder",
    ),
)

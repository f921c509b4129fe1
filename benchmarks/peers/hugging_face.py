"""How Hugging Face Transformers is set: Marian as translator and GPT-2 as language model, of our sizes."""

from __future__ import annotations

from typing import Any

from peers.peer import Peer

_TRAINING: dict[str, Any] = {
    "max_steps": 3800,
    "learning_rate": 5e-3,
    "adam_beta2": 0.98,
    "adam_epsilon": 1e-9,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 500,
    "max_grad_norm": 1.0,
    "label_smoothing_factor": 0.1,
    "optim": "adamw_torch_fused",
    "logging_strategy": "no",
    "bf16": True,
}
_MARIAN: dict[str, Any] = {
    "vocab_size": 10_000,
    "encoder_layers": 4,
    "decoder_layers": 4,
    "d_model": 128,
    "encoder_ffn_dim": 256,
    "decoder_ffn_dim": 256,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "activation_function": "relu",
    "dropout": 0.3,
    "scale_embedding": True,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "decoder_start_token_id": 2,
    "eos_token_id": 3,
    "forced_eos_token_id": None,
}
_GPT2: dict[str, Any] = {
    "vocab_size": 10_000,
    "n_positions": 512,
    "n_embd": 128,
    "n_layer": 4,
    "n_head": 4,
    "n_inner": 256,
    "activation_function": "relu",
    "resid_pdrop": 0.3,
    "embd_pdrop": 0.3,
    "attn_pdrop": 0.0,
    "bos_token_id": 2,
    "eos_token_id": 3,
}


def _setting(name: str, config: str, model: dict[str, Any], *, pairs: bool) -> dict[str, Any]:
    return {
        "class": name,
        "config": config,
        "model": model,
        "pairs": pairs,
        "attention": "eager",
        "training": _TRAINING,
    }


HUGGING_FACE = Peer(
    name="hf",
    driver="hugging_face_driver.py",
    requirements=("transformers==5.24.0", "accelerate", "sentencepiece"),
    architectures={
        "transformer": _setting("MarianMTModel", "MarianConfig", _MARIAN, pairs=True),
        "language-model": _setting("GPT2LMHeadModel", "GPT2Config", _GPT2, pairs=False),
    },
    notes=(
        "is given batches by tokens and of similar length; its Trainer knows batches by sentences only",
        "bfloat16 autocast and eager attention, which were faster than float32 and than fused attention",
        "post-norm: Marian has no other",
    ),
)

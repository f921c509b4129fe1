"""A Transformer that Dragoman trained, as a checkpoint of Joey NMT, so that both write the same and only speed differs.

    python benchmarks/peers/joey_weights.py MODEL FOLDER

MODEL is of the preset ``tiny``, trained on the data of ``training_throughput.py``; FOLDER gets ``dragoman.ckpt``, which
``translation_speed.py --peer joey=FOLDER`` reads. Training the same model in Joey NMT takes it hours on one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from dragoman.layers.transformer.positional_encoding import SinusoidalPositions
from dragoman.model.folder import load_model
from dragoman.recipe.transformer import TransformerRecipe

POSITIONS = 5000
"""Joey NMT keeps encodings of so many among its weights."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    loaded = load_model(arguments.model)
    encoder, decoder = loaded.recipe.model.encoder, loaded.recipe.model.decoder
    if not (isinstance(encoder, TransformerRecipe) and isinstance(decoder, TransformerRecipe)):
        parser.error(f"{arguments.model} is no Transformer: {loaded.recipe.model.phrase}")
    if encoder.layers != decoder.layers or loaded.recipe.model.tie != "all":
        parser.error(f"{arguments.model} is not as deep on both sides with one embedding, as the preset `tiny` is")
    weights = {name: weight.detach() for name, weight in loaded.model.state_dict().items()}
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rest = dict.fromkeys(("optimizer_state", "scaler_state", "scheduler_state", "train_iter_state", "stats_state"))
    torch.save({"model_state": renamed(weights, encoder.layers), **rest}, arguments.folder / "dragoman.ckpt")


def renamed(ours: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    """The weights by Joey NMT's names, of as many layers on either side."""
    embedding = ours["encoder.embedding.embedding.weight"]
    width = embedding.shape[1]
    positions = SinusoidalPositions(width)(torch.arange(POSITIONS), embedding)[None]
    theirs = {
        "src_embed.lut.weight": embedding,
        "trg_embed.lut.weight": embedding,
        "decoder.output_layer.weight": embedding,
        "encoder.pe.pe": positions,
        "decoder.pe.pe": positions,
    }
    for side in ("encoder", "decoder"):
        norm(ours, f"{side}.norm", theirs, f"{side}.layer_norm")
    for place in range(layers):
        block, layer = f"encoder.blocks.{place}", f"encoder.layers.{place}"
        norm(ours, f"{block}.around_attention.norm", theirs, f"{layer}.layer_norm")
        attention(ours, f"{block}.attention", theirs, f"{layer}.src_src_att", {"inputs": "qkv"})
        feed_forward(ours, block, theirs, layer)
        block, layer = f"decoder.blocks.{place}", f"decoder.layers.{place}"
        norm(ours, f"{block}.around_self_attention.norm", theirs, f"{layer}.x_layer_norm")
        norm(ours, f"{block}.around_cross_attention.norm", theirs, f"{layer}.dec_layer_norm")
        attention(ours, f"{block}.self_attention", theirs, f"{layer}.trg_trg_att", {"inputs": "qkv"})
        parts = {"queries": "q", "memory_inputs": "kv"}
        attention(ours, f"{block}.cross_attention", theirs, f"{layer}.src_trg_att", parts)
        feed_forward(ours, block, theirs, layer)
    return {name: weight.clone() for name, weight in theirs.items()}


def norm(ours: dict[str, Tensor], own: str, theirs: dict[str, Tensor], name: str) -> None:
    theirs[f"{name}.weight"], theirs[f"{name}.bias"] = ours[f"{own}.gain"], ours[f"{own}.bias"]


def attention(ours: dict[str, Tensor], own: str, theirs: dict[str, Tensor], name: str, parts: dict[str, str]) -> None:
    for kind in ("weight", "bias"):
        theirs[f"{name}.output_layer.{kind}"] = ours[f"{own}.output.{kind}"]
        for joined, letters in parts.items():
            for letter, part in zip(letters, ours[f"{own}.{joined}.{kind}"].chunk(len(letters)), strict=True):
                theirs[f"{name}.{letter}_layer.{kind}"] = part


def feed_forward(ours: dict[str, Tensor], own: str, theirs: dict[str, Tensor], name: str) -> None:
    norm(ours, f"{own}.around_feed_forward.norm", theirs, f"{name}.feed_forward.layer_norm")
    for number, place in ((1, 0), (2, 3)):
        layer = f"{name}.feed_forward.pwff_layer.{place}"
        theirs[f"{layer}.weight"] = ours[f"{own}.feed_forward.weight_{number}"]
        theirs[f"{layer}.bias"] = ours[f"{own}.feed_forward.bias_{number}"]


if __name__ == "__main__":
    main()

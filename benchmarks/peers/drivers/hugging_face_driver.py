"""Trains by the Trainer of Hugging Face Transformers and translates by ``generate``. See ``recorder.py``.

The Trainer batches by sentences; here it is given batches by target tokens, of similar length, as the others have,
which is faster. Ids are those of the dataset, whose special symbols are 0 to 3.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from recorder import Recorder, answer, read_request
from torch import Tensor
from transformers import Trainer, TrainerCallback, TrainingArguments

PACKAGES = ("transformers", "torch", "accelerate", "numpy")
PADDING, START, END = 0, 2, 3
IGNORED = -100


class Rows(torch.utils.data.Dataset[dict[str, list[int]]]):
    """Pairs as ids; a language model reads the target alone."""

    def __init__(self, folder: Path, split: str, *, pairs: bool) -> None:
        self.targets = read_ids(folder / f"{split}.target")
        self.sources = read_ids(folder / f"{split}.source") if pairs else None

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> dict[str, list[int]]:
        if self.sources is None:
            return {"input_ids": [START, *self.targets[index]]}
        return {"input_ids": self.sources[index], "labels": self.targets[index]}


def read_ids(path: Path) -> list[list[int]]:
    """Each row ends with the end symbol."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [[int(token[1:]) for token in line.split()] + [END] for line in lines]


def padded(rows: list[list[int]], value: int) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows])


def collate(rows: list[dict[str, list[int]]]) -> dict[str, Tensor]:
    """Decoder inputs are given, since the Trainer takes labels away when it smooths them itself."""
    inputs = padded([row["input_ids"] for row in rows], PADDING)
    batch = {"input_ids": inputs, "attention_mask": inputs.ne(PADDING).long()}
    if "labels" in rows[0]:
        batch["labels"] = padded([row["labels"] for row in rows], IGNORED)
        batch["decoder_input_ids"] = padded([[START, *row["labels"][:-1]] for row in rows], PADDING)
    else:
        batch["labels"] = inputs.masked_fill(inputs.eq(PADDING), IGNORED)
    return batch


class TokenBatches(torch.utils.data.Sampler[list[int]]):
    """All rows in batches of similar length and at most so many target tokens with padding, in random order.

    Args:
        rows: what is batched.
        tokens: in a batch.
        seed: of the order; every pass has another.
    """

    def __init__(self, rows: Rows, tokens: int, seed: int) -> None:
        self._rows, self._tokens = rows, tokens
        self._random = random.Random(seed)
        self.batches = self._cut()

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        self.batches = self._cut()
        return iter(self.batches)

    def _cut(self) -> list[list[int]]:
        targets, sources = self._rows.targets, self._rows.sources or self._rows.targets
        order = list(range(len(targets)))
        self._random.shuffle(order)
        order.sort(key=lambda index: (len(targets[index]), len(sources[index])))
        batches: list[list[int]] = [[]]
        for index in order:
            if (len(batches[-1]) + 1) * len(targets[index]) > self._tokens and batches[-1]:
                batches.append([])
            batches[-1].append(index)
        self._random.shuffle(batches)
        return batches


class RecordedTrainer(Trainer):  # type: ignore[misc]
    """Notes the real target tokens of a batch; a language model does not predict its first symbol."""

    batch_tokens = 0
    tokens = 0
    loss = 0.0

    def get_train_dataloader(self) -> Any:
        """Batches by tokens."""
        sampler = TokenBatches(self.train_dataset, self.batch_tokens, self.args.seed)
        loader = torch.utils.data.DataLoader(self.train_dataset, batch_sampler=sampler, collate_fn=self.data_collator)
        return self.accelerator.prepare(loader)

    def training_step(self, model: Any, inputs: dict[str, Any], *arguments: Any, **options: Any) -> Tensor:
        """One forward and backward pass."""
        labels = inputs["labels"]
        predicted = labels if "decoder_input_ids" in inputs else labels[:, 1:]
        self.tokens = int(predicted.ne(IGNORED).sum())
        loss: Tensor = super().training_step(model, inputs, *arguments, **options)
        self.loss = float(loss)
        return loss


class Watch(TrainerCallback):  # type: ignore[misc]
    """Hands each update to the recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.trainer: RecordedTrainer

    def on_step_begin(self, *arguments: Any, **options: Any) -> None:
        """The clock runs from the first."""
        self.recorder.start()

    def on_step_end(self, args: Any, state: Any, control: Any, **options: Any) -> None:
        """One mark."""
        trainer = self.trainer
        over = self.recorder.update(trainer.tokens, trainer.loss, trainer.model.save_pretrained)
        control.should_training_stop = over


def main() -> None:
    request = read_request()
    torch.set_num_threads(request["threads"])
    {"train": train, "translate": translate}[request["task"]](request)


def train(request: dict[str, Any]) -> None:
    torch.manual_seed(request.get("seed", 1))
    settings, output = request["settings"], Path(request["output"])
    rows = Rows(Path(request["data"]) / "tokens", "train", pairs=settings["pairs"])
    config = getattr(transformers, settings["config"])(**settings["model"])
    model = getattr(transformers, settings["class"])._from_config(config, attn_implementation=settings["attention"])
    arguments = TrainingArguments(
        output_dir=str(output),
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        remove_unused_columns=False,
        seed=request.get("seed", 1),
        **settings["training"],
    )
    watch = Watch(Recorder(request, output / "snapshots"))
    watch.trainer = RecordedTrainer(
        model=model, args=arguments, train_dataset=rows, data_collator=collate, callbacks=[watch]
    )
    watch.trainer.batch_tokens = request["batch_tokens"]
    watch.trainer.train()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    answer({"marks": watch.recorder.marks, "parameters": parameters}, PACKAGES)


def translate(request: dict[str, Any]) -> None:
    """In batches of 64, sorted by length."""
    sources = Rows(Path(request["data"]) / "tokens", "test", pairs=True).sources or []
    model = transformers.MarianMTModel.from_pretrained(request["model"]).eval()

    def run(rows: list[list[int]]) -> list[list[int]]:
        found: dict[int, list[int]] = {}
        order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
        for begin in range(0, len(order), 64):
            chosen = order[begin : begin + 64]
            inputs = padded([rows[index] for index in chosen], PADDING)
            outputs = model.generate(
                input_ids=inputs,
                attention_mask=inputs.ne(PADDING).long(),
                num_beams=request["beam"],
                do_sample=False,
                max_new_tokens=200,
            )
            found.update(zip(chosen, outputs.tolist(), strict=True))
        return [found[index] for index in range(len(rows))]

    with torch.inference_mode():
        run(sources[:100])
        began = time.perf_counter()
        rows = run(sources)
    seconds = time.perf_counter() - began
    texts = [" ".join(f"t{id}" for id in row if id > END) for row in rows]
    answer({"seconds": seconds, "tokens": texts}, PACKAGES)


if __name__ == "__main__":
    main()

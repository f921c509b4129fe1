"""How the weights are found."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dragoman.recipe.section import Section


class BatchRecipe(Section):
    """Mini-batches of similar length under a budget of tokens."""

    tokens: int = Field(default=4096, ge=1, le=100_000_000)
    """Target tokens in one mini-batch, at most; of labels and numbers, examples."""
    accumulation: int = Field(default=1, ge=1, le=100_000)
    """Mini-batches whose gradients are summed before each update."""
    partition: Literal["lines", "sequential", "random"] = "lines"
    """For a language model: each line by itself; or one running text in as many strands as fit, whose windows follow
    each other, so that a recurrent state is carried on; or its windows in random order, each begun anew."""
    window: int = Field(default=64, ge=2, le=1_000_000)
    """For a language model on running text: tokens of a window, where back-propagation is truncated."""
    pool: int = Field(default=50, ge=1, le=1_000_000)
    """Mini-batches' worth of shuffled examples sorted by length together: larger is more even, smaller more random."""


class OptimizerRecipe(Section):
    """AdamW for all weights, or Muon for the matrices of hidden layers and AdamW for the rest."""

    kind: Literal["adamw", "muon"] = "adamw"
    """``adamw`` is Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019). ``muon`` gives every
    direction of a hidden layer's change the same size (Jordan et al. 2024); symbols, output, biases and gains stay with
    AdamW."""
    learning_rate: float = Field(default=2e-3, gt=0)
    """Peak learning rate of AdamW."""
    hidden_factor: float = Field(default=4.0, gt=0)
    """Learning rate of Muon, as a multiple of that of AdamW."""
    momentum: float = Field(default=0.95, ge=0, lt=1)
    """Decay of Muon's running mean of the gradient."""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """Decay of the running mean of the gradient."""
    beta2: float = Field(default=0.98, ge=0, lt=1)
    """Decay of the running mean of its square."""
    epsilon: float = Field(default=1e-9, gt=0, le=1)
    """Added to the denominator."""
    weight_decay: float = Field(default=0.0, ge=0, le=100)
    """Strength λ. Matrices decay; biases, gains and other vectors do not."""
    decay: Literal["decoupled", "l2"] = "decoupled"
    """``decoupled`` shrinks the weights beside the Adam step (AdamW); ``l2`` adds λ/2·‖w‖² to the loss."""
    clip_norm: float = Field(default=1.0, ge=0)
    """Largest norm of the whole gradient; 0 turns clipping off."""

    @model_validator(mode="after")
    def _decay_is_decoupled(self) -> OptimizerRecipe:
        if self.kind == "muon" and self.decay == "l2" and self.weight_decay:
            raise ValueError(
                "a penalty in the loss (optimizer.decay = 'l2') loses its size where muon makes all directions of a "
                "change equal; let the weights decay beside it: --set training.optimizer.decay=decoupled"
            )
        return self


class ScheduleRecipe(Section):
    """The learning rate over the updates."""

    kind: Literal["inverse_square_root", "cosine", "constant"] = "inverse_square_root"
    """What follows the warm-up."""
    warmup: int = Field(default=1000, ge=0)
    """Updates of linear warm-up; a tenth of all where fewer updates are asked for than the recipe was written for."""


class EarlyStoppingRecipe(Section):
    """When to stop for lack of progress, and which weights are best."""

    metric: Literal["loss", "chrf", "bleu", "cer", "wer", "accuracy", "macro_f1", "span_f1", "rmse", "mae"] = "loss"
    """What is watched on the validation set; ``loss`` is what training makes small, without label smoothing: of text
    cross-entropy per token. ``chrf`` and ``bleu`` are for translators, ``cer`` and ``wer`` for readers of pictures,
    ``accuracy`` and ``macro_f1`` for labels, ``rmse`` and ``mae`` for numbers, ``accuracy`` and ``span_f1`` for
    tags."""
    patience: int = Field(default=10, ge=1)
    """Validations without a new best before training stops."""


class GuidedAlignmentRecipe(Section):
    """Attention to the source that learns to align words, beside what it learns from translating (Chen et al. 2016;
    Garg et al. 2019): the cross-entropy between its weights and the links that IBM Model 1 finds in the training set is
    added to the loss."""

    weight: float = Field(default=0.0, ge=0, le=1000)
    """Factor λ of the added loss; 0 turns it off. 0.1 is usual."""
    layer: int | None = Field(default=None, ge=1)
    """The decoder's layer that is guided, from 1; by default the last but one, or the only one."""
    heads: int = Field(default=1, ge=1)
    """Heads of that layer that are guided, the first ones; the others stay free."""

    def guided_layer(self, layers: int) -> int:
        """The number of the guided layer, from 1, in a decoder that has so many."""
        return max(layers - 1, 1) if self.layer is None else self.layer

    def phrase(self, layers: int) -> str | None:
        """The guided attention of a decoder in a few words; None where none is guided.

        >>> GuidedAlignmentRecipe(weight=0.1).phrase(layers=3)
        'head 1 of decoder layer 2, by the links of IBM Model 1, with weight 0.1'
        """
        if not self.weight:
            return None
        heads = "head 1" if self.heads == 1 else f"heads 1 to {self.heads}"
        layer = self.guided_layer(layers)
        return f"{heads} of decoder layer {layer}, by the links of IBM Model 1, with weight {self.weight:g}"


class StabilityRecipe(Section):
    """What watches over a run, and how often."""

    look_every: int = Field(default=50, ge=0)
    """Updates between two looks at activations, dead and saturated units, attention scores and gradients through time;
    0 turns them off. They change nothing of what is learnt."""


class TrainingRecipe(Section):
    """The training loop."""

    updates: int = Field(default=10_000, ge=1)
    """Updates at most; the cosine schedule ends here."""
    tokens: int | None = Field(default=None, ge=1)
    """Target tokens to train on. They take the place of ``updates``, of which there are as many as that takes; the run
    is then validated and saved after every tenth of them."""
    minutes: float | None = Field(default=None, gt=0)
    """Wall-clock limit. A run stopped by the clock is not reproducible bit for bit."""
    batch: BatchRecipe = BatchRecipe()
    """Mini-batches."""
    optimizer: OptimizerRecipe = OptimizerRecipe()
    """The update rule."""
    schedule: ScheduleRecipe = ScheduleRecipe()
    """The learning rate over time."""
    early_stopping: EarlyStoppingRecipe = EarlyStoppingRecipe()
    """When to stop, and which weights are best."""
    guided_alignment: GuidedAlignmentRecipe = GuidedAlignmentRecipe()
    """Attention that learns to align words. For translators whose decoder attends to the source."""
    stability: StabilityRecipe = StabilityRecipe()
    """What watches over the run."""
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    """Share of the target probability spread evenly over the vocabulary (Szegedy et al. 2016)."""
    r_drop: float = Field(default=0.0, ge=0, le=1000)
    """Strength α of R-Drop (Liang et al. 2021): each example goes through the model twice, with different dropout, and
    α / 2 times the mean of both Kullback–Leibler divergences between the two predictions is added to the mean of both
    losses. 5 is the authors' for translation; 0 turns it off. An update takes twice as long. For models of text,
    labels or tags that have dropout."""
    average: float = Field(default=0.998, ge=0, lt=1)
    """Decay of the exponential moving average of the weights that is validated and saved; 0 turns it off."""
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Numbers that the forward and backward pass compute with; the weights themselves are kept in float32."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute."""
    threads: int = Field(default=0, ge=0, le=4096)
    """Processor threads; 0 takes as many as there are cores."""
    seed: int = Field(default=1, ge=0, lt=2**31)
    """Seed of every random generator."""
    validate_every: int = Field(default=500, ge=1)
    """Updates between validations."""
    checkpoint_every: int = Field(default=500, ge=1)
    """Updates between checkpoints."""
    keep_checkpoints: int = Field(default=2, ge=1)
    """Newest checkpoints kept on disk."""

    @model_validator(mode="after")
    def _warm_up_fits(self) -> TrainingRecipe:
        if self.schedule.warmup >= self.updates:
            raise ValueError(
                f"schedule.warmup {self.schedule.warmup} must be less than updates {self.updates}; give a shorter "
                f"one: --set training.schedule.warmup={self.updates // 10}"
            )
        return self

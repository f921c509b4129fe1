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
    first_accumulation: int | None = Field(default=None, ge=1, le=100_000)
    """Mini-batches that are summed before the first update, where their number grows to ``accumulation`` during the run
    (Smith et al. 2018). It grows by the greatest common divisor of both, in steps of equal length. Without it, the
    number is the same in the whole run."""
    growth_until: float = Field(default=0.5, gt=0, le=1)
    """Share of the run's updates after which the number of mini-batches has grown to ``accumulation``."""
    partition: Literal["lines", "sequential", "random"] = "lines"
    """For a language model: each line by itself; or one running text in as many strands as fit, whose windows follow
    each other, so that a recurrent state is carried on; or its windows in random order, each begun anew."""
    window: int = Field(default=64, ge=2, le=1_000_000)
    """For a language model on running text: tokens of a window, where back-propagation is truncated."""
    pool: int = Field(default=50, ge=1, le=1_000_000)
    """Mini-batches' worth of shuffled examples sorted by length together: larger is more even, smaller more random."""

    @model_validator(mode="after")
    def _batches_grow(self) -> BatchRecipe:
        if self.first_accumulation is not None and self.first_accumulation > self.accumulation:
            raise ValueError(
                f"batch.first_accumulation {self.first_accumulation} must not be more than batch.accumulation "
                f"{self.accumulation}, to which the number of mini-batches grows; give a larger one: --set "
                f"training.batch.accumulation={2 * self.first_accumulation}"
            )
        return self


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

    kind: Literal["inverse_square_root", "cosine", "linear", "hold", "constant"] = "inverse_square_root"
    """What follows the warm-up: a decay with the square root of the update (Vaswani et al. 2017); half a cosine down to
    0 at the last update (Loshchilov & Hutter 2017); a line down to 0 there (Defazio et al. 2023); the peak, held until
    a line goes down to 0 over the last part of the run (Hu et al. 2024; Hägele et al. 2024); or the peak."""
    warmup: int = Field(default=1000, ge=0)
    """Updates of linear warm-up; a tenth of all where fewer updates are asked for than the recipe was written for."""
    warmup_share: float | None = Field(default=None, ge=0, lt=1)
    """Share of the run's updates that the warm-up takes. It takes the place of ``warmup``, and suits every length."""
    decay_share: float = Field(default=0.4, gt=0, le=1)
    """Share of the run's updates over which ``hold`` goes down to 0, the last ones."""

    @model_validator(mode="after")
    def _shares_fit(self) -> ScheduleRecipe:
        if self.kind == "hold" and self.warmup_share is not None and self.warmup_share + self.decay_share > 1:
            raise ValueError(
                f"schedule.warmup_share {self.warmup_share:g} and schedule.decay_share {self.decay_share:g} are more "
                "than the whole run together; give a smaller one, such as --set training.schedule.warmup_share="
                f"{(1 - self.decay_share) / 2:.2g}"
            )
        return self


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
    """Updates at most. Schedules that go down to 0 end here, and shares of the run are shares of these."""
    tokens: int | None = Field(default=None, ge=1)
    """Target tokens to train on. They take the place of ``updates``, of which there are as many as that takes; the run
    is then validated and saved after every tenth of them."""
    minutes: float | None = Field(default=None, gt=0)
    """Wall-clock limit. A run stopped by the clock is not reproducible bit for bit."""
    budget: float | None = Field(default=None, ge=0)
    """Minutes that the whole run may take, for which model, vocabulary, batch, regularisation and schedule are chosen
    before it is trained, as its data and the speed of this machine allow; settings that you give stay. 0 takes as many
    as the data deserves. For translators; what was chosen stands in the run's recipe, without a budget."""
    finish_within: float | None = Field(default=None, gt=0)
    """Minutes in which the whole run ends, evaluation included, with its schedule complete: where the machine is too
    slow for all updates, what is left of the schedule gets fewer. A run in which that happens is not reproducible bit
    for bit."""
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
    initial_embeddings: Literal["random", "contexts"] = "random"
    """What the vectors of symbols begin as. ``contexts`` learns them from which symbols occur in the same examples and
    beside each other in the training set (Levy & Goldberg 2014; Dumais et al. 1997), which takes seconds and spares the
    first passes of training."""
    average: float = Field(default=0.998, ge=0, lt=1)
    """Decay of the exponential moving average of the weights that is validated and saved; 0 turns it off."""
    average_share: float = Field(default=0.0, ge=0, le=1)
    """Memory of that average as a share of the run: its decay is then 1 − 1/(share · updates), in place of ``average``,
    so that it suits every length. 0 leaves ``average`` in force; 0.13 suits short runs."""
    dropout_start: float = Field(default=1.0, ge=0, le=100)
    """Factor on all dropout rates of the model at the first update. It goes to 1 along a line: up from below 1, so that
    dropout is low at first (Morerio et al. 2017; late dropout, Liu et al. 2023), or down from above 1."""
    dropout_until: float = Field(default=0.5, gt=0, le=1)
    """Share of the run's updates after which the dropout rates are those of the model."""
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

    @property
    def warmup_updates(self) -> int:
        """Updates of linear warm-up, whether they are given as a number or as a share of the run.

        >>> TrainingRecipe(updates=2000, schedule={"warmup_share": 0.1}).warmup_updates
        200
        """
        share = self.schedule.warmup_share
        return self.schedule.warmup if share is None else min(round(share * self.updates), self.updates - 1)

    @property
    def average_decay(self) -> float:
        """Decay of the moving average of the weights, whether it is given itself or by the share of its memory.

        >>> TrainingRecipe(updates=1000, schedule={"warmup": 10}, average_share=0.1).average_decay
        0.99
        """
        return max(1 - 1 / (self.average_share * self.updates), 0.0) if self.average_share else self.average

    @property
    def budget_phrase(self) -> str | None:
        """The time that the whole run is given, in a phrase; None if there is no such limit.

        >>> TrainingRecipe(finish_within=10.0).budget_phrase
        '10 minutes for the whole run, evaluation included'
        """
        if self.finish_within is None:
            return None
        return f"{self.finish_within:g} minutes for the whole run, evaluation included"

    @model_validator(mode="after")
    def _one_limit_of_time(self) -> TrainingRecipe:
        limits = {"budget": self.budget, "finish_within": self.finish_within, "minutes": self.minutes}
        given = [f"training.{name} = {limit:g}" for name, limit in limits.items() if limit is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} each say how long a run may take; give one of them")
        return self

    @model_validator(mode="after")
    def _warm_up_fits(self) -> TrainingRecipe:
        if self.schedule.warmup_share is None and self.schedule.warmup >= self.updates:
            raise ValueError(
                f"schedule.warmup {self.schedule.warmup} must be less than updates {self.updates}; give a shorter "
                f"one: --set training.schedule.warmup={self.updates // 10}"
            )
        return self

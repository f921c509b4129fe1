"""A whole experiment, as a user writes it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import model_validator

from dragoman.recipe.architecture import TOKEN_BY_TOKEN, ModelRecipe, kind_of
from dragoman.recipe.data import CleaningRecipe, DataRecipe, TokenizerRecipe
from dragoman.recipe.picture import SMALLEST_LENET, PictureRecipe, RenderingRecipe
from dragoman.recipe.reference import ReferenceRecipe
from dragoman.recipe.search import SearchRecipe
from dragoman.recipe.section import Section
from dragoman.recipe.tags import RandomFieldRecipe
from dragoman.recipe.training import TrainingRecipe
from dragoman.reports.shown import Shown, Summary


class Recipe(Shown, Section):
    """All settings of a run. Two runs of one recipe on one machine yield the same weights.

    >>> Recipe().training.updates
    10000
    """

    data: DataRecipe = DataRecipe()
    """The corpora and the languages."""
    cleaning: CleaningRecipe = CleaningRecipe()
    """Which pairs are kept."""
    tokenizer: TokenizerRecipe = TokenizerRecipe()
    """How text becomes ids."""
    pictures: PictureRecipe = PictureRecipe()
    """How pictures become numbers."""
    rendering: RenderingRecipe = RenderingRecipe()
    """How lines of text become pictures to learn reading from."""
    model: ModelRecipe = ModelRecipe()
    """The encoder and the decoder."""
    training: TrainingRecipe = TrainingRecipe()
    """How the weights are found."""
    search: SearchRecipe = SearchRecipe()
    """How an output is searched for."""
    reference: ReferenceRecipe = ReferenceRecipe()
    """What the model keeps of its training distribution."""

    def summary(self) -> Summary:
        """A short summary; :func:`~dragoman.recipe.dump_recipe` writes everything."""
        data, training = self.data, self.training
        length = f"{training.updates:,} updates" if training.tokens is None else f"{training.tokens:,} tokens"
        facts = {"training": f"{length} at most, seed {training.seed}"}
        if self.model.is_translator:
            facts["languages"] = f"{data.source_language} → {data.target_language}"
        corpora = ", ".join(corpus.title for corpus in data.train)
        return Summary(f"recipe of a {self.model.phrase}", {**facts, **({"corpora": corpora} if corpora else {})})

    @property
    def cuts_text(self) -> bool:
        """Whether text is cut into windows, so that gradients end at their edges: only language models' text is."""
        return self.model.is_language_model and self.training.batch.partition != "lines"

    @model_validator(mode="before")
    @classmethod
    def _separate_vocabularies_are_not_tied(cls, values: object) -> object:
        """Do not tie the embeddings of separate vocabularies, unless the recipe asks for it, which is reported as a
        mistake."""
        if not isinstance(values, Mapping):
            return values
        tokenizer, model = values.get("tokenizer"), values.get("model", {})
        separate = isinstance(tokenizer, Mapping) and tokenizer.get("shared") is False and "model" not in tokenizer
        decoder = model.get("decoder") if isinstance(model, Mapping) else None
        tokens = not isinstance(decoder, Mapping) or kind_of(decoder) in TOKEN_BY_TOKEN
        if separate and isinstance(model, Mapping) and tokens:
            return {**values, "model": {"tie": "decoder", **model}}
        return values

    @model_validator(mode="before")
    @classmethod
    def _random_fields_are_not_smoothed(cls, values: object) -> object:
        """Do not smooth the loss of a conditional random field, unless the recipe asks for it, which is reported as a
        mistake."""
        if not isinstance(values, Mapping):
            return values
        model, training = values.get("model", {}), values.get("training", {})
        if not isinstance(model, Mapping) or not isinstance(training, Mapping):
            return values
        if kind_of(model.get("decoder", {})) != "crf":
            return values
        return {**values, "training": {"label_smoothing": 0.0, **training}}

    @model_validator(mode="after")
    def _tying_needs_shared_vocabulary(self) -> Recipe:
        if self.model.tie == "all" and not self.tokenizer.shared and self.tokenizer.model is None:
            raise ValueError(
                'model.tie = "all" needs tokenizer.shared = true; use "decoder" with separate vocabularies'
            )
        return self

    @model_validator(mode="after")
    def _the_corpora_fit_the_model(self) -> Recipe:
        problems = [*_corpus_problems(self), *_size_problems(self), *_metric_problems(self), *_text_problems(self)]
        problems += [*_guide_problems(self), *_optimizer_problems(self), *_consistency_problems(self)]
        problems += _dropout_problems(self)
        problems += _embedding_problems(self)
        problems += _budget_problems(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self


_METRICS = {
    ("nothing", "text"): ("loss",),
    ("text", "text"): ("loss", "chrf", "bleu"),
    ("picture", "text"): ("loss", "cer", "wer"),
    "label": ("loss", "accuracy", "macro_f1"),
    "number": ("loss", "rmse", "mae"),
    "tags": ("loss", "accuracy", "span_f1"),
}
"""The scores that can be watched on the validation set, by kinds of input and output, or by kind of output alone."""


def _corpus_problems(recipe: Recipe) -> list[str]:
    """Corpora that do not fit the kinds of input and output of the model."""
    reads, says = recipe.model.input_kind, recipe.model.output_kind
    found = []
    for name in ("features", "categorical"):
        if getattr(recipe.data, name) and reads != "row":
            found.append(f"data.{name} names columns of a table's row, and this model reads {reads}")
    for split in ("train", "validation", "test"):
        for corpus in getattr(recipe.data, split):
            if reads == "nothing":
                if corpus.text is None or corpus.label is not None:
                    given = corpus.path or corpus.source or corpus.text
                    found.append(
                        f"data.{split}: {given} holds pairs, and a language model reads no source; "
                        "give one file as `text`"
                    )
            elif corpus.label is not None and (reads, says) != ("text", "label"):
                found.append(
                    f'data.{split}: label = "{corpus.label}" is for models that read text and say labels '
                    '(decoder.kind = "label")'
                )
            elif corpus.text is not None and corpus.label is None and (reads, says) == ("text", "label"):
                found.append(
                    f"data.{split}: {corpus.text} has no label; name it with `label`, on the command "
                    "line with --text LABEL=FILE"
                )
            elif corpus.text is not None and corpus.label is None and (reads, says) != ("picture", "text"):
                found.append(
                    f"data.{split}: {corpus.text} is text without a source, which is for language models "
                    '(encoder.kind = "none") and for readers of pictures'
                )
            elif corpus.source is not None and reads in ("picture", "row"):
                found.append(
                    f"data.{split}: {corpus.source} and {corpus.target} are lines of text, and this model reads a "
                    f"{reads}; give a table as `path`"
                    + (", or lines to be rendered as `text`" if says == "text" else "")
                )
    return found


def _size_problems(recipe: Recipe) -> list[str]:
    kind, height, width = recipe.model.encoder.kind, recipe.pictures.height, recipe.pictures.width
    if recipe.model.input_kind != "picture" or kind == "residual":
        return []
    if width is None:
        return [f'encoder.kind = "{kind}" reads pictures of one size; give pictures.width beside pictures.height']
    if kind == "lenet" and min(height, width) < SMALLEST_LENET:
        return [
            f'encoder.kind = "lenet" leaves nothing of pictures of {height} × {width} pixels; use '
            f'{SMALLEST_LENET} × {SMALLEST_LENET} or more, or encoder.kind = "residual" or "mlp"'
        ]
    return []


def _metric_problems(recipe: Recipe) -> list[str]:
    reads, says = recipe.model.input_kind, recipe.model.output_kind
    known = _METRICS[(reads, says)] if says == "text" else _METRICS[says]
    metric = recipe.training.early_stopping.metric
    if metric in known:
        return []
    return [f'training.early_stopping.metric = "{metric}" is not measured of this model; known: {", ".join(known)}']


def _guide_problems(recipe: Recipe) -> list[str]:
    """Guided alignment of what cannot be aligned."""
    guide, (layers, heads) = recipe.training.guided_alignment, recipe.model.decoder.attending
    name = "training.guided_alignment"
    if not guide.weight:
        return []
    if not recipe.model.is_translator:
        return [f"{name} aligns the words of a source and a target, and this is a {recipe.model.phrase}; leave it out"]
    if not layers:
        return [
            f"{name} guides attention to the source, and this decoder has none; leave it out, or give decoder.attention"
        ]
    found = []
    if guide.guided_layer(layers) > layers:
        found.append(f"{name}.layer = {guide.layer}, and the decoder has {layers} that attend to the source")
    if guide.heads > heads:
        found.append(f"{name}.heads = {guide.heads}, and the attention to the source has {heads}")
    if recipe.tokenizer.dropout or recipe.tokenizer.sampling:
        found.append(
            f"{name} learns from links between the tokens of the training set, which tokenizer.dropout and "
            "tokenizer.sampling cut anew in each pass; leave one of them out"
        )
    return found


def _optimizer_problems(recipe: Recipe) -> list[str]:
    """Muon without a matrix for it."""
    if recipe.training.optimizer.kind != "muon" or recipe.model.encoder.kind != "linear":
        return []
    return [
        'training.optimizer.kind = "muon" is for matrices of hidden layers, of which a linear model has none; leave '
        "it to adamw"
    ]


def _consistency_problems(recipe: Recipe) -> list[str]:
    """R-Drop where there are no two predictions to compare, or nothing that makes them differ."""
    strength, model = recipe.training.r_drop, recipe.model
    if not strength:
        return []
    if not model.decoder.by_softmax:
        return [
            f"training.r_drop = {strength:g} compares two predictions of each token, label or tag, and decoder.kind = "
            f'"{model.decoder.kind}" predicts no single ones by a softmax; leave it out, or use a decoder of kind '
            '"transformer", "rnn", "gru", "lstm", "label" or "tags"'
        ]
    if any(model.dropout_rates.values()):
        return []
    return [
        f"training.r_drop = {strength:g} brings two passes together that dropout makes differ, and nothing is dropped "
        "here: all dropout rates of the model are 0; give a rate, or leave it out"
    ]


def _dropout_problems(recipe: Recipe) -> list[str]:
    """Dropout rates that change where there are none, or that would drop everything."""
    start, rates = recipe.training.dropout_start, recipe.model.dropout_rates
    if start == 1:
        return []
    if not any(rates.values()):
        return [
            f"training.dropout_start = {start:g} changes the dropout rates of the model, and all of these are 0; leave "
            "it out, or give the model dropout"
        ]
    name, rate = max(rates.items(), key=lambda entry: entry[1])
    if start * rate < 1:
        return []
    return [
        f"training.dropout_start = {start:g} times model.{name} = {rate:g} is {start * rate:.3g}, and a dropout "
        f"rate must be less than 1; give less than {1 / rate:.3g}"
    ]


def _embedding_problems(recipe: Recipe) -> list[str]:
    """Embeddings learnt from contexts for a model that embeds no symbols."""
    embeds = recipe.model.input_kind == "text" or kind_of(recipe.model.decoder) in TOKEN_BY_TOKEN
    if recipe.training.initial_embeddings == "random" or embeds:
        return []
    return [
        f'training.initial_embeddings = "{recipe.training.initial_embeddings}" is for the symbols that a model embeds, '
        f"and a {recipe.model.phrase} embeds none; leave it out"
    ]


_PRESETS = {
    ("nothing", "text"): "language-model",
    ("picture", "text"): "reader",
    ("text", "label"): "text-label",
    ("text", "number"): "text-number",
    ("text", "tags"): "text-tags",
    ("picture", "label"): "picture-label",
    ("row", "label"): "row-label",
    ("row", "number"): "row-number",
}
"""The presets of models other than translators, by kinds of input and output."""


def _budget_problems(recipe: Recipe) -> list[str]:
    """A budget for a model that nothing is chosen for."""
    model, budget = recipe.model, recipe.training.budget
    transformer = model.encoder.kind == model.decoder.kind == "transformer"
    if budget is None or (model.is_translator and transformer):
        return []
    named = f"training.budget = {budget:g} chooses a Transformer that translates, and this is a {model.phrase}"
    preset = _PRESETS.get((model.input_kind, model.output_kind))
    if preset is None:
        return [f"{named}; take a preset instead, such as tiny, with training.finish_within for its time"]
    return [f"{named}; leave the budget out, and take a preset for such models: {preset}"]


def _text_problems(recipe: Recipe) -> list[str]:
    """Settings that only some models of text have."""
    found = []
    if not recipe.model.is_translator and (recipe.tokenizer.dropout or recipe.tokenizer.sampling):
        found.append(
            "tokenizer.dropout and tokenizer.sampling are for translators; all other models have one segmentation"
        )
    if not recipe.model.is_language_model and recipe.training.batch.partition != "lines":
        partition = recipe.training.batch.partition
        found.append(f'training.batch.partition = "{partition}" is for language models; others take "lines"')
    if recipe.data.weights is not None and recipe.cuts_text:
        cut = f'training.batch.partition = "{recipe.training.batch.partition}"'
        found.append(
            f"data.weights gives lines weights, and {cut} cuts the text without regard to lines; "
            'use "lines", or leave data.weights out'
        )
    if recipe.model.output_kind == "tags" and not recipe.cleaning.collapse_white_space:
        found.append("cleaning.collapse_white_space = false leaves it open where a word ends; tags are of words")
    if isinstance(recipe.model.decoder, RandomFieldRecipe) and recipe.training.label_smoothing:
        found.append(
            f"training.label_smoothing = {recipe.training.label_smoothing} spreads probability over the tags of each "
            'word, and decoder.kind = "crf" gives probabilities to the tags of all words together; use 0.0'
        )
    return found

"""The loss of guided alignment: attention that shall look where links lie."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Links


def alignment_loss_equations(
    scores: Float[Tensor, "B H T S"], links: Links, weights: Float[Tensor, " B"] | None = None
) -> Float[Tensor, ""]:
    """−Σ_b w_b Σ_t 1/|A_t| Σ_{s ∈ A_t} 1/H Σ_h log α_{h,t,s}, with the attention weights α = softmax(scores) and the
    source tokens A_t that target token t is linked to (Garg et al. 2019, eq. 3, with the links of each token sharing a
    probability of 1; Chen et al. 2016, section 3.2). Tokens without a link cost nothing.

    >>> scores = torch.zeros(1, 1, 2, 4)
    >>> alignment_loss_equations(scores, Links.of([[(0, 1), (3, 1)]]))  # log 4
    tensor(1.3863)
    """
    total = scores.new_zeros(())
    rows = links.rows.tolist()
    pairs = list(zip(rows, links.targets.tolist(), links.sources.tolist(), strict=True))
    for row, target, source in pairs:
        linked = sum(1 for b, t, _ in pairs if (b, t) == (row, target))
        nats = -torch.log(torch.softmax(scores[row, :, target], -1)[:, source]).mean()
        total = total + nats / linked * (1 if weights is None else weights[row])
    return total


def alignment_loss(
    scores: Float[Tensor, "B H T S"], links: Links, weights: Float[Tensor, " B"] | None = None
) -> Float[Tensor, ""]:
    """The fast path of :func:`alignment_loss_equations`, in float32 at least.

    >>> scores, links = torch.randn(2, 3, 4, 5), Links.of([[(0, 1), (3, 1)], [(2, 0)]])
    >>> torch.allclose(alignment_loss(scores, links), alignment_loss_equations(scores, links))
    True

    Args:
        scores: scores of each head, query (target token) and key (source token), −∞ where there is no key.
        links: links of the rows.
        weights: weight w_b of each row; None for 1 each.
    """
    exact = torch.promote_types(scores.dtype, torch.float32)
    rows = links.rows
    token = rows * scores.shape[2] + links.targets
    shares = 1 / torch.bincount(token, minlength=1)[token].to(exact)
    if weights is not None:
        shares = shares * weights[rows]
    log_weights = torch.log_softmax(scores, -1, dtype=exact)
    return -(log_weights[rows, :, links.targets, links.sources].mean(1) * shares).sum()

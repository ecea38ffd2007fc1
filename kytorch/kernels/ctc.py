"""The forward-backward algorithm of connectionist temporal classification, on all examples and labels at once.

Graves et al. 2006, section 4.1. Of an example with labels l_1 ... l_S the states are blank, l_1, blank, ..., l_S,
blank: 2 S + 1 of them. In each step an alignment stays, goes one state on, or skips a blank between labels that differ.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Array = npt.NDArray[Any]

# The logarithm of a probability of 0, of which sums stay finite, and from where on one counts as 0.
LOG_ZERO = -1e30
IMPOSSIBLE = -1e29


def states_of(labels: Array, blank: int) -> Array:
    """The states' labels, (n, 2 S + 1), of (n, S) labels."""
    states = np.full((len(labels), 2 * labels.shape[1] + 1), blank, np.intp)
    states[:, 1::2] = labels
    return states


def cannot_skip(states: Array) -> Array:
    """Where an alignment cannot come from two states before, which includes every blank."""
    no = np.ones(states.shape, np.bool_)
    no[:, 3::2] = states[:, 3::2] == states[:, 1:-2:2]
    return no


def _forward(y: Array, barred: Array) -> Array:
    """log alpha of (steps, n, states): the probability of all ways to be in a state after that step's emission.

    Two columns for states before the first stand in front of the others.
    """
    steps, n, count = y.shape
    alpha = np.full_like(y, LOG_ZERO, shape=(steps, n, count + 2))
    if not steps:
        return alpha
    alpha[0, :, 2:4] = y[0, :, :2]
    # Of each state, the two before and itself, in this order.
    windows = sliding_window_view(alpha, count, 2).transpose(0, 2, 1, 3)
    penalty = np.where(barred, np.full_like(y, LOG_ZERO, shape=()), np.zeros_like(y, shape=()))
    ways = np.empty_like(y, shape=(3, n, count))
    greatest, total = np.empty_like(ways[0]), np.empty_like(ways[0])
    for t in range(1, steps):
        np.copyto(ways, windows[t - 1])
        ways[0] += penalty
        np.maximum.reduce(ways, 0, out=greatest)
        ways -= greatest
        np.exp(ways, out=ways)
        np.add.reduce(ways, 0, out=total)
        np.log(total, out=total)
        total += greatest
        np.add(total, y[t], out=alpha[t, :, 2:])
    return alpha


def alignment(
    log_probs: Array, labels: Array, steps: Array, lengths: Array, blank: int, posterior: bool
) -> tuple[Array, Array | None]:
    """-log of the probability of all alignments of each example, inf if there is none, and its gradient.

    `log_probs` is (steps, n, classes), `labels` (n, S); of each example count as many of them as `steps` and `lengths`
    say. The gradient is minus the probability of each class in each step, given the labels; None without `posterior`,
    and 0 for an example without alignments.
    """
    most, n, _ = log_probs.shape
    states = states_of(labels, blank)
    count = states.shape[1]
    rows = np.arange(n)
    y = np.maximum(log_probs[:, rows[:, None], states], LOG_ZERO)
    barred = cannot_skip(states)
    last = 2 * lengths
    both, both_barred = y, barred
    if posterior:
        # Backwards it is the same algorithm, with steps and states mirrored, and so done in the same pass.
        back_steps = np.maximum(steps - 1 - np.arange(most)[:, None], 0)
        back_states = np.maximum(last[:, None] - np.arange(count), 0)
        mirrored = states[rows[:, None], back_states]
        both = np.concatenate([y, y[back_steps[:, :, None], rows[:, None], back_states]], 1)
        both_barred = np.concatenate([barred, cannot_skip(mirrored)])
    alpha = _forward(both, both_barred)
    likelihood = _of_last(alpha, rows, steps, last)
    possible = likelihood > IMPOSSIBLE
    loss = np.where(possible, -likelihood, np.full_like(y, np.inf, shape=()))
    if not posterior:
        return loss, None
    beta = alpha[:, n:, 2:][back_steps[:, :, None], rows[:, None], back_states]
    gamma = alpha[:, :n, 2:] + beta
    gamma -= y
    gamma -= np.where(possible, likelihood, np.zeros_like(likelihood))[:, None]
    counts = (np.arange(most)[:, None] < steps)[:, :, None] & (np.arange(count) <= last[:, None]) & possible[:, None]
    np.exp(np.where(counts, gamma, np.full_like(gamma, LOG_ZERO, shape=())), out=gamma)
    return loss, _by_class(gamma, states, blank, log_probs)


def _of_last(alpha: Array, rows: Array, steps: Array, last: Array) -> Array:
    """The log likelihood of each example: of being in one of its last two states after its last step."""
    if not len(alpha):
        return np.where(last == 0, np.zeros_like(alpha, shape=()), np.full_like(alpha, LOG_ZERO, shape=()))
    # One state further on, as those before the first stand in front.
    ends = alpha[np.maximum(steps - 1, 0), rows, last + 2], alpha[np.maximum(steps - 1, 0), rows, last + 1]
    likelihood: Array = np.logaddexp(*ends)
    nothing = np.where(last == 0, np.zeros_like(likelihood), np.full_like(likelihood, LOG_ZERO))
    return np.where(steps > 0, likelihood, nothing)


def _by_class(gamma: Array, states: Array, blank: int, log_probs: Array) -> Array:
    """Minus the sums over the states of each class."""
    y = np.zeros_like(log_probs, order="C")
    rows = np.arange(len(states))
    y[:, :, blank] = -np.add.reduce(gamma[:, :, ::2], 2)
    for i in range(1, states.shape[1], 2):
        y[:, rows, states[:, i]] -= gamma[:, :, i]
    return y

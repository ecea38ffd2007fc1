"""The equations of the optimizers as their papers write them, on one weight, in plain float64.

Each takes the weight w, its gradient g, a dict m of what is remembered of it, and t, its own count of steps from 1.
"""

import math

import numpy as np


def descent(w, g, m, t, lr=0.1, momentum=0.9, dampening=0.0, nesterov=False, weight_decay=0.0, maximize=False):
    """Sutskever et al. 2013, section 2, with the first velocity g; Nesterov's step is along g + momentum v."""
    g = (-g if maximize else g) + weight_decay * w
    m["velocity"] = g if t == 1 else momentum * m["velocity"] + (1.0 - dampening) * g
    return w - lr * (g + momentum * m["velocity"] if nesterov else m["velocity"])


def _means(w, g, m, t, betas):
    """The means of g and of g squared, corrected for their start at 0."""
    m["mean"] = betas[0] * m.get("mean", 0.0) + (1.0 - betas[0]) * g
    m["square"] = betas[1] * m.get("square", 0.0) + (1.0 - betas[1]) * g**2
    return m["mean"] / (1.0 - betas[0] ** t), m["square"] / (1.0 - betas[1] ** t)


def _decayed(w, g, lr, weight_decay, decoupled_weight_decay, maximize):
    """The weight and the gradient with weight decay."""
    g = -g if maximize else g
    return (w - lr * weight_decay * w, g) if decoupled_weight_decay else (w, g + weight_decay * w)


def adam(
    w,
    g,
    m,
    t,
    lr=1e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0.0,
    amsgrad=False,
    maximize=False,
    decoupled_weight_decay=False,
):
    """Kingma & Ba 2015, Algorithm 1; Reddi et al. 2018, Algorithm 2, whose largest mean is corrected as it is read."""
    w, g = _decayed(w, g, lr, weight_decay, decoupled_weight_decay, maximize)
    mean, square = _means(w, g, m, t, betas)
    if amsgrad:
        m["largest"] = np.maximum(m.get("largest", 0.0), m["square"])
        square = m["largest"] / (1.0 - betas[1] ** t)
    return w - lr * mean / (np.sqrt(square) + eps)


def adamw(w, g, m, t, lr=1e-3, weight_decay=1e-2, **options):
    """Loshchilov & Hutter 2019, Algorithm 2."""
    return adam(w, g, m, t, lr, weight_decay=weight_decay, decoupled_weight_decay=True, **options)


def nadam(
    w,
    g,
    m,
    t,
    lr=2e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0.0,
    momentum_decay=4e-3,
    decoupled_weight_decay=False,
    maximize=False,
):
    """Dozat 2016, Algorithm 2, with the momenta of its section 3."""
    w, g = _decayed(w, g, lr, weight_decay, decoupled_weight_decay, maximize)
    _, square = _means(w, g, m, t, betas)
    now, following = [betas[0] * (1.0 - 0.5 * 0.96 ** (s * momentum_decay)) for s in (t, t + 1)]
    m["product"] = product = m.get("product", 1.0) * now
    mean = following * m["mean"] / (1.0 - product * following) + (1.0 - now) * g / (1.0 - product)
    return w - lr * mean / (np.sqrt(square) + eps)


def radam(
    w,
    g,
    m,
    t,
    lr=1e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0.0,
    decoupled_weight_decay=False,
    maximize=False,
):
    """Liu et al. 2020, Algorithm 2, with torch's eps and threshold."""
    w, g = _decayed(w, g, lr, weight_decay, decoupled_weight_decay, maximize)
    mean, _ = _means(w, g, m, t, betas)
    limit = 2.0 / (1.0 - betas[1]) - 1.0
    rho = limit - 2.0 * t * betas[1] ** t / (1.0 - betas[1] ** t)
    if rho <= 5.0:
        return w - lr * mean
    r = math.sqrt((rho - 4.0) * (rho - 2.0) * limit / ((limit - 4.0) * (limit - 2.0) * rho))
    return w - lr * mean * r * math.sqrt(1.0 - betas[1] ** t) / (np.sqrt(m["square"]) + eps)


def adamax(w, g, m, t, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, maximize=False):
    """Kingma & Ba 2015, Algorithm 2, with eps beside |g|."""
    g = (-g if maximize else g) + weight_decay * w
    m["mean"] = betas[0] * m.get("mean", 0.0) + (1.0 - betas[0]) * g
    m["largest"] = np.maximum(betas[1] * m.get("largest", 0.0), np.abs(g) + eps)
    return w - lr / (1.0 - betas[0] ** t) * m["mean"] / m["largest"]


def rmsprop(w, g, m, t, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False, maximize=False):
    """Tieleman & Hinton 2012, lecture 6.5; centred: Graves 2013, equations 38 to 40, eps beside the root."""
    g = (-g if maximize else g) + weight_decay * w
    m["square"] = alpha * m.get("square", 0.0) + (1.0 - alpha) * g**2
    variance = m["square"]
    if centered:
        m["mean"] = alpha * m.get("mean", 0.0) + (1.0 - alpha) * g
        variance = variance - m["mean"] ** 2
    m["velocity"] = momentum * m.get("velocity", 0.0) + g / (np.sqrt(variance) + eps)
    return w - lr * m["velocity"]


def adagrad(
    w, g, m, t, lr=0.01, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10, maximize=False
):
    """Duchi, Hazan & Singer 2011, Figure 1, with a diagonal G."""
    g = (-g if maximize else g) + weight_decay * w
    m["total"] = m.get("total", initial_accumulator_value) + g**2
    return w - lr / (1.0 + (t - 1) * lr_decay) * g / (np.sqrt(m["total"]) + eps)


def adadelta(w, g, m, t, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0, maximize=False):
    """Zeiler 2012, Algorithm 1."""
    g = (-g if maximize else g) + weight_decay * w
    m["square"] = rho * m.get("square", 0.0) + (1.0 - rho) * g**2
    change = np.sqrt(m.get("change", 0.0) + eps) / np.sqrt(m["square"] + eps) * g
    m["change"] = rho * m.get("change", 0.0) + (1.0 - rho) * change**2
    return w - lr * change


def lion(w, g, m, t, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
    """Chen et al. 2023, Algorithm 2."""
    mean = m.get("mean", 0.0)
    direction = np.sign(betas[0] * mean + (1.0 - betas[0]) * g)
    m["mean"] = betas[1] * mean + (1.0 - betas[1]) * g
    return w - lr * (direction + weight_decay * w)


def lamb(w, g, m, t, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
    """You et al. 2020, Algorithm 2, with phi(x) = x."""
    m["mean"] = betas[0] * m.get("mean", 0.0) + (1.0 - betas[0]) * g
    m["square"] = betas[1] * m.get("square", 0.0) + (1.0 - betas[1]) * g**2
    mean, square = m["mean"] / (1.0 - betas[0] ** t), m["square"] / (1.0 - betas[1] ** t)
    direction = mean / (np.sqrt(square) + eps) + weight_decay * w
    length, size = np.sqrt((w**2).sum()), np.sqrt((direction**2).sum())
    return w - lr * (length / size if length > 0.0 and size > 0.0 else 1.0) * direction


def muon(
    w,
    g,
    m,
    t,
    lr=1e-3,
    weight_decay=0.1,
    momentum=0.95,
    nesterov=True,
    ns_coefficients=(3.4445, -4.775, 2.0315),
    eps=1e-7,
    ns_steps=5,
    adjust_lr_fn=None,
):
    """Jordan et al. 2024, Algorithm 2, with the mean for the sum of gradients; Liu et al. 2025, equations 3 and 4.

    The polynomial a s + b s^3 + c s^5 is applied to the singular values themselves.
    """
    a, b, c = ns_coefficients
    m["mean"] = momentum * m.get("mean", 0.0) + (1.0 - momentum) * g
    direction = momentum * m["mean"] + (1.0 - momentum) * g if nesterov else m["mean"]
    left, s, right = np.linalg.svd(direction, full_matrices=False)
    s = s / max(math.sqrt((s**2).sum()), eps)
    for _ in range(ns_steps):
        s = a * s + b * s**3 + c * s**5
    rows, columns = w.shape
    match_rms = 0.2 * math.sqrt(max(rows, columns))
    factor = match_rms if adjust_lr_fn == "match_rms_adamw" else math.sqrt(max(1.0, rows / columns))
    return w - lr * weight_decay * w - lr * factor * (left * s) @ right


def adafactor(w, g, m, t, lr=0.01, beta2_decay=-0.8, eps=(None, 1e-3), d=1.0, weight_decay=0.0, maximize=False):
    """Shazeer & Stern 2018, Algorithms 4 and 5, with PyTorch's lr, means for sums and eps[0] as a least root."""
    least = np.finfo(w.dtype).eps if eps[0] is None else eps[0]
    g = -g if maximize else g
    part = t**beta2_decay
    length = max(eps[1], math.sqrt((w**2).mean())) * min(lr, 1.0 / math.sqrt(t))
    if w.ndim > 1:
        m["rows"] = m.get("rows", 0.0) * (1.0 - part) + part * (g**2).mean(-1, keepdims=True)
        m["columns"] = m.get("columns", 0.0) * (1.0 - part) + part * (g**2).mean(-2, keepdims=True)
        square = m["rows"] * m["columns"] / np.maximum(m["rows"].mean(-2, keepdims=True), least)
    else:
        square = m["square"] = m.get("square", 0.0) * (1.0 - part) + part * g**2
    direction = g / np.maximum(np.sqrt(square), least)
    direction = direction / max(1.0, math.sqrt((direction**2).mean()) / d)
    return w - lr * weight_decay * w - length * direction

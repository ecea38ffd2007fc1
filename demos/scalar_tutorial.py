"""The lesson of two numbers: what a Tensor remembers, what backward() answers, and what an optimizer does with that.

f = b + b a is computed from a and b, Tensors of shape (). By hand its derivatives are df/da = b and df/db = 1 + a; the
same numbers come out of a walk through its graph, which is drawn, and out of f.backward().
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import kytorch as kt
from kytorch import GradFn, LeafGradFn, TrainableWeight, optim
from program import need, parser, run

RATE = 0.1
Step = tuple[GradFn, GradFn, float]


def walk(node: GradFn, g: kt.Array) -> Iterator[Step]:
    """Each step down from `node`: from where, to where, and what is handed down. `g` is the derivative by its output.

    This is backpropagation: a GradFn turns the derivative by its output into those by its inputs.
    """
    if not isinstance(node, LeafGradFn):  # there the graph ends
        for below, part in zip(node.inputs, node.vjps(g, lambda saved, _: saved)):
            if part is not None:  # as it is for a constant
                yield node, below, float(part)
                yield from walk(below, part)


def tree(node: GradFn, names: Mapping[GradFn, str], indent: str = "   ") -> str:
    """The graph as text, the inputs of an operation indented below it."""
    line = f"{indent}{names[node]}: {node.name}\n"
    return line + "".join(tree(below, names, indent + "   ") for below in node.inputs)


def main() -> None:
    """Compute, differentiate by hand and by the graph, step, draw."""
    given = parser(__doc__, out="scalar_tutorial.png").parse_args()
    need("matplotlib", "plot", "drawing")
    a0, b0 = kt.manual_seed(given.seed).integers(2, 10, size=2)

    print(
        "1. A TrainableWeight is a cell that holds a number and may change. Reading it gives a Tensor, which may not:"
    )
    cell_a, cell_b = TrainableWeight(float(a0)), TrainableWeight(float(b0))
    a, b = cell_a.tensor(), cell_b.tensor()
    print(f"   a = {a}\n   b = {b}")

    print(
        "\n2. An operation makes a new Tensor, with a GradFn that says which operation, and whose inputs are GradFns."
    )
    print("   Their graph ends in LeafGradFns, which name the weights that were read. That of f = b + p, p = b a:")
    p = b * a
    f = b + p
    names = {f.grad_fn: "f", p.grad_fn: "p", a.grad_fn: "a", b.grad_fn: "b"}
    print(f"   f = {f}\n{tree(f.grad_fn, names)}")

    print(
        "3. By hand df = db + dp and dp = a db + b da, so that df = (1 + a) db + b da. By the graph, from df/df = 1 on"
    )
    print("   down: Add hands on what it gets to both sides, and Mul to each side that times the other side's value.")
    steps = list(walk(f.grad_fn, kt.tensor(1.0).numpy()))
    found = {**dict.fromkeys(names, 0.0), f.grad_fn: 1.0}
    for _, below, part in steps:
        found[below] += part  # b is used twice: what arrives there is added up
    by_hand = {"f": "1", "p": "1", "a": f"b = {b0}", "b": f"1 + a = {1 + a0}"}
    for node, name in names.items():
        print(f"   df/d{name} by hand: {by_hand[name]}; by the graph: {found[node]:g}")

    print("\n4. f.backward() is that walk. It changes nothing, and returns each weight with the gradient by it:")
    gradients = f.backward()
    for gradient, cell in gradients:
        print(f"   ({gradient}, the weight {'a' if cell is cell_a else 'b'})")

    print(f"\n5. An optimizer is a function of that list. Gradient descent subtracts {RATE} times each gradient:")
    optim.gradient_descent(gradients, lr=RATE)
    for name, cell, start, slope in (("a", cell_a, a0, b0), ("b", cell_b, b0, 1 + a0)):
        print(f"   {name} by hand: {start} - {RATE} * {slope} = {start - RATE * slope:g}; in its cell: {cell.tensor()}")
    again = cell_b.tensor() + cell_b.tensor() * cell_a.tensor()
    print(
        f"   What was computed stays: f = {f.item():g}. Computed again from the weights it is {again.item():g}, less."
    )

    values = {"f": f, "p": p, "a": a, "b": b}
    boxes = {
        node: f"{name} = {values[name].item():g}\n{node.name}\ndf/d{name}: by hand {by_hand[name]}"
        for node, name in names.items()
    }
    draw(given.out, steps, boxes, found)
    print(f"\nDrew the graph: {given.out}")


def draw(path: Path, steps: list[Step], boxes: Mapping[GradFn, str], found: Mapping[GradFn, float]) -> None:
    """Draw the graph as PNG, with what is handed down at each arrow and what that comes to in each box."""
    from matplotlib.figure import Figure  # an extra, needed here only

    depth = dict.fromkeys(boxes, 0)
    for node, below, _ in steps:
        depth[below] = max(depth[below], depth[node] + 1)
    rows = [[node for node in boxes if depth[node] == row] for row in range(max(depth.values()) + 1)]
    place = {node: ((i + 0.5) / len(row), -depth[node]) for row in rows for i, node in enumerate(row)}
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes, style = figure.subplots(), {"boxstyle": "round,pad=0.6", "facecolor": "aliceblue", "edgecolor": "tab:blue"}
    drawn = {
        node: axes.text(*xy, f"{boxes[node]}\nby the graph {found[node]:g}", ha="center", va="center", bbox=style)
        for node, xy in place.items()
    }
    for node, below, part in steps:
        ends = {"patchA": drawn[node].get_bbox_patch(), "patchB": drawn[below].get_bbox_patch()}
        arrow = {"arrowstyle": "-|>", "color": "tab:red", "shrinkA": 0, "shrinkB": 0, **ends}
        axes.annotate("", place[below], place[node], arrowprops=arrow)
        x, y = [0.5 * (start + end) for start, end in zip(place[node], place[below])]
        white = {"boxstyle": "circle,pad=0.2", "facecolor": "white", "edgecolor": "none"}
        axes.text(x, y, f"{part:g}", color="tab:red", ha="center", va="center", bbox=white)
    axes.set(xlim=(0, 1), ylim=(0.6 - len(rows), 0.4), title="f = b + p, p = b a; in red what each GradFn hands down")
    axes.set_axis_off()
    figure.savefig(path, format="png", dpi=100)


if __name__ == "__main__":
    run(main)

"""Rows of padding layers."""

from layers.table import layer

IMAGES = {1: [((2, 3, 5),), ((3, 5),), ((0, 3, 5),)], 2: [((2, 3, 4, 5),), ((3, 4, 5),), ((0, 3, 4, 5),)],
          3: [((2, 1, 3, 4, 5),), ((1, 3, 4, 5),), ((0, 1, 3, 4, 5),)]}  # fmt: skip
ENDS = {1: (2, 1), 2: (2, 1, 0, 3), 3: (2, 1, 0, 3, 1, 2)}
MIRRORED = {1: (2, 1), 2: (2, 1, 0, 3), 3: (2, 1, 0, 3, 1, 2)}
CROPPED = {1: (2, -1), 2: (-1, 2, 1, -2), 3: (-1, 2, 1, -2, 0, -1)}
BATCHED = {n: images[:2] for n, images in IMAGES.items()}

for n in (1, 2, 3):
    for padding in (1, ENDS[n], CROPPED[n], 0):
        layer(f"ZeroPad{n}d", padding, inputs=IMAGES[n])
        layer(f"ConstantPad{n}d", padding, 3.5, inputs=IMAGES[n])
    layer(f"ConstantPad{n}d", 2, -1, inputs=BATCHED[n])
    for padding in (1, MIRRORED[n]):
        layer(f"ReflectionPad{n}d", padding, inputs=BATCHED[n])
        layer(f"CircularPad{n}d", padding, inputs=BATCHED[n])
    for padding in (1, ENDS[n], 7):
        layer(f"ReplicationPad{n}d", padding, inputs=BATCHED[n])
    for kind in ("Reflection", "Replication", "Circular"):
        layer(f"{kind}Pad{n}d", CROPPED[n], inputs=BATCHED[n])

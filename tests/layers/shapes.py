"""Rows of layers that change a shape, and of the bilinear map."""

from layers.table import function, layer

layer("Identity", inputs=[((2, 3),), ((),), ((0, 3),)])
layer("Identity", 54, unused=0.5, inputs=[((2, 3),)])
layer("Flatten", inputs=[((2, 3, 4),), ((2, 3),), ((2, 0, 4),), ((0, 3, 4),)])
layer("Flatten", 0, inputs=[((2, 3, 4),), ((3,),), ((),)])
layer("Flatten", start_dim=-3, end_dim=-2, inputs=[((2, 3, 4),), ((5, 2, 3, 4),)])
layer("Unflatten", 1, (2, 3), inputs=[((2, 6),), ((2, 6, 4),), ((0, 6),)])
layer("Unflatten", -1, (2, -1), inputs=[((2, 6),), ((4,),)])
layer("Unflatten", dim=0, unflattened_size=(1, 2), inputs=[((2, 3),)])

BATCHES = [((4, 3), (4, 2)), ((1, 3), (1, 2)), ((0, 3), (0, 2)), ((2, 3, 3), (2, 3, 2))]
layer("Bilinear", 3, 2, 4, inputs=[*BATCHES, ((3,), (2,))])
layer("Bilinear", 3, 2, 1, bias=False, inputs=BATCHES[:2])
function(
    "bilinear", inputs=[((4, 3), (4, 2), (5, 3, 2), (5,)), ((4, 3), (4, 2), (5, 3, 2)), ((0, 3), (0, 2), (1, 3, 2))]
)

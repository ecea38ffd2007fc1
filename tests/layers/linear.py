"""Rows of the affine map."""

from layers.table import function, layer

layer("Linear", 3, 4, inputs=[((5, 3),), ((3,),), ((1, 3),), ((0, 3),), ((2, 3, 3),)])
layer("Linear", 3, 4, bias=False, inputs=[((5, 3),), ((3,),), ((0, 3),)])
function("linear", inputs=[((5, 3), (4, 3), (4,)), ((3,), (4, 3), (4,)), ((2, 0, 3), (4, 3), (4,)), ((2, 3), (4, 3))])

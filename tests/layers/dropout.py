"""Rows of dropout, which is the identity in evaluation; what it draws is tested in test_dropout."""

from layers.table import function, layer

for name in ("Dropout", "AlphaDropout"):
    layer(name, inputs=[((3, 4),), ((),), ((0, 3),)], random=True)
    layer(name, 0.2, True, inputs=[((3, 4),)], random=True)
layer("Dropout1d", inputs=[((2, 3, 4),), ((3, 4),), ((0, 3, 4),)], random=True)
layer("Dropout2d", 0.1, inputs=[((2, 3, 4, 2),), ((0, 3, 4, 2),)], random=True)
layer("Dropout3d", p=0.3, inputs=[((1, 2, 2, 2, 2),), ((2, 2, 2, 2),), ((0, 2, 2, 2, 2),)], random=True)
layer("FeatureAlphaDropout", inputs=[((2, 3, 4),), ((2, 3),), ((0, 3),)], random=True)
for name in ("dropout", "alpha_dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"):
    shape = {"dropout1d": (2, 3, 2), "dropout2d": (2, 3, 2, 2), "dropout3d": (1, 2, 2, 2, 2)}.get(name, (2, 3))
    function(name, p=0.3, training=False, inputs=[(shape,)])
    function(name, p=1.0, training=True, inputs=[(shape,)])

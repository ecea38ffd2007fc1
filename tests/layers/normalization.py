"""Rows of the normalisations."""

import numpy as np

from layers.table import function, layer, positive

MEAN = np.array([0.5, -1.0, 2.0, 0.25])
VARIANCE = np.array([0.5, 2.0, 1.5, 0.75])
WEIGHT = np.array([1.5, -0.5, 2.0, 0.75])
BIAS = np.array([0.5, 0.0, -1.0, 2.0])


layer("LayerNorm", 3, inputs=[((4, 3),), ((3,),), ((1, 3),), ((0, 3),), ((2, 3, 3),)])
layer("LayerNorm", (2, 3), inputs=[((4, 2, 3),), ((2, 3),), ((2, 0, 2, 3),)])
layer("LayerNorm", (4,), eps=0.1, inputs=[((3, 4),)])
layer("LayerNorm", 4, elementwise_affine=False, inputs=[((3, 4),)])
layer("LayerNorm", 4, bias=False, inputs=[((3, 4),), ((0, 4),)])
function("layer_norm", (3,), inputs=[((4, 3),), ((3,),), ((0, 3),)])
function("layer_norm", (2, 2), eps=0.5, inputs=[((3, 2, 2),)])
function("layer_norm", (4,), weight=WEIGHT, bias=BIAS, inputs=[((3, 4),), ((2, 3, 4),)])
function("layer_norm", (4,), bias=BIAS, inputs=[((3, 4),)])

layer("RMSNorm", 3, inputs=[((4, 3),), ((3,),), ((1, 3),), ((0, 3),), ((2, 3, 3),)])
layer("RMSNorm", (2, 3), inputs=[((4, 2, 3),), ((2, 3),)])
layer("RMSNorm", (4,), eps=0.1, inputs=[((3, 4),)])
layer("RMSNorm", 4, elementwise_affine=False, inputs=[((3, 4),)])
function("rms_norm", (3,), inputs=[((4, 3),), ((3,),), ((0, 3),)])
function("rms_norm", (4,), weight=WEIGHT, eps=0.5, inputs=[((3, 4),)])

layer("BatchNorm1d", 3, inputs=[((5, 3),), ((4, 3, 2),), ((1, 3, 4),), ((0, 3),), ((2, 3, 0),)])
layer("BatchNorm1d", 3, momentum=None, inputs=[((5, 3),), ((2, 3, 2),)])
layer("BatchNorm1d", 3, eps=0.1, momentum=0.5, bias=False, inputs=[((5, 3),)])
layer("BatchNorm1d", 3, affine=False, inputs=[((5, 3),)])
layer("BatchNorm1d", 3, track_running_stats=False, inputs=[((5, 3),), ((2, 3, 2),)])
layer("BatchNorm2d", 2, inputs=[((3, 2, 2, 2),), ((1, 2, 2, 2),), ((0, 2, 2, 2),)])
layer("BatchNorm2d", 2, momentum=0.3, affine=False, inputs=[((3, 2, 2, 1),)])
layer("BatchNorm3d", 2, inputs=[((2, 2, 2, 1, 2),), ((0, 2, 1, 1, 2),)])
function("batch_norm", MEAN, VARIANCE, inputs=[((3, 4),), ((2, 4, 2),), ((1, 4),), ((0, 4),), ((2, 4, 1, 2),)])
function("batch_norm", MEAN, VARIANCE, eps=0.5, training=False, inputs=[((3, 4),)])
function("batch_norm", None, None, training=True, inputs=[((3, 4),), ((2, 4, 2),)])
function("batch_norm", MEAN, VARIANCE, training=True, momentum=0.2, inputs=[((3, 4),)])
function("batch_norm", MEAN, VARIANCE, WEIGHT, BIAS, inputs=[((3, 4),), ((2, 4, 2),)])
function("batch_norm", MEAN, VARIANCE, WEIGHT, BIAS, True, inputs=[((3, 4),), ((2, 4, 2),)])
function("batch_norm", MEAN, VARIANCE, bias=BIAS, inputs=[((3, 4),)])

layer("InstanceNorm1d", 3, inputs=[((2, 3, 4),), ((3, 4),), ((1, 3, 2),)])
layer("InstanceNorm1d", 3, affine=True, inputs=[((2, 3, 4),), ((3, 4),)])
layer("InstanceNorm1d", 3, affine=True, track_running_stats=True, momentum=0.3, inputs=[((2, 3, 4),), ((3, 4),)])
layer("InstanceNorm1d", 3, affine=True, bias=False, eps=0.1, inputs=[((2, 3, 4),)])
layer("InstanceNorm2d", 2, affine=True, inputs=[((2, 2, 2, 2),), ((2, 2, 2),)])
layer("InstanceNorm2d", 2, track_running_stats=True, momentum=None, inputs=[((2, 2, 2, 2),)])
layer("InstanceNorm3d", 2, affine=True, inputs=[((2, 2, 1, 2, 2),), ((2, 2, 1, 2),)])
function("instance_norm", inputs=[((2, 3, 4),), ((2, 3, 2, 2),)])
function("instance_norm", MEAN, VARIANCE, use_input_stats=False, inputs=[((2, 4, 3),)])
function("instance_norm", weight=WEIGHT, bias=BIAS, inputs=[((2, 4, 3),), ((2, 4, 2, 2),)])

layer("GroupNorm", 2, 8, inputs=[((3, 8),)])
layer("GroupNorm", 2, 4, inputs=[((2, 4, 3),), ((1, 4, 2, 2),), ((0, 4, 2),), ((2, 4, 1, 2, 1),)])
layer("GroupNorm", 1, 4, eps=0.1, inputs=[((2, 4, 3),)])
layer("GroupNorm", 4, 4, inputs=[((2, 4, 3),)])
layer("GroupNorm", 2, 4, affine=False, inputs=[((2, 4, 3),)])
layer("GroupNorm", 2, 4, bias=False, inputs=[((2, 4, 3),)])
function("group_norm", 2, inputs=[((3, 8),), ((2, 4, 2),)])
function("group_norm", 2, WEIGHT, BIAS, eps=0.1, inputs=[((2, 4),), ((2, 4, 2),), ((2, 4, 1, 2, 2),)])

layer("LocalResponseNorm", 2, inputs=[((2, 3, 4),), ((2, 3, 2, 2),), ((0, 3, 2, 2),), ((1, 1, 2),)])
layer("LocalResponseNorm", 3, alpha=0.5, beta=0.6, k=2.0, inputs=[((2, 4, 3),), ((2, 5, 1, 2, 1),)])
layer("LocalResponseNorm", 9, alpha=0.5, inputs=[((2, 4, 3),)])
function("local_response_norm", 4, alpha=0.5, beta=0.5, inputs=[((2, 5, 3),)])

function("normalize", inputs=[((3, 4),), ((2, 3, 2),), ((0, 3),)])
function("normalize", p=1.0, dim=0, inputs=[((3, 4),), ((3,),)], draw=positive)
function("normalize", p=3.0, dim=-1, eps=0.5, inputs=[((3, 4),)])
function("normalize", dim=(0, 2), inputs=[((2, 3, 2),)])

"""Each line marked with an error is refused, and no other."""

import numpy as np

from kytorch import Tensor, TrainableWeight, nn

functional = nn.functional
x = Tensor([[0.5, 0.25], [0.75, 0.5]])
labels = Tensor([0, 1])
trainable = TrainableWeight([1.0, 2.0])

nn.MSELoss("average")  # error
nn.MSELoss("batchmean")  # error
nn.MSELoss()(x)  # error
nn.MSELoss()(x, "x")  # error
nn.BCELoss("sum")  # error
nn.CrossEntropyLoss(trainable)  # error
nn.CrossEntropyLoss(np.ones(2))  # error
nn.CrossEntropyLoss(size_average=True)  # error
nn.CrossEntropyLoss().weight.update([1.0, 2.0])  # error
nn.GaussianNLLLoss()(x, x)  # error
nn.CTCLoss()(x, labels, 2, 1)  # error
nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3])(x, labels).backward()  # error

functional.cross_entropy(x, labels, "sum")  # error
functional.cross_entropy(x, np.array([0, 1]))  # error
functional.mse_loss(x, trainable)  # error
functional.mse_loss(x, x, "none", x)  # error
functional.smooth_l1_loss(x, x, "none", 0.5)  # error
functional.triplet_margin_loss(x, x)  # error
functional.pdist(x, "fro")  # error

"""Every kind of layer beside PyTorch's."""

"""The transformer (Vaswani et al. 2017): encoders, decoders, and both together."""

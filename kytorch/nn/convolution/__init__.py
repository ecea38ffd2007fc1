"""Convolution in one, two and three dimensions, its transpose, and images as columns."""

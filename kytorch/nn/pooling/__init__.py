"""Pooling: of each window of the last dimensions one number, its greatest, its mean or its norm."""

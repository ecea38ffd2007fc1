"""Attention: of queries to keys, in several heads, with positions, step by step."""

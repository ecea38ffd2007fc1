"""Normalisations: functions, and layers of them."""

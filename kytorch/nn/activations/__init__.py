"""The activations: functions, and layers of them."""

"""The losses: functions of an input and a target, and layers of them."""

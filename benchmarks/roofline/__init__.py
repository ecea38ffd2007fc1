"""What this machine can do at most, and where the slowest steps' time goes beside it."""

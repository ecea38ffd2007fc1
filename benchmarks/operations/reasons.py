"""Why an operation takes more than five times as long as PyTorch somewhere, where it does."""

REASONS: dict[str, str] = {}

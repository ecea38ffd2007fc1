"""Models that tell the next character, their training, and the writing of text with them."""

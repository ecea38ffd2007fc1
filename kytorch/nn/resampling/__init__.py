"""Images resized, sampled at places, and rearranged."""

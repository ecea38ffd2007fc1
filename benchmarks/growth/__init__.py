"""How time and memory grow with the size of a model, its batch and its sequences."""

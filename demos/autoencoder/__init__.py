"""A variational autoencoder of images, and the picture of what it has learned."""

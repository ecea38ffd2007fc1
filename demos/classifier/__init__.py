"""The parts of train_binary_classifier.py."""

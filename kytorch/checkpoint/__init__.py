"""Checkpoints: all that training goes on from, in one file that is whole or not there."""

from kytorch.checkpoint.error import CheckpointError
from kytorch.checkpoint.save_and_load import Checkpoint, load, read_metadata, read_state_dict, save
from kytorch.tensor.values import Json

__all__ = ["Checkpoint", "CheckpointError", "Json", "load", "read_metadata", "read_state_dict", "save"]

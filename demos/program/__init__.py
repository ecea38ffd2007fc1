"""What the demos share: options, progress, digits to learn, and how a program ends."""

from program.checkpoints import Checkpoints
from program.digits import add_mnist, digits
from program.ending import Problem, need, run
from program.options import at_least, output, parser
from program.progress import progress_of

__all__ = [
    "Checkpoints",
    "Problem",
    "add_mnist",
    "at_least",
    "digits",
    "need",
    "output",
    "parser",
    "progress_of",
    "run",
]

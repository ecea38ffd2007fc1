"""A GPT or an LSTM learns to write as the text does that it reads, character by character.

Both learn from windows of 128 characters in batches of 16, and neither knows what came before its window. In nats a
character, and in time on one core of an AMD EPYC (family 26), the last tenth of the text costs with seed 0:

    1.1 million characters of Shakespeare   GPT   1.49 after 8 epochs (3,920 steps, 8.5 minutes), 1.69 after 3 of them
    1.1 million characters of Shakespeare   LSTM  1.44 after 8 epochs (3,920 steps, 6 minutes), 1.70 after 1 of them
    the 200,000 that ship with this demo    GPT   1.68 after 12 epochs (1,044 steps, 2.2 minutes)

The rate falls to the end of the epochs that are asked for, so that fewer end elsewhere: 3 of the GPT at 1.63, after 4.2
minutes for the whole program, 1 of the LSTM at 1.77.
A checkpoint beside the picture is made every 100 steps; with --resume, training that has ended only writes.
"""

import math
import os

# Before NumPy is imported: on a busy machine two threads wait for each other at each of many small products.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from argparse import ArgumentTypeError
from pathlib import Path

import numpy as np

import kytorch as kt
from kytorch import Tensor
from kytorch.data import Characters, read_text, windows
from language.models import CONTEXT, GPT, LSTM
from language.training import SHORTEST, train
from language.writing import write
from program import Checkpoints, Problem, at_least, need, parser, run

SHIPPED = Path(__file__).parent / "data" / "shakespeare.txt"
MODELS = {"gpt": (GPT, 4e-3), "lstm": (LSTM, 5e-3)}
"""Each with the learning rate that suits it."""


def temperature(text: str) -> float:
    """A number at which probabilities can be told apart and are finite."""
    if not 0.01 <= float(text) <= 100:
        raise ArgumentTypeError(f"is to be from 0.01 to 100, not {text}")
    return float(text)


def read(path: Path) -> tuple[Characters, Tensor, Tensor]:
    """The characters of a text, and as their numbers its first nine tenths and the rest."""
    try:
        text = read_text(path)
    except OSError as error:
        raise Problem(f"--text {path}: {error.strerror}") from None
    except ValueError as error:
        raise Problem(f"--text {error}") from None
    n = int(0.9 * len(text))
    if n < SHORTEST:
        raise Problem(f"--text {path}: has {len(text)} characters, and learning takes {math.ceil(SHORTEST / 0.9)}")
    characters = Characters(text)
    codes = characters.encode(text)
    return characters, codes[:n], codes[n:]


def main() -> None:
    """Train, draw the losses, write."""
    options = parser(__doc__, out="characters.png", resume=True)
    add = options.add_argument
    add("--model", choices=MODELS, default="gpt", help="what learns (default: gpt)")
    add("--text", metavar="FILE", type=Path, default=SHIPPED, help="what to learn (default: some Shakespeare)")
    add("--epochs", metavar="N", type=at_least(1), help="readings of the text (default: 12, of another text 8)")
    add("--prompt", metavar="TEXT", help="what the writing goes on from (default: a new line)")
    add("--length", metavar="N", type=at_least(0), default=500, help="characters to write (default: 500)")
    add(
        "--temperature", metavar="T", type=temperature, default=0.8, help="below 1 safer, above 1 bolder (default: 0.8)"
    )
    given = options.parse_args()
    need("matplotlib", "plot", "drawing")
    characters, text, held_out = read(given.text)
    prompt = given.prompt or characters.characters[0]  # most often a new line
    try:
        codes = characters.encode(prompt)
    except ValueError as error:
        raise Problem(f"--prompt: {error}") from None
    print(f"{len(text):,} characters to learn, of {len(characters)} kinds; the last {len(held_out):,} are held out.")

    generator = kt.manual_seed(given.seed)
    make, lr = MODELS[given.model]
    model = make(len(characters))
    checkpoints = Checkpoints(given.out.with_name(f"{given.out.stem}_{given.model}.npz"), given.resume)
    epochs = given.epochs or (12 if given.text == SHIPPED else 8)
    history = train(model, text, windows(held_out, CONTEXT), epochs, lr, generator, checkpoints)
    from language.picture import draw  # which imports an extra

    draw(given.out, given.model, history)
    print(f"Loss {history[-1][1]:.4f} nats a character on the held-out part; drew the losses: {given.out}\n")
    written = write(model.read, codes, given.length, given.temperature, np.random.default_rng(given.seed))
    print(prompt + characters.decode(written))


if __name__ == "__main__":
    run(main)

"""A classifier in a file, with what is needed to use it on other rows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from classifier.bad_input import BadInputError
from classifier.data import Blank
from classifier.model import BinaryClassifier
from kytorch import checkpoint

PROGRAM = "train_binary_classifier"


@dataclass(frozen=True)
class Description:
    """What a model was trained on: the columns in its order, the labels, and what became of blank cells."""

    columns: Sequence[str]
    target: str
    negative_label: str
    positive_label: str
    hidden: Sequence[int]
    blank: Blank


def save(model: BinaryClassifier, description: Description, path: Path) -> None:
    """Write both to `path`, which is then whole, or as it was before."""
    checkpoint.save(model, path, metadata={"program": PROGRAM, **asdict(description)})


def load(path: Path) -> tuple[BinaryClassifier, Description]:
    """The model in `path`; raises BadInputError if there is none, or it is damaged or another program's."""
    try:
        description = _description(path, checkpoint.read_metadata(path))
        model = BinaryClassifier(len(description.columns), description.hidden)
        checkpoint.load(model, path)
    except FileNotFoundError:
        raise BadInputError(f"--load {path}: there is no such file") from None
    except OSError as error:
        raise BadInputError(f"--load {path}: cannot be read: {error.strerror or error}") from None
    except checkpoint.CheckpointError as error:
        raise BadInputError(f"--load: {error}") from None
    return model.eval(), description


def _description(path: Path, metadata: dict[str, checkpoint.Json]) -> Description:
    match metadata:
        case {
            "program": "train_binary_classifier",
            "columns": [*columns],
            "target": str(target),
            "negative_label": str(negative),
            "positive_label": str(positive),
            "hidden": [*hidden],
            "blank": ("drop" | "impute" | "refuse") as blank,
        }:
            names = [column for column in columns if isinstance(column, str)]
            sizes = [size for size in hidden if isinstance(size, int) and size > 0]
            if names and len(names) == len(columns) and len(sizes) == len(hidden):
                return Description(names, target, negative, positive, sizes, blank)
    raise BadInputError(f"--load {path}: is not a model that {PROGRAM} saved")

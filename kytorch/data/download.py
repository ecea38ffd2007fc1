"""MNIST from the internet."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from kytorch.data.mnist import read_idx

MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")

_SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
_SECONDS = 60
_MOST = 2**25  # bytes, above the size of each file: what is longer is none of them


def download_mnist(folder: str | Path, mirrors: Sequence[str] = MIRRORS) -> Path:
    """Fetch MNIST's four files, 11 MB, into `folder`, which is made if need be, for `read_mnist`; answers the folder.

    A file that is there and right, by its SHA-256, is not fetched; one that is damaged is replaced. The `mirrors` are
    addresses of folders, tried in turn. A file appears under its name only when it is whole and right. Raises OSError
    if the folder cannot be written or no mirror has a file, FileExistsError rather than replace another data set's.
    """
    if isinstance(mirrors, str):
        raise TypeError(f"download_mnist: mirrors are to be a list of addresses, not {mirrors!r}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name, digest in _SHA256.items() if not _is_there(folder / name, digest)]
    for name in missing:
        _fetch_into(folder / name, mirrors)
    return folder


def _is_there(path: Path, digest: str) -> bool:
    """Whether the file is there and right. Raises FileExistsError if it is whole, but another one."""
    if not path.exists():
        return False
    if _sha256(path.read_bytes()) == digest:
        return True
    try:
        read_idx(path)
    except ValueError:
        return False
    raise FileExistsError(
        f"download_mnist: {path} is whole, but not as MNIST's was published: another data set's? Move it away, or "
        "give another folder"
    )


def _fetch_into(path: Path, mirrors: Sequence[str]) -> None:
    """Write the file beside its place and rename it, so that under its name there is never a part of it."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:  # first, so that nothing is fetched for a folder that cannot be written
            file.write(_fetch(path.name, mirrors))
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _fetch(name: str, mirrors: Sequence[str]) -> bytes:
    digest = _SHA256[name]
    faults = []
    for mirror in mirrors:
        address = f"{mirror.rstrip('/')}/{name}"
        try:
            with urlopen(address, timeout=_SECONDS) as response:
                content: bytes = response.read(_MOST)
        except (OSError, HTTPException, ValueError) as error:  # ValueError: it is no address
            faults.append(f"{address}: {error}")
            continue
        if _sha256(content) == digest:
            return content
        faults.append(f"{address}: has {len(content)} bytes of SHA-256 {_sha256(content)}, not {digest}")
    raise OSError(f"download_mnist: cannot fetch {name}: {'; '.join(faults) or 'no mirrors were given'}")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

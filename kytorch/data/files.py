"""What a file holds, plain or gzip: its bytes and its text."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path


def read_text(path: str | Path) -> str:
    """The text in a file of UTF-8, plain or gzip, with every end of line as a newline.

    Raises OSError if it cannot be read, ValueError, which names it, if it is not whole or no such text.
    """
    content = read_bytes(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}: line {line} is not UTF-8 text; save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: str | Path) -> bytes:
    """The bytes in a file, plain or gzip. Raises OSError if it cannot be read, ValueError if it is not whole."""
    content = Path(path).read_bytes()
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{path}: the gzip file is damaged or not whole: {error}") from None
    return content

"""MNIST's downloader, from a server in this process and with files of its own."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

import kytorch
from kytorch.data import download, download_mnist, read_mnist

Fault = Callable[[bytes], tuple[int, bytes, int]]
"""What a server does to a file: the status, the content, and the length that it promises."""

FAULTS: dict[str, Fault] = {
    "right": lambda content: (200, content, len(content)),
    "missing": lambda content: (404, b"", 0),
    "failing": lambda content: (503, b"", 0),
    "another": lambda content: (200, b"<html>Please log in</html>", 26),
    "damaged": lambda content: (200, content[:-1] + b"?", len(content)),
    "short": lambda content: (200, content[:-5], len(content) - 5),
    "broken": lambda content: (200, content[:5], len(content)),
}


def files() -> dict[str, bytes]:
    found = {}
    for part, n in (("train", 6), ("t10k", 3)):
        for name, shape in ((f"{part}-images-idx3", (n, 28, 28)), (f"{part}-labels-idx1", (n,))):
            array = np.full(shape, n, np.uint8)
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *shape)
            found[f"{name}-ubyte.gz"] = gzip.compress(header + array.tobytes(), mtime=0)
    return found


FILES = files()


class Server(ThreadingHTTPServer):
    """Serves the files under each fault's name as a folder, and lists what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []

    def mirror(self, fault: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{fault}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        _, fault, name = self.path.split("/")
        status, content, length = FAULTS[fault](FILES[name])
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    monkeypatch.setattr(download, "_SHA256", digests)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as serving:
        thread = Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_fetched_is_read(tmp_path: Path, server: Server) -> None:
    folder = download_mnist(tmp_path / "new" / "mnist", [server.mirror("right")])
    assert folder == tmp_path / "new" / "mnist" and there(folder) == FILES
    assert [len(read_mnist(folder)), len(read_mnist(folder, train=False))] == [6, 3]
    assert sorted(server.asked) == sorted(f"/right/{name}" for name in FILES)


def test_files_that_are_there_and_right_are_not_fetched_again(tmp_path: Path, server: Server) -> None:
    download_mnist(str(tmp_path), [server.mirror("right")])
    server.asked.clear()
    download_mnist(tmp_path, [])
    wrong, missing = list(FILES)[:2]
    (tmp_path / wrong).write_bytes(b"half of i")
    (tmp_path / missing).unlink()
    download_mnist(tmp_path, [server.mirror("right")])
    assert server.asked == [f"/right/{wrong}", f"/right/{missing}"] and there(tmp_path) == FILES


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "right"])
def test_a_mirror_that_fails_is_followed_by_the_next(tmp_path: Path, server: Server, fault: str) -> None:
    download_mnist(tmp_path, [server.mirror(fault), server.mirror("right").rstrip("/")])
    assert there(tmp_path) == FILES
    assert len(server.asked) == 8


@pytest.mark.parametrize("address", ["ossci.org/mnist", "htp://a.b", "http://[a", "http://a b", "http://a:port", ""])
def test_what_is_no_address_is_followed_by_the_next(tmp_path: Path, server: Server, address: str) -> None:
    download_mnist(tmp_path, [address, server.mirror("right")])
    assert there(tmp_path) == FILES
    (tmp_path / next(iter(FILES))).unlink()
    with pytest.raises(OSError, match=f"cannot fetch {next(iter(FILES))}: {re.escape(address)}/train-images-"):
        download_mnist(tmp_path, [address])


def test_the_whole_files_of_another_set_are_not_replaced(tmp_path: Path, server: Server) -> None:
    fashion = {name: gzip.compress(gzip.decompress(content)[:-1] + b"?") for name, content in FILES.items()}
    for name, content in fashion.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileExistsError, match=r"train-images-idx3-ubyte\.gz is whole, but not as MNIST's was"):
        download_mnist(tmp_path, [server.mirror("right")])
    assert there(tmp_path) == fashion and not server.asked


def test_a_folder_in_a_files_place_is_named_and_nothing_is_fetched(tmp_path: Path, server: Server) -> None:
    (tmp_path / next(iter(FILES))).mkdir()
    with pytest.raises(OSError, match="train-images"):
        download_mnist(tmp_path, [server.mirror("right")])
    assert not server.asked


def test_if_the_folder_cannot_be_written_nothing_is_fetched(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PermissionError, match=r"denied: .*train-images-idx3-ubyte\.gz"):
        download_mnist(tmp_path, [server.mirror("right")])
    assert not server.asked and not there(tmp_path)


def test_if_every_mirror_fails_the_error_says_why_and_the_folder_is_as_it_was(tmp_path: Path, server: Server) -> None:
    first = next(iter(FILES))
    (tmp_path / first).write_bytes(b"my own")
    with pytest.raises(OSError, match=f"download_mnist: cannot fetch {first}: ") as caught:
        download_mnist(tmp_path, [server.mirror(fault) for fault in FAULTS if fault != "right"])
    said = str(caught.value)
    for part in ("/missing/", "HTTP Error 404", "HTTP Error 503", "/broken/"):
        assert part in said
    right, page = [hashlib.sha256(content).hexdigest() for content in (FILES[first], b"<html>Please log in</html>")]
    assert f"/another/{first}: has 26 bytes of SHA-256 {page}, not {right}" in said
    assert there(tmp_path) == {first: b"my own"}


def test_a_server_that_is_not_there_is_named(tmp_path: Path, server: Server) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as closed:
        address = f"http://127.0.0.1:{closed.server_port}"
    with pytest.raises(OSError, match=f"{address}/train-images-idx3-ubyte.gz: .*refused"):
        download_mnist(tmp_path, [address])


def test_a_server_that_says_nothing_is_given_up(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_SECONDS", 0.05)
    silent = ThreadingHTTPServer(("127.0.0.1", 0), Handler)  # listens, but nothing answers
    with silent, pytest.raises(OSError, match="timed out"):
        download_mnist(tmp_path, [f"http://127.0.0.1:{silent.server_port}"])


def test_no_more_than_a_file_can_have_is_taken(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_MOST", 10)
    with pytest.raises(OSError, match="has 10 bytes of SHA-256"):
        download_mnist(tmp_path, [server.mirror("right")])


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_what_stops_the_writing_leaves_no_part_of_a_file(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    first = next(iter(FILES))
    (tmp_path / first).write_bytes(b"old")

    def fail(path: Path, target: Path) -> None:
        assert path.read_bytes() == FILES[first] and target.read_bytes() == b"old"
        raise error

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(type(error)):
        download_mnist(tmp_path, [server.mirror("right")])
    assert there(tmp_path) == {first: b"old"}


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_the_files_have_ordinary_permissions(tmp_path: Path, server: Server) -> None:
    (tmp_path / "ordinary").touch()
    download_mnist(tmp_path, [server.mirror("right")])
    assert {path.stat().st_mode for path in tmp_path.iterdir()} == {(tmp_path / "ordinary").stat().st_mode}


def test_mirrors_that_are_one_address_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"mirrors are to be a list of addresses, not 'http://a\.b/'"):
        download_mnist(tmp_path, "http://a.b/")
    with pytest.raises(OSError, match="no mirrors were given"):
        download_mnist(tmp_path, [])


def test_importing_the_data_package_does_not_load_what_talks_to_the_network() -> None:
    code = "import sys, kytorch.data; print({'urllib.request', 'http.client', 'ssl'} & {*sys.modules})"
    root = Path(kytorch.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
    assert "download_mnist" in kytorch.data.__all__
    with pytest.raises(AttributeError, match=r"module 'kytorch\.data' has no attribute 'download_cifar'"):
        kytorch.data.download_cifar  # noqa: B018

"""A server on this machine, for pages that a browser asks for over HTTP."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_arguments: object) -> None:
        """No word of a connection that the browser has closed."""


@contextmanager
def served(folder: Path, sub_path: str = "/") -> Iterator[str]:
    """The address of the folder's files, below `sub_path` as GitHub Pages has them.

    Anything else is not found.
    """

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            inside = path.startswith(sub_path)
            return super().translate_path("/" + path.removeprefix(sub_path) if inside else "/none")

        def log_message(self, *_arguments: object) -> None:
            """No line for each request."""

    handler = functools.partial(Handler, directory=str(folder))
    with QuietServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{sub_path}"
        server.shutdown()

"""Firefox without a window, asked over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/).

Debian's firefox-esr is a plain Firefox: Playwright drives only its own build of it, and Selenium
needs a further program. The protocol itself is a WebSocket that Firefox opens by itself.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from websocket import WebSocket

NAMES = ("firefox-esr", "firefox")
# In seconds. Only what hangs for good takes so long: no test fails because a machine is slow.
PATIENCE = 300


class Firefox:
    """One window.

    errors: what the pages opened so far logged as an error.
    """

    def __init__(self, socket: WebSocket):
        self.errors: list[str] = []
        self._socket = socket
        self._count = 0
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        self._window = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, address: str, width: int = 1280, height: int = 900) -> None:
        """Wait until the page has loaded."""
        viewport = {"width": width, "height": height}
        self._ask("browsingContext.setViewport", context=self._window, viewport=viewport)
        self._ask("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def evaluate(self, function: str, *arguments: object) -> Any:
        """What a function in JavaScript returns, a promise's value included; all of it is JSON.

        Raises `RuntimeError` for what the function throws.
        """
        given = ", ".join(json.dumps(argument) for argument in arguments)
        answer = self._ask(
            "script.evaluate",
            expression=f"Promise.resolve(({function})({given})).then(JSON.stringify)",
            target={"context": self._window},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def _ask(self, method: str, **parameters: object) -> dict:
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("method") == "log.entryAdded":
                if message["params"]["level"] == "error":
                    self.errors.append(message["params"]["text"])
            elif message.get("id") == self._count:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['message']}")
                return message["result"]


def find(path: str | None = None) -> str | None:
    """Where Firefox is on the search path (by default that of the environment), or None."""
    return next(filter(None, (shutil.which(name, path=path) for name in NAMES)), None)


@contextmanager
def opened() -> Iterator[Firefox]:
    """A Firefox with a profile of its own, which is gone afterwards.

    Raises `FileNotFoundError` where there is none.
    """
    # Rendering the book imports this module for find(), and has no such package.
    from websocket import create_connection

    program = find()
    if program is None:
        raise FileNotFoundError(
            f"expected Firefox on the PATH under one of the names {', '.join(NAMES)}, found none; "
            "install it, or leave these tests out with `-m 'not firefox'`"
        )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # What a reader who wants no motion has set; and no question to the maker's servers.
        Path(profile, "user.js").write_text(
            'user_pref("ui.prefersReducedMotion", 1);\n'
            'user_pref("network.captive-portal-service.enabled", false);\n'
            'user_pref("network.connectivity-service.enabled", false);\n'
            'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n'
        )
        command = [program, "--headless", "--no-remote", "--profile", profile]
        process = subprocess.Popen(
            [*command, "--remote-debugging-port=0", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            # Without an origin, as a program that is no page has none: Firefox refuses all others.
            socket = create_connection(
                f"{_address(process, Path(profile))}/session",
                timeout=PATIENCE,
                suppress_origin=True,
            )
            yield Firefox(socket)
            socket.close()
        finally:
            process.terminate()
            process.wait()


def _address(process: subprocess.Popen[bytes], profile: Path) -> str:
    """Where Firefox listens; it says so in its profile."""
    said = profile / "WebDriverBiDiServer.json"
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if said.is_file() and (text := said.read_text("utf-8")):
            server = json.loads(text)
            return f"ws://{server['ws_host']}:{server['ws_port']}"
        time.sleep(0.1)
    raise RuntimeError(f"expected Firefox to listen, got exit status {process.poll()}")

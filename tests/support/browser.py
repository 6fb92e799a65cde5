"""A headless Chromium, spoken to over its pipes: pages are loaded, clicked and typed on as by a reader."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium-headless-shell", "chrome-headless-shell", "chromium", "google-chrome")
PATIENCE = 120
"""Seconds of silence after which the browser is taken to hang."""


def find_browser():
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page.  complaints: what the page wrote to its console as errors, or tried to load."""

    def __init__(self, folder: Path, width=900, height=900):
        # The browser reads commands from its descriptor 3 and writes answers to 4.
        from_us, self._into = os.pipe()
        self._out, to_us = os.pipe()
        command = [
            find_browser(), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
            f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{height}", "about:blank",
        ]  # fmt: skip
        shell = f'exec 3<&{from_us} 4>&{to_us}; exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "bash", *command], pass_fds=(from_us, to_us), stderr=subprocess.DEVNULL
        )
        os.close(from_us)
        os.close(to_us)
        self._number, self._session, self._rest, self.complaints = 0, "", b"", []
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.tell(f"{domain}.enable")

    def tell(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._into, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _read(self):
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._out], [], [], PATIENCE)
            assert ready, f"the browser has said nothing for {PATIENCE} s"
            piece = os.read(self._out, 1 << 16)
            assert piece, "the browser has gone"
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        event = json.loads(text)
        self._note(event.get("method", ""), event.get("params", {}))
        return event

    def _note(self, method, parameters):
        if method == "Runtime.exceptionThrown":
            self.complaints.append(parameters["exceptionDetails"]["text"])
        if method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"]["text"])
        if method == "Network.requestWillBeSent" and not parameters["request"]["url"].startswith(("file:", "data:")):
            self.complaints.append(parameters["request"]["url"])
        if method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
            self.complaints.append(str(parameters["args"]))

    def open(self, path: Path):
        self.tell("Page.navigate", url=path.resolve().as_uri())
        while self.ask("document.readyState") != "complete":
            pass

    def ask(self, script):
        """The value of an expression in the page."""
        found = self.tell("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.tell("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def move(self, selector, share=(0.5, 0.5)):
        """The pointer at a point of an element, given as shares of its width and height; where that is."""
        x, y = self.ask(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'});"
            f"const b = e.getBoundingClientRect();"
            f"return [b.x + b.width * {share[0]}, b.y + b.height * {share[1]}] }})()"
        )
        self.tell("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        return x, y

    def click(self, selector, share=(0.5, 0.5)):
        x, y = self.move(selector, share)
        for kind in ("mousePressed", "mouseReleased"):
            self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def close(self):
        os.close(self._into)
        os.close(self._out)
        self._process.terminate()
        self._process.wait()

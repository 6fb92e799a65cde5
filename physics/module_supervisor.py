"""What stands between the program and a module's process, so that nothing of that goes on once it is not wanted.

It is run as a file by :mod:`dyadic.physics.module_process` and imports nothing but the standard library.  On Linux what
the module's process has started becomes a child of this one when it is left behind, whatever session it is in, and this
process is told when the program ends, however that ends.  Elsewhere the module's process group is all that is known.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import NoReturn

_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36
"""Of prctl(2)."""
_TRIES = 1000
_started: list[int] = []
"""The module's process, once it is there."""
_IS_LINUX = sys.platform == "linux"


def main() -> None:
    """``module_supervisor.py PROGRAM COMMAND...``: run a command for the process of that number, and end as it does."""
    program, *command = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: _stop())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored, nobody can wait for a child
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the program blocks what ends it; the module does not
    _request(_SET_CHILD_SUBREAPER, 1)
    _request(_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(program):  # it ended before it could be asked for
        return
    process = subprocess.Popen(
        command, start_new_session=True, preexec_fn=lambda: _request(_SET_PDEATHSIG, signal.SIGKILL)
    )
    _started.append(process.pid)
    while True:
        number, status = os.wait()
        if number == process.pid:
            break
    _end_all()
    _end_as(os.waitstatus_to_exitcode(status))


def _request(what: int, value: int) -> None:
    if _IS_LINUX:
        ctypes.CDLL(None).prctl(what, value, 0, 0, 0)


def _stop() -> NoReturn:
    _end_all()
    os._exit(1)


def _end_all() -> None:
    """End the process group of the module, and all that is or becomes a child of this process."""
    for leader in _started:
        with suppress(OSError):
            os.killpg(leader, signal.SIGKILL)
    for _ in range(_TRIES):
        for child in _children():
            with suppress(OSError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)


def _children() -> list[int]:
    found = []
    for name in os.listdir("/proc") if _IS_LINUX else ():
        if name.isdecimal():
            with suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat", "rb") as stream:
                if int(stream.read().rpartition(b")")[2].split()[1]) == os.getpid():
                    found.append(int(name))
    return found


def _end_as(status: int) -> NoReturn:
    """End with a status, or by the signal that it stands for, without a second memory dump."""
    if status < 0:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status if status >= 0 else 1)


if __name__ == "__main__":
    main()

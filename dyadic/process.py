"""The program as a process: signals, exit statuses, and the one line that says what went wrong.

Nothing heavy is imported here, so that an interruption is answered from the start.  A signal is not turned into an
exception, which a library could swallow anywhere: the signals are blocked in every thread, and one thread waits for
them and ends the program, whatever the others are doing.  The exit statuses stand in exits.py.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from dyadic import scratch
from dyadic.exits import CLOSED_PIPE, DEFECT, INVALID, say

COLLECTIONS = (50_000, 20, 20)
"""Thresholds of the garbage collector.  Equations are trees without cycles, so that the usual ones, made for programs
with little in memory, would spend a fifth of the time of a large network in looking for cycles."""
_STARTS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn")
"""The events that Python announces before it starts a process."""
_FOR_EVER = 1e6
_ENDINGS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}


def main() -> NoReturn:
    """Run the command line and end the process."""
    watch_signals()
    gc.set_threshold(*COLLECTIONS)
    _open_closed_streams()
    arguments, debug = _debugging(sys.argv[1:])
    if not sys.warnoptions and not debug:
        import warnings

        warnings.simplefilter("ignore")  # a library's warning is no message to a user
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    _leave(_run(arguments, debug))


def _debugging(arguments: list[str]) -> tuple[list[str], bool]:
    """The arguments without ``--debug``, which may stand anywhere, and whether it was there."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    kept = [argument for argument in arguments[:end] if argument != "--debug"]
    debug = len(kept) < end or os.environ.get("DYADIC_DEBUG", "") not in ("", "0")
    return kept + arguments[end:], debug


def _run(arguments: list[str], debug: bool) -> int:
    try:
        from dyadic.cli import run

        return run(arguments)
    except BrokenPipeError:
        return CLOSED_PIPE
    except KeyboardInterrupt:  # where signals cannot be blocked
        say("interrupted")
        return 130
    except Exception as error:
        if debug:
            import traceback

            with scratch.LOCK:
                traceback.print_exc()
        return _report(error)


def _report(error: Exception) -> int:
    """One line about what ended the program; its exit status."""
    errors = sys.modules.get("dyadic.symbolic.errors")
    if errors is not None and isinstance(error, errors.DyadicError):
        say(str(error))
        return INVALID
    if isinstance(error, MemoryError):
        given = next((f"{word}: " for word in sys.argv[2:] if not word.startswith("-")), "")
        say(f"{given}memory does not suffice for it; give a smaller network, or a machine with more memory")
        return INVALID
    if isinstance(error, OSError):
        if not error.filename and error.errno in (5, 9, 27, 28):
            _say_unwritable(error)
        else:
            say(f"{error.filename or 'the system'}: {error.strerror or error}; check the place")
        return INVALID
    say(defect_line(error))
    return DEFECT


def _say_unwritable(error: OSError) -> None:
    say(f"standard output: cannot be written ({error.strerror}); check the place")


def defect_line(error: Exception) -> str:
    """What to say of an error that is the program's own."""
    from dyadic.version import __version__

    return (
        f"a defect of dyadic, not of your input: {type(error).__name__}: {str(error)[:300]} ({_place(error)}, "
        f"dyadic {__version__}, Python {sys.version.split()[0]}); please report this line with the command and its "
        "input (--debug shows the traceback)"
    )


def _place(error: BaseException) -> str:
    """The last line of the package that the error came through."""
    here = os.path.dirname(os.path.realpath(__file__))
    roots = (here, os.path.dirname(here))
    found, trace = "in no file", error.__traceback__
    while trace is not None:
        name = os.path.realpath(trace.tb_frame.f_code.co_filename)
        for root in roots:
            if name.startswith(root + os.sep) and "site-packages" not in name[len(root) :]:
                found = f"{name[len(root) + 1 :]}, line {trace.tb_lineno}"
                break
        trace = trace.tb_next
    return found


def _leave(status: int) -> NoReturn:
    """End the process with all output written, and nothing left for the interpreter to do."""
    scratch.LOCK.acquire()  # if the program is being stopped, it ends as stopped
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = CLOSED_PIPE
    except OSError as error:
        if status != INVALID:
            _say_unwritable(error)
        status = INVALID
    if sys.gettrace() is None and sys.getprofile() is None:
        os._exit(status)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(status)  # a profiler or a debugger wants to see the end


def _open_closed_streams() -> None:
    """Give the null device to a standard stream that is closed: the next file opened would take its place.

    That of standard output cannot be written, so that what a command says there is not lost without a word.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDONLY if number == 1 else os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115


# -- signals -----------------------------------------------------------------------------------------------------------


def watch_signals() -> None:
    """From here on an interruption ends the process at once, with one line, and leaves nothing behind."""
    if not hasattr(signal, "pthread_sigmask"):
        return
    numbers = [getattr(signal, name) for name in _ENDINGS]
    watched = {number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN}
    if not watched:
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    os.register_at_fork(after_in_child=lambda: _in_child(watched))
    threading.Thread(target=_wait, args=(watched,), daemon=True, name="signals").start()


def _in_child(watched: set[signal.Signals]) -> None:
    """A worker process is ended by the process that started it, not by the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)


def _wait(watched: set[signal.Signals]) -> None:
    _stop(signal.sigwait(watched))


def _stop(number: int) -> NoReturn:
    """End the children, remove what is temporary, say one line and end, while the other threads go on."""
    sys.setswitchinterval(1e-4)  # this thread is the one that matters now
    scratch.LOCK.acquire(timeout=1)  # and never released: nothing temporary comes into being any more
    try:
        _start_no_more()
        _end_children()
        scratch.remove_all()
        terminal = b"\r\x1b[2K\x1b[?25h" if os.isatty(2) else b""  # a spinner's line, and the cursor that it hides
        os.write(2, terminal + f"dyadic: {_ENDINGS[signal.Signals(number).name]}\n".encode())
    finally:
        os._exit(128 + number)


def _start_no_more() -> None:
    """From here on no other thread starts a process; what one is starting now is waited for.

    A thread whose child is killed would start the next one while the program ends, and leave it behind.
    """
    own = threading.get_ident()

    def hold(event: str, _: object) -> None:
        if event in _STARTS and threading.get_ident() != own:
            while True:
                time.sleep(_FOR_EVER)

    sys.addaudithook(hold)
    until = time.monotonic() + 1
    while time.monotonic() < until and any(map(_is_starting, sys._current_frames().values())):
        time.sleep(1e-3)


def _is_starting(frame: FrameType | None) -> bool:
    """Whether a thread is in the midst of starting a process, and not held before it."""
    if frame is not None and frame.f_code.co_name == "hold":
        return False
    while frame is not None:
        if frame.f_code.co_name in ("_execute_child", "_launch"):  # of subprocess.Popen and of multiprocessing's
            return True
        frame = frame.f_back
    return False


def _end_children() -> None:
    """Kill all processes that descend from this one; a pool may start another meanwhile, so look until none is left."""
    for _ in range(100):
        children = _descendants()
        if not children:
            return
        for child in children:
            with suppress(OSError):
                os.kill(child, signal.SIGKILL)


def _descendants() -> set[int]:
    if not os.path.isdir("/proc/self"):
        multiprocessing = sys.modules.get("multiprocessing")
        return {child.pid for child in multiprocessing.active_children()} if multiprocessing else set()
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as stream:
                    state, parent = stream.read().rpartition(b")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            if state != b"Z":
                parents[int(name)] = int(parent)
    found, new = set(), {os.getpid()}
    while new:
        new = {child for child, parent in parents.items() if parent in new and child not in found}
        found |= new
    return found

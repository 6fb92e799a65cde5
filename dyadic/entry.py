"""The program's first instruction: from here on no signal is answered by Python.

Nothing is imported before the signals are blocked, not even :mod:`signal`, which takes longer to import (its numbers
are enumerations) than all that is done here.  What remains is Python's own start, with its site packages, and the
millisecond in which this file is found: an interruption then ends the process as Python does, perhaps with a traceback.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and end the process."""
    _block()
    from dyadic import process

    process.main()


def _block() -> None:
    """Hold back the signals that end the program until :mod:`dyadic.process` waits for them."""
    import _signal  # type: ignore[import-not-found]  # the compiled part of signal, a part of every interpreter

    if hasattr(_signal, "pthread_sigmask"):
        numbers = (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP)
        watched = [number for number in numbers if _signal.getsignal(number) != _signal.SIG_IGN]
        _signal.pthread_sigmask(_signal.SIG_BLOCK, watched)


if __name__ == "__main__":
    main()

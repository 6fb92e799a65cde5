"""Every equation of whole networks read back in every format, and every sign of it changed.

Run by ``make typeset``; tests/typeset/test_read_back.py has every layer type and cost.  Names of networks choose those.
"""

from __future__ import annotations

import sys
import time

from typeset.test_read_back import FORMATS, document_of, hold, signs_seen

from campaigns.typeset_matrix import networks


def main():
    every = networks()
    for name in sys.argv[1:] or every:
        start = time.process_time()
        document = document_of(every[name]())
        read = time.process_time()
        equations = hold(document) // len(FORMATS)
        signs = {signs_seen(document, kind) for kind in FORMATS}
        assert len(signs) == 1, "every format has the same signs"
        print(
            f"{name:<12} {equations:>4} equations, {signs.pop():>4} signs in each of {len(FORMATS)} formats; "
            f"CPU seconds: {read - start:.1f} to derive, {time.process_time() - read:.1f} to read back",
            flush=True,
        )


if __name__ == "__main__":
    main()

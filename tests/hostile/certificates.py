"""What is no certificate, or one that has been tampered with in its form."""

from __future__ import annotations

import json

NINES = "9" * 5_000
CERTIFICATES = {
    "empty": b"",
    "text": b"no certificate",
    "not UTF-8": b"\xff\xfe",
    "zeros": b"\0" * 1000,
    "null": b"null",
    "number": b"3",
    "true": b"true",
    "list": b"[]",
    "object": b"{}",
    "NaN": b'{"format": NaN}',
    "Infinity": b'{"format": Infinity}',
    "5,000 digits": f'{{"format": {NINES}}}'.encode(),
    "nested lists": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "nested and closed": b"[" * 900 + b"]" * 900,
    "cut short": b'{"format": 3, "graph": {',
    "two documents": b"{}{}",
    "duplicate keys": b'{"format": 3, "format": 3}',
    "format text": b'{"format": "3"}',
    "format of the future": b'{"format": 99}',
    "format 3 alone": b'{"format": 3}',
    "format 4 alone": b'{"format": 4}',
    "claims a number": json.dumps({"format": 3, "claims": 3}).encode(),
    "graph a list": json.dumps({"format": 3, "graph": [], "claims": [], "steps": 2}).encode(),
    "surrogate": b'{"name": "\\ud800"}',
    "many keys": json.dumps({str(k): k for k in range(100_000)}).encode(),
    "a long text": json.dumps({"format": "x" * 1_000_000}).encode(),
    "folder": None,
    "fifo": ...,
}

"""Tables that a benchmark writes into the documentation."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]


def put(name: str, text: str, page: str = "docs/readers.md") -> None:
    """Put a table between its marks in a page."""
    path = ROOT / page
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    content = path.read_text(encoding="utf-8")
    if begin not in content or end not in content:
        raise SystemExit(f"{path}: has no marks {begin} and {end}")
    head, _, rest = content.partition(begin)
    path.write_text(f"{head}{begin}\n{text}\n{end}{rest.partition(end)[2]}", encoding="utf-8")

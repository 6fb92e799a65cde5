"""The compiled files of proofs/coq, kept between commands in a folder of the user's, since compiling them takes long.

A file is kept under the hash of all that it was made from: its text, coqc, the libraries that coqc finds, and the files
of the development that it requires, as they are compiled.  It is taken only from a folder that is the user's own and
closed to others, and only if it is, byte for byte, what was recorded there; otherwise it is compiled anew.

Trusts: that no program writes into that folder with the user's rights.  Coq does not check a proof again that it reads
compiled.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from graphlib import TopologicalSorter
from importlib.resources import files
from pathlib import Path

from dyadic.proofs.methods.coqc import CoqError, compile_file, find_coqc, run
from dyadic.scratch import write_whole

WRITTEN_FOR = "Coq 8.16"
KEPT = 400
"""How many compiled files are kept; those go first that have not been used for longest."""
_DIGEST = hashlib.sha256().digest_size


def put_library(folder: Path, names: Sequence[str]) -> None:
    """Put these files of the development into ``folder``, compiled: as they are kept, or compiled now and kept.

    names: with every file that one of them requires, unless ``folder`` holds it; two files are compiled at a time.
    Raises :class:`dyadic.proofs.methods.coqc.CoqError` with coqc's message, and with the version
    that the files are for.
    """
    texts = {name: files("dyadic.proofs").joinpath(f"coq/{name}.v").read_text(encoding="utf-8") for name in names}
    shelf = shelf_of(folder)
    order = TopologicalSorter({name: set(required(text)) & set(texts) for name, text in texts.items()})
    order.prepare()
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(2) as pool:
        while order.is_active():
            running |= {pool.submit(put_text, folder, name, texts[name], shelf): name for name in order.get_ready()}
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(done)
                try:
                    done.result()
                except CoqError as error:
                    message = f"{name}.v of proofs/coq, which {WRITTEN_FOR} compiles, is not compiled here: {error}"
                    raise CoqError(message) from error
                order.done(name)


def put_text(
    folder: Path, name: str, text: str, shelf: Shelf | None, seconds: float = 120, kibibytes: int | None = None
) -> None:
    """Put one compiled file into ``folder``, which holds those that it requires: as the shelf has it, or compiled now.

    Raises :class:`dyadic.proofs.methods.coqc.CoqError` with coqc's message.
    """
    compiled = folder / f"{name}.vo"
    if shelf is None:
        compile_file(folder, name, text, seconds, kibibytes)
        return
    others = [hashlib.sha256((folder / f"{other}.vo").read_bytes()).hexdigest() for other in required(text)]
    place = shelf.place(name, text, *others)
    content = _taken(place)
    if content is not None:
        compiled.write_bytes(content)
        with suppress(OSError):
            os.utime(place)
        return
    compile_file(folder, name, text, seconds, kibibytes)
    with suppress(OSError):
        _keep(place, compiled.read_bytes())


def required(text: str) -> list[str]:
    """The files of the development that a file requires, in its order."""
    return [name for line in re.findall(r"^From Dyadic Require Import ([\w ]+)\.", text, re.M) for name in line.split()]


def cache_folder() -> Path | None:
    """The folder for what is kept, made if need be; ``None`` if it would not be the user's own and closed to others."""
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = base / "dyadic" / "coq"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        about = folder.lstat()
    except (OSError, RuntimeError):  # the latter: no home
        return None
    closed = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and not about.st_mode & 0o077
    return folder if closed and base.is_absolute() else None


@dataclass(frozen=True)
class Shelf:
    """Where compiled files are kept that were made by one coqc with one set of libraries."""

    folder: Path
    made_by: str

    def place(self, *made_from: str) -> Path:
        """The file for what was made from these; ``made_from`` tells everything but coqc and its libraries."""
        return self.folder / hashlib.sha256(json.dumps([self.made_by, *made_from]).encode()).hexdigest()


def shelf_of(folder: Path) -> Shelf | None:
    """For the coqc at hand: its version, path, size and time, and those of the compiled libraries that it finds.

    ``None`` where nothing can be kept.  Raises :class:`dyadic.proofs.methods.coqc.CoqError` where there is no coqc.
    """
    where, version = (run("coqc", folder, option).strip() for option in ("-where", "--version"))
    kept, coqc = cache_folder(), find_coqc()
    if kept is None or coqc is None:
        return None
    roots = [Path(where), *(Path(place) for place in os.environ.get("COQPATH", "").split(os.pathsep) if place)]
    with suppress(RuntimeError):  # no home
        roots.append(Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "coq")
    libraries = [_stamp(path) for root in roots for path in sorted(root.rglob("*.vo"))]
    return Shelf(kept, json.dumps([version, _stamp(Path(coqc).resolve()), libraries]))


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        about = path.stat()
    except OSError:  # a link to nothing is no library
        return str(path), 0, 0
    return str(path), about.st_size, about.st_mtime_ns


def _taken(place: Path) -> bytes | None:
    """The compiled file that is kept there, ``None`` if there is none, or not as it was made.

    What is looked at is what is used: the file is read once.
    """
    try:
        with os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & 0o022:
                return None
            kept = file.read()
    except OSError:
        return None
    return kept[_DIGEST:] if kept[:_DIGEST] == _digest(place, kept[_DIGEST:]) else None


def _keep(place: Path, compiled: bytes) -> None:
    """Put a compiled file there, whole, with its digest in front, and remove what has not been used for longest."""
    if place.is_symlink():
        place.unlink()
    write_whole(place, _digest(place, compiled) + compiled)
    place.chmod(0o600)
    for old in sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
        old.unlink(missing_ok=True)


def _digest(place: Path, compiled: bytes) -> bytes:
    """Of the compiled file and of what it was made from, so that nothing passes for something else."""
    return hashlib.sha256(place.name.encode() + compiled).digest()

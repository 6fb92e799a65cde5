"""The cache of compiled modules: files that are cut off, places that nobody can write to, several threads at once."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support.emulated import drawn, emitted, two_layers

DERIVATION = two_layers()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "dyadic"


def test_a_file_that_was_cut_off_is_made_again(cache, monkeypatch):
    given = drawn(DERIVATION)
    loss, _ = emitted(DERIVATION, "c", monkeypatch).gradients(*given)
    (library,) = [path for path in cache.iterdir() if path.suffix != ".sha256"]
    whole = library.read_bytes()
    for kept in (0, 100, len(whole) // 2, len(whole) - 1):
        library.unlink()  # the file that is loaded stays as it is
        library.write_bytes(whole[:kept])
        assert emitted(DERIVATION, "c", monkeypatch).gradients(*given)[0] == loss
        assert library.read_bytes()[:4] == whole[:4]
        assert library.stat().st_size == len(whole)


@pytest.mark.skipif(os.name != "posix", reason="its permissions are POSIX's")
@pytest.mark.parametrize("place", ["a file", "a folder in a file", "a link to nothing", "a pipe"])
def test_where_nothing_can_be_kept_it_runs_all_the_same(cache, place, monkeypatch):
    if place == "a folder in a file":
        cache.parent.write_text("")
    elif place == "a pipe":
        module = emitted(DERIVATION, "c", monkeypatch)
        module.gradients(*drawn(DERIVATION))
        (library,) = [path for path in cache.iterdir() if path.suffix != ".sha256"]
        library.unlink()
        os.mkfifo(library)
    else:
        cache.parent.mkdir()
        cache.write_text("") if place == "a file" else cache.symlink_to(cache.parent / "nowhere" / "at all")
    loss, _ = emitted(DERIVATION, "c", monkeypatch).gradients(*drawn(DERIVATION))
    assert np.isfinite(loss)


def test_threads_that_come_at_once(cache, monkeypatch):
    module, given = emitted(DERIVATION, "c", monkeypatch), drawn(DERIVATION)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: module.gradients(*given)[0], range(16)))
    finally:
        sys.setswitchinterval(interval)
    assert len(set(found)) == 1
    assert len(list(cache.iterdir())) == 2


def test_the_compiler_that_is_named_is_taken_with_its_arguments(cache, monkeypatch, tmp_path):
    called = tmp_path / "called"
    compiler = tmp_path / "one"
    compiler.write_text(f'#!/bin/sh\necho "$@" >> {called}\nexec cc "$@"\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", f"{compiler} -O1")
    module = emitted(DERIVATION, "c", monkeypatch)
    module.gradients(*drawn(DERIVATION))
    assert all(line.startswith("-O1 ") for line in called.read_text().splitlines())


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("/no/such/cc", "is not there"),
        ("true", "could not compile"),
        ("gcc '", "cannot be read as a command"),
        ("cc -c", "makes no library"),
    ],
)
def test_a_compiler_that_is_none_is_named(cache, monkeypatch, named, message):
    module = emitted(DERIVATION, "c", monkeypatch)
    monkeypatch.setenv("CC", named)
    with pytest.raises(RuntimeError, match=message):
        module.gradients(*drawn(DERIVATION))
    assert not cache.exists()


def test_the_library_of_another_module_is_none_of_this(cache, monkeypatch):
    one, two = (two_layers(inner=inner) for inner in (5, 6))
    loss, _ = emitted(one, "c", monkeypatch).gradients(*drawn(one))
    mine = {path.suffix: path for path in cache.iterdir()}
    emitted(two, "c", monkeypatch).gradients(*drawn(two))
    for other in set(cache.iterdir()) - {*mine.values()}:
        mine[other.suffix].unlink()
        other.rename(mine[other.suffix])
    assert emitted(one, "c", monkeypatch).gradients(*drawn(one))[0] == loss

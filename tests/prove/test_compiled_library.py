"""What is kept of the compiled Coq library: taken as it was made, and made anew wherever it may be something else.

coqc is asked for its version and its libraries; what it compiles is stood in for, but for the last two tests.
"""

import shutil

import pytest
from support.optional import require

from dyadic.proofs.methods import compiled_library, coqc

TEXTS = {"Ground": "From Coq Require Import Arith.\n", "House": "From Dyadic Require Import Ground.\n", "Shed": "\n"}


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The folder of what is kept, empty."""
    require(coqc.find_coqc(), "coqc is not installed (apt-get install coq)")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = compiled_library.cache_folder()
    assert folder is not None
    return folder


class Development:
    """A development of three files, of which one requires another, and a coqc that says what it compiled."""

    def __init__(self, tmp_path, monkeypatch):
        self.texts, self.path, self.compiled, self.result = dict(TEXTS), tmp_path, [], ""
        (tmp_path / "coq").mkdir()
        monkeypatch.setattr(compiled_library, "files", lambda package: tmp_path)
        monkeypatch.setattr(compiled_library, "compile_file", self._compile)

    def _compile(self, folder, name, text, *bounds):
        self.compiled.append(name)
        (folder / f"{name}.vo").write_bytes(f"{name}{self.result}: {text}".encode())

    def put(self):
        """Which files were compiled to have all of them."""
        for name, text in self.texts.items():
            (self.path / "coq" / f"{name}.v").write_text(text)
        folder = self.path / "out"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.compiled.clear()
        compiled_library.put_library(folder, tuple(self.texts))
        for name, text in self.texts.items():
            made = (folder / f"{name}.vo").read_bytes().decode()
            assert made.startswith(name)
            assert made.endswith(f": {text}")
        return set(self.compiled)


@pytest.fixture
def development(kept, tmp_path, monkeypatch):
    return Development(tmp_path, monkeypatch)


def test_what_is_kept_is_not_compiled_again(development, kept):
    assert development.put() == set(TEXTS)
    assert len(list(kept.iterdir())) == len(TEXTS)
    assert development.put() == set()


def test_a_changed_file_and_those_that_require_it_are_compiled_again(development):
    development.put()
    development.texts["Shed"] += "(* other *)\n"
    assert development.put() == {"Shed"}
    development.texts["Ground"] += "(* other *)\n"
    assert development.put() == {"Ground", "House"}


def test_what_another_coqc_made_is_not_taken(development, tmp_path, monkeypatch):
    development.put()
    own = coqc.find_coqc()
    (tmp_path / "bin").mkdir()
    other = tmp_path / "bin" / "coqc"
    other.write_text(f'#!/bin/sh\nexec {own} "$@"\n')
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    assert development.put() == set(TEXTS)
    assert development.put() == set()


def test_what_was_made_with_other_libraries_is_not_taken(development, tmp_path, monkeypatch):
    development.put()
    library = tmp_path / "user-contrib" / "Real.vo"
    library.parent.mkdir()
    library.write_bytes(b"one")
    monkeypatch.setenv("COQPATH", str(library.parent))
    assert development.put() == set(TEXTS)
    library.write_bytes(b"another")
    assert development.put() == set(TEXTS)
    (library.parent / "Gone.vo").symlink_to(tmp_path / "nowhere")
    assert development.put() == set(TEXTS)


def flip(place, other):
    content = bytearray(place.read_bytes())
    content[-1] ^= 1
    place.write_bytes(content)


def shorten(place, other):
    place.write_bytes(place.read_bytes()[:-1])


def empty(place, other):
    place.write_bytes(b"")


def exchange(place, other):
    place.write_bytes(other.read_bytes())


def link(place, other):
    moved = place.parent.parent / "moved"
    place.rename(moved)
    place.symlink_to(moved)


def open_to_others(place, other):
    place.chmod(0o620)


@pytest.mark.parametrize("change", [flip, shorten, empty, exchange, link, open_to_others])
def test_a_changed_file_is_not_taken(development, kept, change):
    development.put()
    places = sorted(kept.iterdir())
    for place, other in zip(places, places[1:] + places[:1], strict=True):
        held = other.read_bytes()
        change(place, other)
        assert len(development.put()) == 1, place
        assert other.read_bytes() == held
        assert development.put() == set()


def test_a_folder_in_its_place_only_costs_time(development, kept):
    development.put()
    place = min(kept.iterdir())
    place.unlink()
    place.mkdir()
    assert len(development.put()) == 1
    assert len(development.put()) == 1


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o720])
def test_a_folder_that_is_open_to_others_is_not_used(development, kept, mode):
    development.put()
    kept.chmod(mode)
    assert compiled_library.cache_folder() is None
    assert development.put() == set(TEXTS)


def test_a_folder_of_somebody_else_is_not_used(development, kept, monkeypatch):
    development.put()
    monkeypatch.setattr(compiled_library.os, "geteuid", lambda: kept.stat().st_uid + 1)
    assert compiled_library.cache_folder() is None
    assert development.put() == set(TEXTS)


def test_without_a_place_everything_is_compiled(development, tmp_path, monkeypatch):
    for place in (tmp_path / "file", "relative"):
        (tmp_path / "file").write_text("")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("XDG_CACHE_HOME", str(place))
        assert compiled_library.cache_folder() is None
        assert development.put() == set(TEXTS)
        assert development.put() == set(TEXTS)


def test_what_is_used_stays(development, kept, monkeypatch):
    monkeypatch.setattr(compiled_library, "KEPT", len(TEXTS) + 1)
    for number in range(5):
        development.texts["Shed"] = f"(* {number} *)\n"
        assert development.put() == (set(TEXTS) if number == 0 else {"Shed"})
        assert len(list(kept.iterdir())) == len(TEXTS) + (number > 0)


def test_every_file_that_is_required_is_seen():
    for path in compiled_library.files("dyadic.proofs").joinpath("coq").iterdir():
        if path.name.endswith(".v"):
            text = path.read_text()
            asked = [line for line in text.splitlines() if "Dyadic" in line and "Require" in line]
            assert len(compiled_library.required("\n".join(asked))) == sum(len(line.split()) - 4 for line in asked)
            assert not [line for line in text.splitlines() if "Require" in line and not line.startswith("From ")]


def test_a_real_file_is_the_same_when_it_is_taken(kept, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        compiled_library.put_library(folder, ("Stabilisation", "Dyadic"))
    assert not (second / "Dyadic.v").exists()
    assert (first / "Dyadic.vo").read_bytes() == (second / "Dyadic.vo").read_bytes()
    source = "From Dyadic Require Dyadic.\nPrint Assumptions Dyadic.exact_in_2L_steps.\n"
    assert coqc.compile_file(second, "Ask", source) == "Closed under the global context\n"


def test_what_the_user_declares_for_coq_is_not_declared_here(kept, tmp_path, monkeypatch):
    for place in ("coq/coqrc", ".coqrc"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text("Axiom planted : False.\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(coqc.CoqError, match="planted was not found"):
        coqc.compile_file(tmp_path, "Asked", "Lemma wrong : False. Proof. exact planted. Qed.\n")

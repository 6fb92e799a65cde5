"""Arrays that a caller gives are finite and of their shape, wherever they come from, or are refused."""

import os
import struct
import zipfile

import numpy as np
import pytest
from support.given_values import SHAPES, WANTED, WORDS, network, stored, weights, with_value

import dyadic
from dyadic.physics.given_arrays import MOST_SAMPLED, Wanted
from dyadic.physics.gradient_error import gradient_error
from dyadic.physics.loading import emitted_network
from dyadic.physics.starts import problem


@pytest.mark.parametrize("savez", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float32", ">f8", "int16", "float16"])
def test_a_file_holds_the_numbers_that_were_written(tmp_path, savez, order, dtype):
    given = {n: np.asarray(10 * a, dtype=dtype, order=order) for n, a in weights().items()}
    savez(tmp_path / "w.npz", **given)
    found = WANTED.taken(tmp_path / "w.npz")
    assert list(found) == list(SHAPES)
    assert all((found[n] == given[n].astype(float)).all() and found[n].dtype == float for n in SHAPES)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (with_value(-np.inf), r"p.weight\[1, 0\] is -inf"),
        (with_value(np.nan, (2, 1)), r"p.weight\[2, 1\] is nan"),
        (with_value(1 + 0j), "complex128; give real numbers"),
        (np.ones((3, 2)).astype("datetime64[s]"), "datetime64"),
        (np.zeros((3, 2), dtype=[("a", float)]), "give real numbers"),
        (np.full((3, 2), "7"), "<U1"),
        (np.ones((3, 2, 1)), r"shape \(3, 2, 1\); give one of shape \(3, 2\)"),
        (np.ones((2, 3)), r"shape \(2, 3\)"),
        (np.float64(3), r"shape \(\)"),
    ],
    ids=str,
)
def test_every_array_is_real_finite_and_of_its_shape_wherever_it_comes_from(tmp_path, wrong, message):
    path = stored(tmp_path / "wrong.npz", p_weight=wrong)
    with pytest.raises(dyadic.DyadicError, match=rf"wrong.npz: .*{message}"):
        WANTED.taken(path)
    with pytest.raises(dyadic.DyadicError, match=rf"parameters: .*{message}"):
        WANTED.taken(weights(p_weight=wrong))


def test_a_number_that_single_precision_cannot_hold(tmp_path):
    path = stored(tmp_path / "large.npz", p_weight=with_value(-1e39))
    WANTED.taken(path)
    with pytest.raises(dyadic.DyadicError, match=r"is -1e\+39, which float32 cannot hold"):
        Wanted("parameters", SHAPES, "float32").taken(path)


@pytest.mark.parametrize(
    ("value", "kind", "dtype", "rounded"),
    [
        (2**63 + 1, "uint64", "float64", "9223372036854775808"),
        (2**64 - 1, "uint64", "float64", "18446744073709551616"),
        (-(2**53) - 1, "int64", "float64", "-9007199254740992"),
        (2**24 + 1, "int32", "float32", "16777216"),
    ],
)
def test_an_integer_is_not_rounded_without_a_word(tmp_path, value, kind, dtype, rounded):
    wanted, held = Wanted("parameters", SHAPES, dtype), (value // 4096) * 4096
    path = stored(tmp_path / "large.npz", p_weight=np.full((3, 2), value, dtype=kind))
    with pytest.raises(dyadic.DyadicError, match=rf"p.weight\[0, 0\] is {value}, which {dtype} rounds to {rounded};"):
        wanted.taken(path)
    found = wanted.taken(weights(p_weight=np.full((3, 2), held, dtype=kind)))
    assert int(found["p.weight"][2, 1]) == held


def test_every_integer_is_held_or_refused():
    random = np.random.default_rng(5)
    for kind, dtype in (("int64", "float64"), ("uint64", "float64"), ("int64", "float32"), ("int16", "float32")):
        for _ in range(200):
            bits = int(random.integers(1, np.iinfo(kind).bits))
            value = int(random.integers(0, 2**bits - 1, dtype="uint64", endpoint=True))
            value = min(value >> int(random.integers(0, bits)) << int(random.integers(0, 12)), np.iinfo(kind).max)
            value *= -1 if np.iinfo(kind).min and random.integers(2) else 1
            given = weights(p_weight=np.full((3, 2), value, dtype=kind))
            exact = int(np.dtype(dtype).type(value)) == value
            try:
                found = Wanted("parameters", SHAPES, dtype).taken(given)
                assert exact
                assert int(found["p.weight"][0, 0]) == value
            except dyadic.DyadicError:
                assert not exact


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1, 2], [3]], "no array of numbers"),
        (object(), "give real numbers"),
        ([["a", "b"]] * 3, "give real numbers"),
        (None, "give real numbers"),
    ],
)
def test_an_object_that_holds_no_numbers(value, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        WANTED.taken(weights(p_weight=value))


def test_what_pytorch_differentiates_by_has_its_numbers():
    torch = pytest.importorskip("torch")
    value = torch.ones(3, 2, dtype=torch.float64, requires_grad=True)
    assert (WANTED.taken(weights(p_weight=2 * value))["p.weight"] == 2).all()


@pytest.mark.parametrize("source", [7, None, [1.0], np.ones(3), b"w.npz"], ids=str)
def test_a_source_is_a_mapping_or_a_path(source):
    with pytest.raises(dyadic.DyadicError, match=r"give arrays by name, or the path of an \.npz file"):
        WANTED.taken(source)


def member(name, header=None, content=b"", version=b"\x01\x00", magic=b"\x93NUMPY"):
    header = header or f"{{'descr': '<f8', 'fortran_order': False, 'shape': {SHAPES.get(name, (1,))}, }}"
    text = header.encode()
    return magic + version + struct.pack("<H", len(text)) + text + content


def archive(path, members, **options):
    with zipfile.ZipFile(path, "w", **options) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def all_but(changed):
    return [(f"{n}.npy", changed if n == "q.bias" else member(n, content=bytes(8 * int(np.prod(s)))))
            for n, s in SHAPES.items()]  # fmt: skip


DEEP = "{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 4000 + ")" * 4000 + "}"
BROKEN = {
    "too few numbers": member("q.bias", content=bytes(15)),
    "too many numbers": member("q.bias", content=bytes(17)),
    "a tebibyte": member("q.bias", "{'descr': '<f8', 'fortran_order': False, 'shape': (137438953472,), }"),
    "a negative extent": member("q.bias", "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,), }"),
    "a pickle": member("q.bias", "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", b"\x80\x04."),
    "a header that is no dictionary": member("q.bias", "[1, 2]"),
    "a deep header": member("q.bias", DEEP),
    "a long header": member("q.bias", " " * 40000),
    "another version": member("q.bias", version=b"\x07\x00", content=bytes(16)),
    "another magic": member("q.bias", magic=b"\x93NUMPX", content=bytes(16)),
    "nothing": b"",
}


@pytest.mark.parametrize("how", sorted(BROKEN))
def test_a_member_that_is_no_such_array(tmp_path, how):
    path = archive(tmp_path / "w.npz", all_but(BROKEN[how]))
    with pytest.raises(dyadic.DyadicError, match=r"w\.npz: q\.bias"):
        WANTED.taken(path)


def test_the_archive_that_the_broken_ones_are_made_from_is_read(tmp_path):
    whole = member("q.bias", content=struct.pack("<dd", 3, 4))
    assert WANTED.taken(archive(tmp_path / "w.npz", all_but(whole)))["q.bias"].tolist() == [3, 4]


def damaged(path, how):
    """An archive of the right arrays that something happened to."""
    whole = all_but(member("q.bias", content=bytes(16)))
    if how == "twice":
        with pytest.warns(UserWarning, match="Duplicate"):
            return archive(path, [*whole, whole[0]])
    if how == "bzip2":
        return archive(path, whole, compression=zipfile.ZIP_BZIP2)
    content = bytearray(archive(path, whole).read_bytes())
    if how == "checksum":
        content[content.index(b"\x93NUMPY") + 200] ^= 1
    elif how == "end":
        del content[-1]
    elif how == "comment":
        content += b"and more"
    elif how == "directory":
        content[-10:-6] = struct.pack("<I", 2**31)
    elif how == "text":
        content[:] = b"p.weight = 1\n" * 9
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("how", ["twice", "bzip2", "checksum", "end", "comment", "directory", "text"])
def test_a_damaged_archive(tmp_path, how):
    with pytest.raises(dyadic.DyadicError, match=r"w\.npz: .*numpy\.savez"):
        WANTED.taken(damaged(tmp_path / "w.npz", how))


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop", "nothing"])
def test_only_a_regular_file_is_read(tmp_path, kind):
    path = tmp_path / "w.npz"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    with pytest.raises(dyadic.DyadicError, match=r"w\.npz: cannot be read"):
        WANTED.taken(path)


def test_a_file_of_very_many_samples_is_refused_by_its_headers(tmp_path):
    """What it says to hold is never read: the members are empty."""
    count = MOST_SAMPLED
    header = "{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, 2), }}"
    path = archive(tmp_path / "d.npz", [(f"{n}.npy", member(n, header.format(count))) for n in "uy"])
    with pytest.raises(dyadic.DyadicError, match=rf"d\.npz: {count} samples of .* too many; give at most"):
        dyadic.relax(network(), data=path)


def test_names_that_a_file_chose_cannot_write_on_the_terminal(tmp_path):
    np.savez(tmp_path / "w.npz", **{"\x1b[2Jboo": np.ones(1)}, **weights())
    with pytest.raises(dyadic.DyadicError, match=r"has, unasked, '\\x1b\[2Jboo'"):
        WANTED.taken(tmp_path / "w.npz")


def test_integers_stay_integers_and_in_their_range():
    derivation = dyadic.derive(dyadic.architecture(WORDS))
    emitted = emitted_network(derivation)
    _, x, y = problem(emitted, None, None, 3, 0)
    given = problem(emitted, None, {"words": x["words"], "y": y}, None, 0)
    assert given[1]["words"].dtype.kind in "iu"
    for wrong in (x["words"] + 7, x["words"] * 1.0):
        with pytest.raises(dyadic.DyadicError, match="integers from 0 to 6"):
            dyadic.relax(derivation, data={"words": wrong, "y": y})


def test_numbers_at_which_nothing_is_finite():
    for given in (weights(q_weight=np.full((2, 3), 1e200)), weights(q_bias=np.array([1e250, -1.0]))):
        with pytest.raises(dyadic.DyadicError, match=r"parameters: .* is not finite there"):
            dyadic.compare(network(), given, methods=["dyadic"])


def test_the_error_of_large_and_small_gradients_does_not_overflow():
    random = np.random.default_rng(3)
    one, two = random.normal(size=(2, 9))
    error, cosine = gradient_error(one, two)
    assert error == pytest.approx(np.linalg.norm(one - two) / np.linalg.norm(two))
    for factor in (1e250, 1e-250):
        assert gradient_error(factor * one, factor * two) == pytest.approx((error, cosine))
    assert gradient_error(0 * one, 0 * one) == pytest.approx((0, np.nan), nan_ok=True)

"""What a caller gives is a finite number or array in its range, or is refused before anything is computed."""

import os
import struct
import types
import zipfile

import numpy as np
import pytest

import dyadic
from dyadic.physics import hardware
from dyadic.physics.deviation import predicted
from dyadic.physics.dynamics import RelaxationSetting, built, run
from dyadic.physics.given_arrays import MOST_SAMPLED, Wanted
from dyadic.physics.gradient_error import gradient_error
from dyadic.physics.loading import emitted_network
from dyadic.physics.starts import problem, start

NET = {
    "name": "two",
    "inputs": {"u": {"shape": [2]}},
    "layers": [
        {"name": "p", "type": "dense", "units": 3, "activation": "tanh"},
        {"name": "q", "type": "dense", "units": 2},
    ],
    "cost": {"type": "squared_error"},
}
WORDS = {
    "name": "words",
    "inputs": {"words": {"shape": [4], "below": 7}},
    "layers": [{"name": "e", "type": "embedding", "count": 7, "units": 3}],
    "cost": {"type": "squared_error"},
}
SHAPES = {"p.weight": (3, 2), "p.bias": (3,), "q.weight": (2, 3), "q.bias": (2,)}
WANTED = Wanted("parameters", SHAPES, "float64")


def network(linear=False):
    layers = [{k: v for k, v in layer.items() if k != "activation"} for layer in NET["layers"]]
    return dyadic.derive(dyadic.architecture({**NET, "layers": layers} if linear else NET))


def weights(**changed):
    random = np.random.default_rng(5)
    return {name: random.normal(size=shape) for name, shape in SHAPES.items()} | {
        name.replace("_", "."): value for name, value in changed.items()
    }


def updates(linear=False, batch=None):
    emitted = emitted_network(network(linear))
    return built(emitted, problem(emitted, None, None, batch, 0))


def stored(path, **changed):
    np.savez(path, **weights(**changed))
    return path


def with_value(value, place=(1, 0)):
    array = np.ones((3, 2), dtype=np.result_type(np.array(value), float))
    array[place] = value
    return array


# -- arrays ------------------------------------------------------------------------------------------------------------


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
        (np.ones((3, 2, 1)), r"shape \(3, 2, 1\); give one of \(3, 2\)"),
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
    assert gradient_error(0 * one, 0 * one) == (0, 0)


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"h": "1"}, "step size h = '1'"),
        ({"h": None}, "step size h"),
        ({"h": 10**400}, "step size h"),
        ({"h": 1 + 1j}, "step size h"),
        ({"h": True}, "step size h"),
        ({"h": 1e-17}, "lost beside 1"),
        ({"h": 4e307, "steps": 9}, "no finite time"),
        ({"tau": {"q": 1e-310}}, "overflows"),
        ({"tau": {"q": np.inf}}, "positive"),
        ({"tau": {"q": "2"}}, "positive"),
        ({"tau": {"s:q": 2.0, "q": 2.0}}, "s:q is given twice"),
        ({"tau": [("q", 2.0)]}, "by name"),
        ({"tau": {3: 2.0}}, "no vertex '3'"),
        ({"steps": True}, "integer"),
        ({"steps": "4"}, "integer"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 0.5}, "seed"),
        ({"batch": 0}, "from 1 on"),
        ({"batch": 2.0}, "integer"),
        ({"batch": 10**12}, "too many"),
        ({"batch": 10**60}, "too many"),
        ({"batch": 2, "data": {"u": np.ones((2, 2)), "y": np.ones((2, 2))}}, "its own"),
        ({"blocks": 3}, "schedule blocks"),
        ({"blocks": 3, "schedule": "wavefront"}, "schedule blocks"),
        ({"blocks": 0.5, "schedule": "blocks"}, "exactly once"),
        ({"blocks": True, "schedule": "blocks"}, "from 1 to"),
        ({"blocks": [1, 2], "schedule": "blocks"}, "exactly once"),
        ({"schedule": ["synchronous"]}, "unknown"),
        ({"coordinates": 3}, "unknown"),
        ({"solver": None}, "unknown"),
        ({"start": 3}, "initial state"),
        ({"start": {}}, "lacks"),
        ({"params": 3}, "parameters"),
        ({"data": [np.ones((1, 2))]}, "data"),
        ({"progress": 3}, "progress"),
        ({"target": None}, "numpy"),
        ({"dtype": np.float16}, "float32"),
    ],
    ids=str,
)
def test_what_a_relaxation_cannot_be_run_with(wrong, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        dyadic.relax(network(), **wrong)


def test_a_state_that_is_not_finite_is_no_start():
    one = updates()
    state = start(one, "random", 0)
    state.s["p"][0, 1] = np.nan
    with pytest.raises(dyadic.DyadicError, match=r"initial state: s:p\[0, 1\] is nan"):
        run(one, RelaxationSetting(3), state)


@pytest.mark.parametrize("call", ["relax", "compare", "certify"])
@pytest.mark.parametrize("wrong", [None, "net.toml", NET], ids=["nothing", "path", "specification"])
def test_what_is_no_derivation(call, wrong):
    more = (None, {}, None, None) if call == "certify" else ()
    with pytest.raises(dyadic.DyadicError, match=r"give what dyadic\.derive returns"):
        getattr(dyadic, call)(wrong, *more)


def test_an_explicit_solver_is_not_run_for_ever():
    pytest.importorskip("scipy")
    for solver in ("RK23", "DOP853"):
        with pytest.raises(dyadic.DyadicError, match="BDF, Radau or LSODA"):
            dyadic.relax(network(), solver=solver, h=40.0, tau={"x:p": 1e-3}, steps=2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"methods": "dyadic"}, "list of names"),
        ({"methods": []}, "none is given"),
        ({"methods": ["dyadic", "magic"]}, "no magic"),
        ({"methods": 3}, "list of names"),
        ({"over": ["p.weights"]}, "no p.weights"),
        ({"feedback": weights(), "methods": ["dyadic"]}, "add it"),
        ({"feedback": {"p.weight": np.ones((3, 2))}}, "feedback weights: lacks"),
        ({"feedback": weights(q_bias=np.array([1.0, np.nan]))}, r"feedback weights: q.bias\[1\] is nan"),
        ({"params": weights(p_bias=np.ones(4))}, "p.bias has shape"),
        ({"seed": None}, "seed"),
    ],
    ids=str,
)
def test_what_compare_cannot_be_run_with(wrong, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        dyadic.compare(network(), **wrong)


def emitted_arrays():
    emitted = emitted_network(network())
    return emitted.module, *problem(emitted, None, None, 2, 0)


@pytest.mark.parametrize(
    ("place", "wrong", "message"),
    [
        (1, weights(p_bias=np.full(3, np.inf)), "p.bias.* is inf"),
        (1, {"p.weight": np.ones((3, 2))}, "lacks"),
        (1, None, "parameters"),
        (2, np.ones((2, 3)), r"u has shape \(2, 3\)"),
        (2, {"v": np.ones((2, 2))}, "u"),
        (2, np.ones((2, 2)) * 1j, "complex"),
        (3, np.ones((3, 2)), "numbers of samples differ"),
        (3, None, "y is of the type object"),
    ],
    ids=str,
)
def test_what_certify_cannot_be_run_with(place, wrong, message):
    given = list(emitted_arrays())
    given[place] = wrong
    with pytest.raises(dyadic.DyadicError, match=message):
        dyadic.certify(network(), *given)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"DTYPE": "float16"}, "float16"),
        ({"DTYPE": None}, "type is"),
        ({"gradients": lambda *given: 1 // 0}, "ZeroDivisionError"),
        ({"gradients": lambda *given: None}, "computes no gradients"),
        ({"gradients": lambda *given: (0, {})}, "computes no gradients"),
        ({"gradients": lambda *given: (0, dict.fromkeys(SHAPES, np.ones(1)))}, "has shape"),
        ({"PARAMETERS": {}}, "other shapes"),
    ],
)
def test_a_module_that_computes_something_else(changed, message):
    real, *arrays = emitted_arrays()
    module = types.ModuleType("other")
    module.__dict__.update({k: v for k, v in vars(real).items() if not k.startswith("__")} | changed)
    with pytest.raises(dyadic.DyadicError, match=message):
        dyadic.certify(network(), module, *arrays)


# -- devices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "wrong", "message"),
    [
        ("resolution", (-1e-3,), "positive"),
        ("resolution", (0.0,), "positive"),
        ("resolution", (np.nan,), "positive"),
        ("resolution", ("0.1",), "positive"),
        ("resolution", (1e-13,), "rounding; give at least"),
        ("resolution", (0.1, 0), "from 1 on"),
        ("resolution", (0.1, 10**11), "too many"),
        ("resolution", (0.1, 3, -2), "seed"),
        ("mismatched", (-0.1, 0), "not negative"),
        ("mismatched", (np.inf, 0), "not negative"),
        ("mismatched", (1e308, 0), "is not finite"),
        ("mismatched", (0.1, "1"), "seed"),
        ("read", (weights(q_weight=np.full((2, 3), 1e308)),), "is not finite"),
        ("read", (weights(q_weight=np.ones(6)),), "feedback weights: q.weight has shape"),
    ],
    ids=str,
)
def test_what_is_no_device(device, wrong, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        getattr(hardware, device)(updates(), *wrong)


@pytest.mark.parametrize(
    ("setting", "covariance", "samples", "message"),
    [
        (RelaxationSetting(0, h=np.nan), 0.01, 10, "step size"),
        (RelaxationSetting(0, h=1e-7), 0.01, 10, "larger step"),
        (RelaxationSetting(0), np.inf, 10, "finite variance"),
        (RelaxationSetting(0), -1.0, 10, "negative"),
        (RelaxationSetting(0), "1", 10, "real numbers"),
        (RelaxationSetting(0), np.eye(10) * 1j, 10, "real numbers"),
        (RelaxationSetting(0), [[1.0], [1.0, 2.0]], 10, "real numbers"),
        (RelaxationSetting(0), 0.0, 10, "positive"),
        (RelaxationSetting(0), 1e-26, 10, "rounding"),
        (RelaxationSetting(0), np.ones((3, 3)), 10, "of 10 rows"),
        (RelaxationSetting(0), 0.01, 10**10, "too many"),
        (RelaxationSetting(0), 0.01, 1.5, "integer"),
    ],
    ids=str,
)
def test_what_is_no_noise(setting, covariance, samples, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        hardware.noise(updates(linear=True), setting, covariance, samples)


def test_a_tolerance_that_overflows_has_no_bound():
    found = hardware.resolution(updates(), 1e305, devices=4)
    assert found.bound is None
    assert found.claim.verdict == "undecided"
    assert not found.holds


# -- closed forms of steps that diverge --------------------------------------------------------------------------------


def test_the_closed_form_of_many_steps_that_diverge():
    """The weights overflow as products of their factors; they are infinite where they must be, and right before."""
    one = updates(linear=True)
    setting, state = RelaxationSetting(1500, h=3.0), start(one, "random", 1)
    found, form = run(one, setting, state), predicted(one, setting, state)
    finite = np.isfinite(form.largest).all(axis=1) & np.isfinite(found.deviation).all(axis=1)
    assert 900 < finite.argmin() < 1100
    before = slice(0, finite.argmin())
    assert np.allclose(form.largest[before], found.deviation[before], rtol=1e-9)


def test_a_factor_that_overflows_where_the_product_does_not():
    from dyadic.physics.deviation import _binomial

    # binom(4000, 1500) has 1145 digits; the sum over j of all the weights is 1
    total = sum(_binomial(4000, j, 0.4) for j in range(1400, 1801))
    assert total == pytest.approx(1, abs=1e-9)
    assert _binomial(3000, 2, 9.0) == np.inf


def test_no_closed_form_of_more_steps_than_fit():
    one = updates(linear=True)
    assert "no closed form" in predicted(one, RelaxationSetting(10**7), start(one, "zero", 0))

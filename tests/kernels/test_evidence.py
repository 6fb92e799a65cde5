"""``dyadic emit --verify``: what is shown, what is wrong, what is not shown, and the sentence at the end."""

from dataclasses import replace

import onnx
import pytest
from support.command import run
from support.long_tests import one_in
from support.optional import require

from dyadic.codegen import evidence as under_test
from dyadic.codegen import kernel_target
from dyadic.codegen.assembly import emit_module
from dyadic.codegen.cubin import find_nvrtc
from dyadic.codegen.cupy_target import CupyTarget
from dyadic.codegen.emulator import find_compiler
from dyadic.codegen.evidence import LAST, evidence, report
from dyadic.codegen.loops.lower import kernels
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.readers.onnx_model import from_onnx


def network(width=20):
    layers = [{"name": "a", "type": "dense", "units": width, "activation": "tanh"}, {"name": "b", "type": "layer_norm"}]
    spec = {"inputs": {"x": {"shape": [19]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return derive(architecture(spec))


@pytest.fixture(autouse=True)
def _tools():
    require(find_compiler(), "no C++ compiler (g++ or clang++)")
    require(find_nvrtc(), "nvidia-cuda-nvrtc is not installed")


def with_target_index():
    """Its cost's kernel for the logarithm of a sum writes a number without axes."""
    spec = {"inputs": {"x": {"shape": [3]}}, "layers": [{"name": "a", "type": "dense", "units": 4}]}
    return derive(architecture(spec | {"cost": {"type": "cross_entropy", "target": "index"}}))


def test_everything_is_shown_where_a_kernel_writes_a_number():
    assert {finding.outcome for finding in evidence(with_target_index(), "float64")} == {"shown"}


def test_everything_is_shown_of_a_small_network():
    findings = list(evidence(network(), "float64"))
    assert {finding.outcome for finding in findings} == {"shown"}
    kernels = {finding.subject for finding in findings} - {"module"}
    for kernel in kernels:
        methods = [finding.method for finding in findings if finding.subject == kernel]
        assert methods == ["specification", "schedule", "sm_80", "sm_90", "sm_100", "sm_120"]
    assert "dense_tanh_f_few" in kernels
    *_, last = report(findings)
    assert last == f"{len(findings)} shown, 0 wrong, 0 not shown; not executed on a GPU, speed not measured"


@pytest.mark.parametrize("named", [True, False])
def test_a_batch_axis_of_the_model_is_of_one_size(named):
    """Nothing is said of other batch sizes where the module takes none."""
    size = "items" if named else 4
    proto = onnx.parser.parse_model(
        f"""<ir_version: 8, opset_import: ["": 17]> tiny (float[{size}, 3] x) => (float[{size}, 2] y)
        <float[3, 2] W = {{0.1, 0.2, 0.3, 0.4, 0.5, 0.6}}> {{ z = MatMul(x, W)  y = Tanh(z) }}"""
    )
    read = from_onnx(proto, "tiny.onnx", "squared_error")
    derivation = derive(read.with_sizes({"items": 4}) if named else read)
    where = "at the sizes given (items = 4) alone" if named else "at the model's own sizes alone"
    findings = list(evidence(derivation, "float64"))
    assert {finding.outcome for finding in findings} == {"shown"}
    assert not any("batch" in finding.detail for finding in findings)
    details = {finding.method: finding.detail for finding in findings}
    assert (details["specification"], details["schedule"]) == (where, f"run {where}")
    assert f") {where}, in 3 orders of the threads" in details["emulation"]
    assert "every size is a constant, the batch size too." in emit_module(CupyTarget(derivation, "float64"))


MISTAKES = {
    "barrier": ("        __syncthreads();\n    }\n", "    }\n", "emulation"),
    "guard": ("if (row < batch && column < 20)", "if (row <= batch && column < 20)", "emulation"),
    "stride": ("W[i * 19 + j]", "W[j * 20 + i]", "emulation"),
    "type": ("typedef double real;", "typedef float real;", "emulation"),
    "argument": ("np.int32(batch)", "batch", "emulation"),
    "shared": (" real left[2]", " real left[200]", "sm_90"),
    "name": ("const real total = sum", "const real totals = sum", "sm_90"),
}


def test_every_mistake_has_a_place_in_the_text():
    """All of them in every run: the tests below are sampled, and what is emitted changes."""
    text = emit_module(CupyTarget(network(), "float64"))
    assert [name for name, (old, _, _) in MISTAKES.items() if old not in text] == []


@pytest.mark.parametrize("mistake", one_in(6, MISTAKES))
def test_a_mistake_in_the_text_is_found(mistake, monkeypatch):
    old, new, method = MISTAKES[mistake]
    emit_module = under_test.emit_module

    def mistaken(target):
        text = emit_module(target)
        assert target.name == "numpy" or old in text
        return text if target.name == "numpy" else text.replace(old, new)

    monkeypatch.setattr(under_test, "emit_module", mistaken)
    wrong = [finding for finding in evidence(network(), "float64") if finding.outcome == "wrong"]
    assert method in {finding.method for finding in wrong}


def test_a_mistake_in_a_schedule_is_found(monkeypatch):
    monkeypatch.setattr("dyadic.codegen.loops.tiles.ceiling", lambda extent, divisor: extent * 0 + 1)
    wrong = {finding.method for finding in evidence(network(40), "float64") if finding.outcome == "wrong"}
    assert {"schedule", "emulation"} <= wrong


def test_a_mistake_in_a_kernel_is_found(monkeypatch):
    def too_long(kernel):
        *axes, last = kernel.axes
        return replace(kernel, axes=(*axes, replace(last, extent=last.extent + 1)))

    monkeypatch.setattr(kernel_target, "lower", lambda *given: [too_long(kernel) for kernel in kernels(*given)])
    wrong = {finding.method for finding in evidence(network(), "float64") if finding.outcome == "wrong"}
    assert "specification" in wrong


def test_what_cannot_be_tried_is_not_shown(monkeypatch):
    monkeypatch.setattr(under_test, "find_nvrtc", lambda: None)
    monkeypatch.setattr(under_test, "find_compiler", lambda: None)
    monkeypatch.setattr(under_test, "_MOST", {"schedule": 10, "module": 10})
    findings = list(evidence(network(), "float32"))
    methods = {finding.method for finding in findings if finding.outcome == "not shown"}
    assert methods == {"schedule", "sm_80", "sm_90", "sm_100", "sm_120", "emulation"}
    assert all(finding.detail for finding in findings if finding.outcome == "not shown")
    *_, last = report(findings)
    assert last.endswith(LAST)


def test_the_command(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(
        'name = "small"\n[inputs.x]\nshape = [3]\n[[layers]]\nname = "a"\ntype = "dense"\nunits = 4\n'
        '[cost]\ntype = "squared_error"\n'
    )
    done = run("emit", path, "--target", "cupy", "--verify")
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("0 wrong, 0 not shown; not executed on a GPU, speed not measured")
    assert "dense_W_bar\n  SHOWN      specification  every batch size\n" in done.stdout
    refused = run("emit", path, "--target", "numpy", "--verify")
    assert refused.returncode == 2
    assert "of --target cupy" in refused.stderr

"""Models that people export, small and with random weights: read, verified, and compared with PyTorch's gradient.

    python benchmarks/torch_models.py [NAME ...] [--details FILE] [--write]

Prints a table: model, vertices, verdict, the largest relative difference of a gradient in float64, the same where what
the module casts to float32 stays in float64, CPU seconds to read (and compare) and to verify.  A model whose package
is not installed is left out, with the reason.  --details: a file that every row is appended to; what it holds is not
run again.  --write: the table goes into docs/readers.md.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tables import put
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

import dyadic
from dyadic.autograd_comparison import AutogradComparison
from dyadic.symbolic.readers import read_module

Case = tuple[nn.Module, tuple[Any, ...]]


def vision(name: str, side: int = 64, **options: Any) -> Callable[[], Case]:
    def make() -> Case:
        import torchvision

        return getattr(torchvision.models, name)(weights=None, **options).eval(), (torch.randn(1, 3, side, side),)

    return make


def segmentation(name: str) -> Callable[[], Case]:
    def make() -> Case:
        import torchvision

        model = getattr(torchvision.models.segmentation, name)(weights=None, weights_backbone=None).eval()
        return model, (torch.randn(1, 3, 64, 64),)

    return make


def small_vit() -> Case:
    import torchvision

    model = torchvision.models.VisionTransformer(64, 16, num_layers=2, num_heads=4, hidden_dim=32, mlp_dim=48)
    nn.init.normal_(model.heads.head.weight)  # zeros, which hide every other gradient
    return model.eval(), (torch.randn(1, 3, 64, 64),)


def small_vgg11() -> Case:
    """With fewer units in its dense layers, which have 120 million weights otherwise."""
    import torchvision

    model = torchvision.models.vgg11(weights=None)
    model.classifier = nn.Sequential(nn.Linear(512 * 49, 32), nn.ReLU(), nn.Dropout(), nn.Linear(32, 10))
    return model.eval(), (torch.randn(1, 3, 64, 64),)


class Logits(nn.Module):
    """The first tensor of what a model of the transformers package returns."""

    def __init__(self, model: nn.Module, key: str, *, masked: bool, further: str = "") -> None:
        super().__init__()
        self.model, self.key, self.masked, self.further = model, key, masked, further

    def forward(self, x: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        given = {self.key: x}
        names = [*(["attention_mask"] if self.masked else []), *([self.further] if self.further else [])]
        given |= dict(zip(names, rest, strict=True))
        found = self.model(**given, return_dict=True, **({"use_cache": False} if self.key == "input_ids" else {}))
        first: torch.Tensor = next(iter(found.values()))
        return first


def text(config: str, model: str, masked: bool = False, further: str = "", **options: Any) -> Callable[[], Case]:
    def make() -> Case:
        import transformers

        settings = getattr(transformers, config)(**options)
        wrapped = Logits(getattr(transformers, model)(settings).eval(), "input_ids", masked=masked, further=further)
        tokens = torch.randint(3, 90, (2, 6))
        mask = (torch.tensor([[1] * 6, [1] * 4 + [0] * 2]),) if masked else ()
        return wrapped, (tokens, *mask, *((tokens.clone(),) if further else ()))

    return make


def pixels(config: str, model: str, key: str = "pixel_values", shape: Any = (1, 3, 16, 16), **options: Any) -> Any:
    def make() -> Case:
        import transformers

        settings = getattr(transformers, config)(**options)
        made = getattr(transformers, model)(settings).eval()
        part = made.encoder if config == "WhisperConfig" else made
        return Logits(part, key, masked=False), (torch.randn(*shape),)

    return make


class Sample(nn.Module):
    """What a model of the diffusers package returns, as a tensor."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *x: torch.Tensor) -> torch.Tensor:
        found = self.model(*x, return_dict=False)[0]
        return found if isinstance(found, torch.Tensor) else found.mode()


def unet() -> Case:
    import diffusers

    model = diffusers.UNet2DModel(
        sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    return Sample(model.eval()), (torch.randn(1, 1, 8, 8), torch.tensor([3.0]))


def vae() -> Case:
    import diffusers

    model = diffusers.AutoencoderKL(
        in_channels=1, out_channels=1, down_block_types=("DownEncoderBlock2D",), up_block_types=("UpDecoderBlock2D",),
        block_out_channels=(8,), norm_num_groups=4, latent_channels=2,
    )  # fmt: skip
    return Sample(model.eval()), (torch.randn(1, 1, 8, 8),)


def dit() -> Case:
    import diffusers

    model = diffusers.DiTTransformer2DModel(
        num_attention_heads=2, attention_head_dim=4, in_channels=2, num_layers=1, sample_size=4, patch_size=2,
        norm_num_groups=2, num_embeds_ada_norm=10,
    )  # fmt: skip
    return Sample(model.eval()), (torch.randn(1, 2, 4, 4), torch.tensor([1]), torch.tensor([2]))


class Gcn(nn.Module):
    """Kipf and Welling 2017, over a list of edges."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(5, 8), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        source, target = edges[0], edges[1]
        degree = torch.zeros_like(x[:, 0]).index_add(0, target, torch.ones_like(target, dtype=x.dtype)) + 1
        weight = (degree[source] * degree[target]).rsqrt()[:, None]
        for layer in (self.one, self.two):
            h = layer(x)
            x = torch.tanh(h / degree[:, None] + torch.zeros_like(h).index_add(0, target, h[source] * weight))
        return x


class Gat(nn.Module):
    """Velickovic et al. 2018, one head, over a list of edges."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.score = nn.Linear(5, 4, bias=False), nn.Linear(8, 1, bias=False)

    def forward(self, x: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        source, target = edges[0], edges[1]
        h = self.inner(x)
        score = nn.functional.leaky_relu(self.score(torch.cat([h[source], h[target]], -1)), 0.2)[:, 0].exp()
        total = torch.zeros_like(x[:, 0]).index_add(0, target, score)
        return torch.zeros_like(h).index_add(0, target, h[source] * (score / total[target])[:, None])


class VectorQuantised(nn.Module):
    """A step of a VQ-VAE (van den Oord et al. 2017): reconstruction, codebook and commitment."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder, self.codes = nn.Linear(6, 4), nn.Linear(4, 6), nn.Embedding(5, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = self.encoder(x)
        distances = (z[:, None] - self.codes.weight[None]).square().sum(-1)
        q = self.codes(distances.argmin(-1))
        held = z + (q - z).detach()
        losses = (self.decoder(held) - x).square().mean(), (q - z.detach()).square().mean()
        return losses[0] + losses[1] + 0.25 * (z - q.detach()).square().mean()


def graph(model: Callable[[], nn.Module]) -> Callable[[], Case]:
    edges = torch.tensor([[0, 1, 2, 3, 3, 1, 2, 0], [1, 0, 3, 2, 1, 3, 0, 2]])
    return lambda: (model(), (torch.randn(4, 5), edges))


def own(model: Callable[[], nn.Module], *shapes: tuple[int, ...]) -> Callable[[], Case]:
    return lambda: (model().eval(), tuple(torch.randn(*shape) for shape in shapes))


_SMALL: dict[str, Any] = {
    "vocab_size": 99, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
    "max_position_embeddings": 32,
}  # fmt: skip
_LLAMA = _SMALL | {"num_key_value_heads": 1}
_T5: dict[str, Any] = {"vocab_size": 99, "d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 2, "num_heads": 2}
_BART: dict[str, Any] = {
    "vocab_size": 99, "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "max_position_embeddings": 32,
}  # fmt: skip
_IMAGE: dict[str, Any] = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24, "image_size": 16,
    "patch_size": 8,
}  # fmt: skip
_TEXT = {
    "gpt2": ("GPT2Config", "GPT2LMHeadModel", {"vocab_size": 99, "n_embd": 16, "n_layer": 2, "n_head": 2,
                                               "n_positions": 32}),
    "llama": ("LlamaConfig", "LlamaForCausalLM", _LLAMA),
    "bert": ("BertConfig", "BertModel", _SMALL),
    "roberta": ("RobertaConfig", "RobertaModel", _SMALL | {"pad_token_id": 1}),
    "distilbert": ("DistilBertConfig", "DistilBertModel", {"vocab_size": 99, "dim": 16, "n_layers": 2, "n_heads": 2,
                                                           "hidden_dim": 24, "max_position_embeddings": 32}),
    "albert": ("AlbertConfig", "AlbertModel", _SMALL | {"embedding_size": 8}),
    "electra": ("ElectraConfig", "ElectraModel", _SMALL | {"embedding_size": 8}),
    "gpt_neox": ("GPTNeoXConfig", "GPTNeoXForCausalLM", _SMALL),
    "opt": ("OPTConfig", "OPTForCausalLM", {"vocab_size": 99, "hidden_size": 16, "num_hidden_layers": 2, "ffn_dim": 24,
            "num_attention_heads": 2, "max_position_embeddings": 32, "word_embed_proj_dim": 16}),
    "bloom": ("BloomConfig", "BloomForCausalLM", {"vocab_size": 99, "hidden_size": 16, "n_layer": 2, "n_head": 2}),
    "mistral": ("MistralConfig", "MistralForCausalLM", _LLAMA),
    "qwen2": ("Qwen2Config", "Qwen2ForCausalLM", _LLAMA),
    "phi3": ("Phi3Config", "Phi3ForCausalLM", _LLAMA | {"pad_token_id": 0}),
    "modernbert": ("ModernBertConfig", "ModernBertModel", _SMALL | {"pad_token_id": 0, "cls_token_id": 1,
                   "sep_token_id": 2, "bos_token_id": 1, "eos_token_id": 2}),
}  # fmt: skip
MODELS: dict[str, Callable[[], Case]] = {
    **{name: text(*rest, **options) for name, (*rest, options) in _TEXT.items()},
    **{f"{name}+mask": text(*rest, True, **options) for name, (*rest, options) in _TEXT.items()},
    "t5": text("T5Config", "T5ForConditionalGeneration", further="decoder_input_ids", **_T5),
    "t5+mask": text("T5Config", "T5ForConditionalGeneration", True, "decoder_input_ids", **_T5),
    "bart": text("BartConfig", "BartModel", further="decoder_input_ids", **_BART),
    "bart+mask": text("BartConfig", "BartModel", True, "decoder_input_ids", **_BART),
    "clip_text": text("CLIPTextConfig", "CLIPTextModel", **_SMALL),
    "clip_vision": pixels("CLIPVisionConfig", "CLIPVisionModel", **_IMAGE),
    "vit": pixels("ViTConfig", "ViTModel", **_IMAGE),
    "dinov2": pixels("Dinov2Config", "Dinov2Model", **_IMAGE),
    "whisper_encoder": pixels("WhisperConfig", "WhisperModel", "input_features", (1, 4, 12), num_mel_bins=4,
                              pad_token_id=0, max_source_positions=6,
                              **{k: v for k, v in _BART.items() if "max" not in k}),
    "resnet18": vision("resnet18"), "resnet50": vision("resnet50"), "resnext50": vision("resnext50_32x4d"),
    "wide_resnet50": vision("wide_resnet50_2"), "densenet121": vision("densenet121"),
    "mobilenet_v2": vision("mobilenet_v2"), "mobilenet_v3": vision("mobilenet_v3_small"),
    "efficientnet_b0": vision("efficientnet_b0"), "regnet": vision("regnet_y_400mf"),
    "convnext": vision("convnext_tiny"), "vit_b_16": small_vit, "swin_t": vision("swin_t"),
    "squeezenet": vision("squeezenet1_1"), "shufflenet": vision("shufflenet_v2_x1_0"), "alexnet": vision("alexnet"),
    "vgg11": small_vgg11, "fcn": segmentation("fcn_resnet50"), "deeplabv3": segmentation("deeplabv3_resnet50"),
    "unet": unet, "vae": vae, "dit": dit, "gcn": graph(Gcn), "gat": graph(Gat), "vq_vae": own(VectorQuantised, (3, 6)),
    "transformer": own(lambda: nn.Transformer(8, 2, 1, 1, 16, batch_first=True), (2, 3, 8), (2, 4, 8)),
    "lstm": own(lambda: nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True), (2, 5, 3)),
    "gru": own(lambda: nn.GRU(3, 4), (5, 2, 3)), "rnn": own(lambda: nn.RNN(3, 4), (5, 2, 3)),
}  # fmt: skip


class WithoutCasts(TorchFunctionMode):
    """What depends on an input or a parameter stays in float64 where a module casts it to float32.

    constants: tensors that depend on neither, such as buffers; what is made of them alone is kept among them.
    """

    def __init__(self, constants: Iterable[torch.Tensor]) -> None:
        super().__init__()
        self.constants = {id(tensor): tensor for tensor in constants}

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        if any(id(tensor) not in self.constants for tensor in given):
            function = torch.Tensor.double if function is torch.Tensor.float else function
            args = tuple(torch.float64 if argument is torch.float32 else argument for argument in args)
            kwargs |= {key: torch.float64 for key, value in kwargs.items() if value is torch.float32}
            return function(*args, **kwargs)
        found = function(*args, **kwargs)
        made = [leaf for leaf in tree_leaves(found) if isinstance(leaf, torch.Tensor)]
        self.constants |= {id(tensor): tensor for tensor in made}
        return found


@dataclass(frozen=True)
class ModelRow:
    """What was found of one model.

    differs, without_casts: the largest relative difference from PyTorch's value or gradient, as the module computes
    and without its casts to float32.  problem: why there is nothing of this.
    """

    name: str
    vertices: int = 0
    verdict: str = ""
    differs: float = 0.0
    without_casts: float = 0.0
    read: float = 0.0
    verify: float = 0.0
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"{self.name:16} {self.problem}"
        numbers = f"{self.differs:8.1e} {self.without_casts:8.1e} {self.read:7.1f} {self.verify:7.1f}"
        return f"{self.name:16} {self.vertices:5} {self.verdict:10} {numbers}"

    def markdown(self) -> str:
        """The row in the table of docs/readers.md."""
        if self.problem:
            return f"| {self.name} | | refused: {self.problem} | | |"
        return f"| {self.name} | {self.vertices} | {self.verdict} | {self.differs:.0e} | {self.without_casts:.0e} |"


def doubled(value: Any) -> Any:
    """A tensor of real numbers in float64."""
    return value.double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value


def row(name: str) -> ModelRow:
    """Read a model, compare and verify it."""
    torch.manual_seed(0)
    try:
        module, arguments = MODELS[name]()
    except Exception as error:
        return ModelRow(name, problem=f"not run: {type(error).__name__}: {str(error)[:200]}")
    module, arguments = module.double(), tuple(map(doubled, arguments))
    started = time.process_time()
    try:
        found = read_module(module, arguments)
        comparison = AutogradComparison(module, arguments, found)
        differs = max(comparison.differences().values())
        with WithoutCasts(comparison.module.buffers()):
            without_casts = max(comparison.differences().values())
        read = time.process_time()
        verdict = dyadic.verify(dyadic.derive(found.architecture))["verdict"]
    except Exception as error:
        return ModelRow(name, problem=f"{type(error).__name__}: {str(error)[:300]}")
    seconds = read - started, time.process_time() - read
    return ModelRow(name, len(found.architecture.vertices), verdict, differs, without_casts, *seconds)


def kept(path: Path | None) -> dict[str, ModelRow]:
    """The rows of a file of details, by name."""
    lines = path.read_text(encoding="utf-8").splitlines() if path is not None and path.exists() else []
    return {found.name: found for found in (ModelRow(**json.loads(line)) for line in lines)}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--details", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    print(f"{'model':16} {'vert.':>5} {'verdict':10} {'differ':>8} {'no casts':>8} {'read s':>7} {'verify s':>7}")
    rows = kept(arguments.details)
    for name in arguments.names or MODELS:
        if name not in rows:
            rows[name] = row(name)
            if arguments.details is not None:
                with arguments.details.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(asdict(rows[name])) + "\n")
        print(rows[name], flush=True)
    if arguments.write:
        head = "| model | vertices | verdict | differs from PyTorch | without casts to float32 |"
        lines = [rows[name].markdown() for name in MODELS if name in rows]
        put("torch_models", "\n".join([head, "| --- | ---: | --- | ---: | ---: |", *lines]))


if __name__ == "__main__":
    main()

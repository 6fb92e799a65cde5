"""Models that people export, small and with random weights: of three packages, and written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

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


class MaskedTransformer(nn.Module):
    """torch's Transformer, in which no step sees a later one or padding."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)

    def forward(self, source: torch.Tensor, target: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        later = nn.Transformer.generate_square_subsequent_mask(target.shape[1], dtype=target.dtype)
        seen: torch.Tensor = self.model(
            source, target, tgt_mask=later, tgt_is_causal=True, src_key_padding_mask=padding,
            memory_key_padding_mask=padding,
        )  # fmt: skip
        return seen


def masked() -> Case:
    padding = torch.tensor([[False] * 3, [False, False, True]])
    return MaskedTransformer().eval(), (torch.randn(2, 3, 8), torch.randn(2, 4, 8), padding)


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
    "clip_text+mask": text("CLIPTextConfig", "CLIPTextModel", True, **_SMALL),
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
    "transformer+mask": masked,
    "lstm": own(lambda: nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True), (2, 5, 3)),
    "gru": own(lambda: nn.GRU(3, 4), (5, 2, 3)), "rnn": own(lambda: nn.RNN(3, 4), (5, 2, 3)),
}  # fmt: skip

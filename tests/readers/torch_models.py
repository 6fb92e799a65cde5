"""Small models in PyTorch, with random weights and an example input: one of each family that people export."""

import torch
from torch import nn
from torch.nn import functional


class TransformerBlock(nn.Module):
    """A transformer block, norm first."""

    def __init__(self, width=16, heads=2, causal=False):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        b, t, width = x.shape
        q, k, v = (
            part.view(b, t, self.heads, width // self.heads).transpose(1, 2)
            for part in self.qkv(self.norm1(x)).split(width, dim=2)
        )
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, width))
        return x + self.down(functional.gelu(self.up(self.norm2(x)), approximate="tanh" if self.causal else "none"))


class ViT(nn.Module):
    def __init__(self, width=16, blocks=2):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, stride=4)
        self.token = nn.Parameter(torch.randn(1, 1, width) * 0.1)
        self.place = nn.Parameter(torch.randn(1, 17, width) * 0.1)
        self.blocks = nn.Sequential(*(TransformerBlock(width) for _ in range(blocks)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, image):
        x = self.patches(image).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.place
        return self.head(self.norm(self.blocks(x))[:, 0])


class Gpt(nn.Module):
    """A causal decoder whose output layer shares its weight with the embedding; attention written out once."""

    def __init__(self, words=23, width=16, length=6, blocks=2):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList(TransformerBlock(width, causal=True) for _ in range(blocks))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, words, bias=False)
        self.head.weight = self.words.weight
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.register_buffer("mask", torch.tril(torch.ones(length, length)).view(1, length, length))

    def forward(self, tokens):
        t = tokens.shape[1]
        x = self.words(tokens) + self.places(torch.arange(t))
        for block in self.blocks:
            x = block(x)
        scores = self.query(x) @ self.key(x).transpose(-2, -1) / x.shape[-1] ** 0.5
        scores = scores.masked_fill(self.mask[:, :t, :t] == 0, float("-inf"))
        x = x + functional.softmax(scores, dim=-1) @ x
        return self.head(self.norm(x))


class Bert(nn.Module):
    def __init__(self, words=19, width=16, length=5, blocks=2):
        super().__init__()
        self.words, self.places, self.kinds = (nn.Embedding(n, width) for n in (words, length, 2))
        self.norm, self.drop = nn.LayerNorm(width), nn.Dropout(0.1)
        layer = nn.TransformerEncoderLayer(width, 2, 2 * width, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, blocks, enable_nested_tensor=False)
        self.pool = nn.Linear(width, width)

    def forward(self, tokens, kinds, seen):
        x = self.words(tokens) + self.kinds(kinds) + self.places(torch.arange(tokens.shape[1]))
        x = self.drop(self.norm(x))
        mask = (1 - seen[:, None, None, :]) * -10000.0
        mask = mask.expand(-1, 2, tokens.shape[1], -1).reshape(-1, tokens.shape[1], tokens.shape[1])
        return torch.tanh(self.pool(self.encoder(x, mask=mask)[:, 0]))


class Residual(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after)
        self.conv2, self.norm2 = nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after)
        self.short = None
        if stride != 1 or before != after:
            self.short = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        y = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)), inplace=True)))
        return functional.relu(y + (x if self.short is None else self.short(x)))


class ResNet18(nn.Module):
    """The 18 layers of ResNet-18 with few channels."""

    def __init__(self, widths=(4, 6, 8, 10)):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 7, 2, 3, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        blocks, before = [], widths[0]
        for stage, width in enumerate(widths):
            blocks += [Residual(before, width, 1 if stage == 0 else 2), Residual(width, width, 1)]
            before = width
        self.blocks, self.pool, self.head = nn.Sequential(*blocks), nn.AdaptiveAvgPool2d(1), nn.Linear(before, 10)

    def forward(self, x):
        return self.head(torch.flatten(self.pool(self.blocks(self.stem(x))), 1))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells, self.head = nn.LSTM(5, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        y, _ = self.cells(x)
        return self.head(y[:, -1])


class Recurrences(nn.Module):
    """Two layers, both directions, final states."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 4, num_layers=2, bidirectional=True)
        self.rnn = nn.RNN(8, 4, nonlinearity="relu")

    def forward(self, x):
        y, h = self.gru(x)
        z, last = self.rnn(y)
        return z, h.sum(0) + last[0]


class UNet(nn.Module):
    def __init__(self):
        super().__init__()

        def block(before, after):
            return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.GroupNorm(2, after), nn.SiLU())

        self.down1, self.down2, self.middle = block(1, 4), block(4, 6), block(6, 8)
        self.up2, self.up1 = nn.ConvTranspose2d(8, 6, 2, stride=2), nn.Upsample(scale_factor=2)
        self.join2, self.join1, self.out = block(12, 6), block(10, 4), nn.Conv2d(4, 2, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(functional.max_pool2d(a, 2))
        c = self.middle(functional.avg_pool2d(b, 2))
        b = self.join2(torch.cat([self.up2(c), b], dim=1))
        return self.out(self.join1(torch.cat([self.up1(b), a], dim=1)))


class MixerBlock(nn.Module):
    def __init__(self, tokens, width):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.tokens = nn.Sequential(nn.Linear(tokens, 8), nn.GELU(), nn.Linear(8, tokens))
        self.channels = nn.Sequential(nn.Linear(width, 24), nn.GELU(), nn.Linear(24, width))

    def forward(self, x):
        x = x + self.tokens(self.norm1(x).mT).mT
        return x + self.channels(self.norm2(x))


class Mixer(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 4, stride=4)
        self.blocks = nn.Sequential(*(MixerBlock(16, width) for _ in range(3)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, image):
        x = self.patches(image).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.blocks(x)).mean(1))


def _bert():
    tokens, kinds = torch.randint(0, 19, (2, 5)), torch.randint(0, 2, (2, 5))
    return Bert().eval(), (tokens, kinds, torch.ones(2, 5))


MODELS = {
    "vit": lambda: (ViT().eval(), (torch.randn(2, 3, 16, 16),)),
    "gpt": lambda: (Gpt().eval(), (torch.randint(0, 23, (2, 6)),)),
    "bert": _bert,
    "resnet18": lambda: (ResNet18().train(), (torch.randn(2, 3, 32, 32),)),
    "lstm": lambda: (Lstm().eval(), (torch.randn(2, 20, 5),)),
    "recurrences": lambda: (Recurrences().eval(), (torch.randn(4, 2, 3),)),
    "unet": lambda: (UNet().eval(), (torch.randn(1, 1, 16, 16),)),
    "mixer": lambda: (Mixer().eval(), (torch.randn(2, 3, 16, 16),)),
}

"""Modules in PyTorch that stop gradients, and some that cannot be read because of how they do."""

import torch
from torch import nn


class StraightThrough(nn.Module):
    """A rounded code whose gradient is that of what was rounded."""

    def __init__(self):
        super().__init__()
        self.latent, self.out = nn.Linear(4, 3), nn.Linear(3, 2)

    def forward(self, x):
        z = self.latent(x)
        return self.out(z + (torch.round(z) - z).detach())


class Siamese(nn.Module):
    """A prediction of one view from another, whose own gradient is stopped by a block and for a whole module."""

    def __init__(self):
        super().__init__()
        self.encoder, self.predictor = nn.Sequential(nn.Linear(4, 5), nn.Tanh()), nn.Linear(5, 5)
        self.target = nn.Linear(4, 5)

    def forward(self, a, b):
        with torch.no_grad():
            goal, other = self.encoder(b), self.target(a).chunk(5, -1)
        return (self.predictor(self.encoder(a)) * goal).sum(-1) + other[1].sum(-1) * self.encoder(a)[:, 0]


class Frozen(nn.Module):
    """A weight that is read detached in one place and as itself in another; a block that lets gradients in again."""

    def __init__(self):
        super().__init__()
        self.weight, self.scale = nn.Parameter(torch.randn(4, 4)), nn.Parameter(torch.randn(4))

    def forward(self, x):
        with torch.no_grad():
            norm = self.weight.square().sum().sqrt()
            with torch.enable_grad():
                y = self.scale * norm
            z = torch.tanh(y)
        return x @ self.weight / norm + x @ self.weight.detach().T * y + z


class Codebook(nn.Module):
    """Vector quantisation with moving averages that are written under no_grad, and the two losses of its latents."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(4, 3)
        self.codes = nn.Parameter(torch.randn(5, 3))
        self.register_buffer("mean", torch.randn(3))

    def forward(self, x):
        z = self.encoder(x)
        nearness = torch.softmax(-(z[:, None] - self.codes).square().sum(-1), -1)
        chosen = nearness @ self.codes
        with torch.no_grad():
            self.mean.mul_(0.9).add_(z.mean(0), alpha=0.1)
        loss = (chosen.detach() - z).square().mean() + (chosen - z.detach()).square().mean()
        return z + (chosen - z).detach() - self.mean, loss


class WrittenInPlace(nn.Module):
    """Writes into what gradients flow through, or into what was detached: how says which."""

    def __init__(self, how):
        super().__init__()
        self.how, self.inner = how, nn.Linear(4, 4)

    def forward(self, x):
        y = self.inner(x) * 1
        if self.how == "no_grad":
            with torch.no_grad():
                y.mul_(2)
        elif self.how == "view":
            with torch.no_grad():
                y[0].mul_(2)
        elif self.how == "detached":
            y.detach().add_(1)
        elif self.how == "later":
            z = y.detach()[0]
            y.mul_(3)
            y = y + z
        else:
            y.detach_()
        return y


def pair(*shapes):
    return tuple(torch.randn(*shape) for shape in shapes)


STOPPED = {
    "straight through": lambda: (StraightThrough(), pair((2, 4))),
    "siamese": lambda: (Siamese(), pair((2, 4), (2, 4))),
    "frozen": lambda: (Frozen(), pair((2, 4))),
    "codebook": lambda: (Codebook().train(), pair((3, 4))),
}

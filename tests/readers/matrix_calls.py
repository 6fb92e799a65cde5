"""Functions of square matrices: one for each call that is read, and the modules of which they are the last step."""

import torch
from torch.distributions import MultivariateNormal

LINALG = torch.linalg


def unit(a):
    return torch.eye(a.shape[-1], dtype=a.dtype)


def positive(a):
    """Symmetric and positive definite."""
    return a @ a.mT + unit(a)


def normal(a):
    return MultivariateNormal(a[..., 0], positive(a), validate_args=False)


MATRIX_CALLS = {
    "det": LINALG.det,
    "det of torch": lambda a: torch.det(a) * a.det(),
    "inv": LINALG.inv,
    "inverse": torch.inverse,
    "inv_ex": lambda a: LINALG.inv_ex(a).inverse,
    "solve": lambda a: LINALG.solve(a, a.sin()),
    "solve for a vector": lambda a: LINALG.solve(a, a[..., 0].sin()),
    "solve for one vector": lambda a: LINALG.solve(a, a.flatten()[: a.shape[-1]].sin()),
    "solve from the right": lambda a: LINALG.solve(a, a[..., :1, :].sin(), left=False),
    "solve_ex": lambda a: LINALG.solve_ex(a, a.cos()).result,
    "slogdet": lambda a: LINALG.slogdet(a)[0] * LINALG.slogdet(a)[1] + torch.slogdet(a)[1],
    "logdet": lambda a: torch.logdet(positive(a)),
    "cholesky": lambda a: LINALG.cholesky(positive(a)),
    "cholesky upper": lambda a: LINALG.cholesky(positive(a), upper=True),
    "cholesky_ex": lambda a: LINALG.cholesky_ex(positive(a)).L,
    "cholesky of torch": lambda a: torch.cholesky(positive(a)),
    "cholesky of one triangle": lambda a: LINALG.cholesky(positive(a) + 0.1 * a),
    "cholesky of the other triangle": lambda a: LINALG.cholesky(positive(a) + 0.1 * a, upper=True),
    "cholesky_inverse": lambda a: torch.cholesky_inverse(LINALG.cholesky(positive(a))),
    "cholesky_solve": lambda a: torch.cholesky_solve(a, LINALG.cholesky(positive(a))),
    "cholesky_solve upper": lambda a: torch.cholesky_solve(a, LINALG.cholesky(positive(a), upper=True), upper=True),
    "lower": lambda a: LINALG.solve_triangular(a + 3 * unit(a), a[..., :2], upper=False),
    "upper": lambda a: LINALG.solve_triangular(a + 3 * unit(a), a, upper=True),
    "upper from the right": lambda a: LINALG.solve_triangular(a + 3 * unit(a), a, upper=True, left=False),
    "unit lower": lambda a: LINALG.solve_triangular(a, a.sin(), upper=False, left=False, unitriangular=True),
    "one matrix for many": lambda a: LINALG.solve_triangular(unit(a) + a.reshape(-1, *a.shape[-2:])[0], a, upper=False),
    "triangular_solve": lambda a: torch.triangular_solve(a, a + 3 * unit(a)).solution,
    "triangular_solve turned": lambda a: torch.triangular_solve(a, a + 3 * unit(a), False, True).solution,
    "negative power": lambda a: LINALG.matrix_power(a, -2),
    "normal density": lambda a: normal(a).log_prob(a.flatten()[: a.shape[-1]].cos()),
    "entropy": lambda a: normal(a).entropy(),
}


class MatrixModule(torch.nn.Module):
    """A function of a matrix that weights make."""

    def __init__(self, function, size):
        super().__init__()
        self.function, self.inner = function, torch.nn.Linear(size, size)

    def forward(self, x):
        return self.function(self.inner(x) + 2 * unit(x))


def matrix_case(name, *shape):
    """(module, arguments) of a call, on matrices of that shape."""
    torch.manual_seed(3)
    module = MatrixModule(MATRIX_CALLS[name], shape[-1]).double()
    return module, (torch.randn(shape, dtype=torch.float64),)

"""Train the emitted network on scikit-learn's handwritten digits and check its gradients on the way.

Usage: python examples/digits.py OUT      (OUT/kernels_numpy.py comes from `dyadic build examples/digits.toml -o OUT`)

Prints the held-out accuracy, and the largest difference over the run between the emitted `gradients`, the
gradient at the state that `relax` reaches from a random state, and autograd, an independent automatic
differentiation library.  Exits with status 1 if one of them is out of bounds.
"""

import importlib.util
import sys
from pathlib import Path

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad
from autograd.scipy.special import logsumexp
from sklearn.datasets import load_digits

EPOCHS, BATCH, CHECK_EVERY, HELD_OUT = 40, 32, 50, 360


def load_module(path):
    spec = importlib.util.spec_from_file_location("kernels_numpy", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["kernels_numpy"] = module
    spec.loader.exec_module(module)
    return module


def network_loss(p, x, y):
    """The same network written by hand for autograd: tanh, tanh, a skip connection, softmax cross-entropy."""
    hidden = anp.tanh(anp.dot(x, p["hidden.weight"].T) + p["hidden.bias"])
    hidden2 = anp.tanh(anp.dot(hidden, p["hidden2.weight"].T) + p["hidden2.bias"])
    logits = anp.dot(hidden + hidden2, p["logits.weight"].T) + p["logits.bias"]
    return anp.mean(anp.sum(y * (logsumexp(logits, axis=1, keepdims=True) - logits), axis=1))


def adam(params, gradients, moments, step, rate=3e-3):
    for name, gradient in gradients.items():
        first, second = moments[name]
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient**2 - second)
        params[name] -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)


def random_state(net, batch, random):
    def draw():
        return {name: random.normal(size=(batch, *shape)) for name, shape in net.VERTICES.items()}

    return net.State(draw(), draw())


def relative_difference(one, two):
    scale = max(np.max(np.abs(value)) for value in two.values())
    return max(np.max(np.abs(one[name] - two[name])) for name in two) / scale


def main(out):
    net = load_module(Path(out) / "kernels_numpy.py")
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.data))
    images, labels = digits.data[order] / 16.0, np.eye(10)[digits.target[order]]
    train_x, train_y = images[HELD_OUT:], labels[HELD_OUT:]

    params = net.init(seed=0)
    moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in params.items()}
    random = np.random.default_rng(1)
    bitwise, checks, largest, step = True, 0, 0.0, 0
    for _ in range(EPOCHS):
        shuffled = random.permutation(len(train_x))
        for start in range(0, len(shuffled), BATCH):
            x, y = train_x[shuffled[start : start + BATCH]], train_y[shuffled[start : start + BATCH]]
            _, gradients = net.gradients(params, x, y)
            if step % CHECK_EVERY == 0:
                relaxed = net.relax(params, x, y, state=random_state(net, len(x), random))
                at_rest = net.energy_gradient(params, x, relaxed)
                bitwise &= all(at_rest[name].tobytes() == gradients[name].tobytes() for name in gradients)
                _, oracle = value_and_grad(network_loss)(params, x, y)
                largest = max(largest, relative_difference(gradients, oracle))
                checks += 1
            step += 1
            adam(params, gradients, moments, step)

    final = net.wavefront(params, images[:HELD_OUT], labels[:HELD_OUT])
    accuracy = np.mean(final.x["logits"].argmax(axis=1) == labels[:HELD_OUT].argmax(axis=1))
    print(f"digits: {len(images)} images, {HELD_OUT} held out; {step} training steps, {checks} of them checked")
    print(f"held-out accuracy: {accuracy:.4f}  (wanted: at least 0.95)")
    print(
        f"gradients = relaxation after {net.STEPS} steps from a random state, bit by bit: {'yes' if bitwise else 'NO'}"
    )
    print(f"largest relative difference from autograd: {largest:.1e}  (wanted: below 1e-12)")
    return 0 if accuracy >= 0.95 and bitwise and largest < 1e-12 else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))

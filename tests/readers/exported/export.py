"""Small Transformers of Hugging Face as ``torch.onnx.export(dynamo=True)`` writes them, with PyTorch's own gradients.

    python export.py        (needs transformers, onnxscript and torch; writes *.onnx and *.npz beside itself)

The weights are random and in float64.  NAME.npz holds the tokens, factors of the outputs ("weights"), the sum of the
products of both ("value") and, under the names of the file's weights, what PyTorch's autograd makes of it.
"""

import pathlib

import numpy as np
import onnx
import torch
import transformers

TOKENS = torch.tensor([[1, 5, 2, 7, 3]])
SMALL = {"vocab_size": 13, "use_cache": False, "tie_word_embeddings": False}
MODELS = {
    "gpt2": lambda: transformers.GPT2LMHeadModel(
        transformers.GPT2Config(n_positions=8, n_embd=8, n_layer=2, n_head=2, **SMALL)
    ),
    "llama": lambda: transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
            max_position_embeddings=16, **SMALL,
        )
    ),
}  # fmt: skip


class TokenLogits(torch.nn.Module):
    """The model as a function of its tokens alone."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, tokens):
        return self.model(input_ids=tokens, use_cache=False).logits


def bare(path):
    """The file without the traces of the exporter."""
    proto = onnx.load(path)
    for entry in (*proto.graph.node, *proto.graph.initializer, *proto.graph.input, *proto.graph.output, proto.graph):
        del entry.metadata_props[:]
        entry.doc_string = ""
    del proto.metadata_props[:], proto.graph.value_info[:]
    onnx.save(proto, path)
    return proto


def held(parameters, proto):
    """(parameter, the name of its array in the file, whether it is transposed there), for each one."""
    arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
    for key, parameter in parameters:
        own = parameter.detach().numpy()
        for array, transposed in ((own, False), (own.T, True)):
            names = [name for name, other in arrays.items() if np.array_equal(array, other)]
            if names:
                yield parameter, names[0], transposed
                break
        else:
            print(f"{key} is not in the file: the exporter computed with it")


def main():
    folder = pathlib.Path(__file__).parent
    for name, make in MODELS.items():
        torch.manual_seed(0)
        module = TokenLogits(make()).double().eval()
        for parameter in module.parameters():
            torch.nn.init.normal_(parameter, std=0.4)
        path = folder / f"{name}.onnx"
        torch.onnx.export(module, (TOKENS,), dynamo=True).save(path)
        proto = bare(path)
        logits = module(TOKENS)
        weights = torch.tensor(np.random.default_rng(0).normal(size=logits.shape))
        value = (logits * weights).sum()
        value.backward()
        gradients = {
            key: (parameter.grad.T if transposed else parameter.grad).numpy()
            for parameter, key, transposed in held(module.named_parameters(), proto)
        }
        np.savez(folder / f"{name}.npz", tokens=TOKENS, weights=weights, value=value.item(), **gradients)
        print(name, path.stat().st_size, len(gradients))


if __name__ == "__main__":
    main()

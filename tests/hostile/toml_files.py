"""TOML files that are refused."""

from __future__ import annotations

COST = '[cost]\ntype = "squared_error"\n'
LAYER = '[[layers]]\nname = "a"\ntype = "dense"\nunits = 2\n'
INPUT = "[inputs.x]\nshape = [3]\n"


def net(inputs=INPUT, layers=LAYER, cost=COST, head=""):
    return head + inputs + layers + cost


def layer(type_, **options):
    """A network of one layer of a type."""
    return net(
        layers=f'[[layers]]\nname = "a"\ntype = "{type_}"\n' + "".join(f"{k} = {v}\n" for k, v in options.items())
    )


def many(count, type_, inputs="[inputs.x]\nshape = [3]\n"):
    """A layer that reads very many."""
    rows = "".join(f'[[layers]]\nname = "l{k}"\ntype = "tanh"\ninputs = ["x"]\n' for k in range(count))
    names = ", ".join(f'"l{k}"' for k in range(count))
    return net(inputs, rows + f'[[layers]]\nname = "a"\ntype = "{type_}"\ninputs = [{names}]\n')


NINES = "9" * 5_000
HEX = "0x" + "f" * 20_000
TOML_FILES = {
    "empty": "",
    "a byte": b"\x00",
    "not UTF-8": b"\xff\xfe\x00a",
    "UTF-16": net().encode("utf-16"),
    "no TOML": "this is no TOML",
    "zeros": b"\0" * 100_000,
    "large": ("# " + "x" * 78 + "\n") * 60_000,
    "5,000 digits": net("[inputs.x]\nshape = [" + NINES + "]\n"),
    "5,000 digits as weight": net(cost=COST + f"weight = {NINES}\n"),
    "5,000 digits as units": layer("dense", units=NINES),
    "20,000 hex digits": net(f"[inputs.x]\nshape = [{HEX}]\n"),
    "20,000 hex digits as units": layer("dense", units=HEX),
    "20,000 hex digits as name": net(head=f"name = {HEX}\n"),
    "20,000 hex digits as slope": layer("leaky_relu", slope=HEX),
    "20,000 hex digits unknown": net(head=f"what = {HEX}\n"),
    "20,000 octal digits": layer("dense", units="0o" + "7" * 20_000),
    "3,000 dotted parts": net(head=".".join(["a"] * 3_000) + " = 1\n"),
    "3,000 dotted parts in a table": net() + "[" + ".".join(["a"] * 3_000) + "]\n",
    "3,000 quoted parts": net(head=".".join(['"a"'] * 3_000) + " = 1\n"),
    "200 KB of keys": "".join(f"{'.'.join(f'a{n}' for _ in range(500))} = 1\n" for n in range(130)),
    "200 KB of tables": "".join(f"[{'.'.join(f'a{n}' for _ in range(500))}]\n" for n in range(130)),
    "200 KB of spaced keys": "".join(f"{' . '.join(f'a{n}' for _ in range(300))} = 1\n" for n in range(130)),
    "200 KB of brackets": "a = " + "[" * 200_000,
    "200 KB of braces": "a = " + "{a=" * 66_000,
    "20,000 tables": "".join(f"[t{n}]\n" for n in range(20_000)),
    "30,000 layers": net(layers="".join(f'[[layers]]\nname="l{n}"\ntype="tanh"\n' for n in range(30_000))),
    "nested lists": net(f"[inputs.x]\nshape = {'[' * 300}{']' * 300}\n"),
    "1,000 axes": net(f"[inputs.x]\nshape = [{', '.join(['2'] * 1_000)}]\n"),
    "1,000 named axes": net(f"[inputs.x]\nshape = [{', '.join(f'{chr(34)}n{k}{chr(34)}' for k in range(1000))}]\n"),
    "1,000 axes by reshape": layer("reshape", shape=str([1] * 1_000)),
    "1,000 axes by unsqueeze": layer("unsqueeze", axes=str(list(range(1_000)))),
    "60 axes by unsqueeze": layer("unsqueeze", axes=str(list(range(60)))),
    "1,000 paddings": layer("pad", padding=str([1] * 1_000)),
    "add of 1,000": many(1_000, "add"),
    "stack of 1,000": many(1_000, "stack"),
    "lstm of 10^6 steps": net("[inputs.x]\nshape = [1000000, 3]\n", '[[layers]]\nname = "a"\ntype = "lstm"\nunits = 2\n'),
    "rnn of 10^9 steps": net("[inputs.x]\nshape = [999999999, 3]\n", '[[layers]]\nname="a"\ntype="rnn"\nunits=2\n'),
    "gru of named steps": net('[inputs.x]\nshape = ["T", 3]\n', '[[layers]]\nname="a"\ntype="gru"\nunits=2\n'),
    "steps beyond": net("[inputs.x]\nshape = [5, 3]\n", '[[layers]]\nname="a"\ntype="rnn"\nunits=2\nsteps=9\n'),
    "size 0": net("[inputs.x]\nshape = [0]\n"),
    "size negative": net("[inputs.x]\nshape = [-1]\n"),
    "size 10^9": net("[inputs.x]\nshape = [1000000000]\n"),
    "size 10^9 by reshape": net("[inputs.x]\nshape = [50000, 50000]\n", '[[layers]]\nname="a"\ntype="flatten"\n'),
    "size 10^9 by pad": layer("pad", padding="[999999999, 999999999]"),
    "size 10^9 by upsample": net("[inputs.x]\nshape = [90000000]\n", '[[layers]]\nname="a"\ntype="upsample"\nfactors=[100]\n'),
    "units 10^9": layer("dense", units="1_000_000_000"),
    "decay of 400 digits": net(head="weight_decay = 1e-400\n"),
    "decay of 10^12 digits": net(head="weight_decay = 1e-999999999999\n"),
    "weight of 10^99 digits": net(cost=COST + f"weight = 1e{'9' * 99}\n"),
    "slope of 70 digits": layer("leaky_relu", slope="0." + "3" * 70),
    "size 1.5": net("[inputs.x]\nshape = [1.5]\n"),
    "size true": net("[inputs.x]\nshape = [true]\n"),
    "size inf": net("[inputs.x]\nshape = [inf]\n"),
    "size text": net('[inputs.x]\nshape = ["n + 1"]\n'),
    "size code": net("""[inputs.x]\nshape = ["__import__('os').system('touch owned')"]\n"""),
    "more than all entries": net("[inputs.x]\nshape = [999999999, 999999999, 999999999]\n"),
    "shape text": net('[inputs.x]\nshape = "3"\n'),
    "shape empty": net("[inputs.x]\nshape = []\n"),
    "no shape": net("[inputs.x]\n"),
    "input a number": net("[inputs]\nx = 3\n"),
    "inputs a list": net("inputs = [1]\n", LAYER),
    "below negative": net("[inputs.x]\nshape = [3]\nbelow = -1\n"),
    "no input": net(""),
    "no layer": net(layers=""),
    "no cost": net(cost=""),
    "cost unknown": net(cost='[cost]\ntype = "nothing"\n'),
    "cost a number": net(cost="", head="cost = 3\n"),
    "two costs": net() + '[[costs]]\ntype = "huber"\n',
    "weight nan": net(cost=COST + "weight = nan\n"),
    "weight inf": net(cost=COST + "weight = inf\n"),
    "decay text": net(head='weight_decay = "much"\n'),
    "date as name": net(head="name = 1979-05-27\n"),
    "date that is none": net(head="name = 1979-13-77\n"),
    "name of 10^6": net(head=f'name = "{"x" * 1_000_000}"\n'),
    "name control": net(head='name = "a\\u0007b"\n'),
    "name reserved": net(layers=LAYER.replace('"a"', '"cost"')),
    "name twice": net(layers=LAYER + LAYER),
    "name of an input": net(layers=LAYER.replace('"a"', '"x"')),
    "type unknown": layer("magic"),
    "type a list": net(layers='[[layers]]\nname = "a"\ntype = ["dense"]\n'),
    "type code": layer("__class__"),
    "option unknown": layer("dense", units=2, evaluate='"1"'),
    "units missing": layer("dense"),
    "units a table": layer("dense", units="{a = 1}"),
    "slope text": layer("leaky_relu", slope='"1"'),
    "slope nan": layer("leaky_relu", slope="nan"),
    "slope large": layer("leaky_relu", slope="1e99999"),
    "exponent text": layer("power", exponent='"x"'),
    "einsum code": layer("einsum", equation='"__import__"'),
    "einsum long": layer("einsum", equation=f'"{"i" * 9_000}->{"i" * 9_000}"'),
    "einsum letters": layer("einsum", equation='"ij->ijkl"'),
    "cycle": net(layers='[[layers]]\nname="a"\ntype="tanh"\ninputs=["b"]\n[[layers]]\nname="b"\ntype="tanh"\ninputs=["a"]\n'),
    "itself": net(layers='[[layers]]\nname="a"\ntype="tanh"\ninputs=["a"]\n'),
    "nobody": net(layers='[[layers]]\nname="a"\ntype="tanh"\ninputs=["nobody"]\n'),
    "inputs numbers": net(layers='[[layers]]\nname="a"\ntype="tanh"\ninputs=[1]\n'),
    "inputs none": net(layers='[[layers]]\nname="a"\ntype="tanh"\ninputs=[]\n'),
    "unreachable": net(layers='[[layers]]\nname="u"\ntype="tanh"\n' + LAYER.replace('units', 'inputs=["x"]\nunits')),
    "constant values": net() + '[constants.k]\nshape = [2]\nvalues = [1, "a"]\n',
    "constant ragged": net() + "[constants.k]\nshape = [2]\nvalues = [[1], [1, 2]]\n",
    "constant shape": net() + "[constants.k]\nshape = [2]\nvalues = [1, 2, 3]\n",
    "select beyond": layer("select", axis=0, position=99),
    "axis beyond": layer("softmax", axis=99),
    "slice beyond": layer("slice", axes=[0], starts=[9], sizes=[9], steps=[1]),
    "slice step 0": layer("slice", axes=[0], starts=[0], sizes=[1], steps=[0]),
    "permutation": net("[inputs.x]\nshape = [2, 3]\n", '[[layers]]\nname="a"\ntype="transpose"\npermutation=[0, 0]\n'),
    "reshape to nothing": layer("reshape", shape=[0]),
    "reshape to another": layer("reshape", shape=[7]),
    "dense of an image of none": layer("conv", channels=2, kernel=[3]),
    "pool larger than its image": net("[inputs.x]\nshape=[1, 2, 2]\n", '[[layers]]\nname="a"\ntype="max_pool"\nkernel=[9, 9]\n'),
    "groups": net("[inputs.x]\nshape=[4, 3]\n", '[[layers]]\nname="a"\ntype="group_norm"\ngroups=3\n'),
    "groups 0": net("[inputs.x]\nshape=[4, 3]\n", '[[layers]]\nname="a"\ntype="group_norm"\ngroups=0\n'),
}  # fmt: skip

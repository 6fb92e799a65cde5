# make demo: install into .venv, build examples/digits.toml into out/, train it and check its gradients.
# make test: install into .venv what the tests need, then style, types and all tests.
# make long: tests that take long: more of what `make test` samples (some minutes).
# make forgeries: forged certificates, and what the checker says of each.  make certificates: true ones.
# make costly: certificates made to cost as much as they can, and what they cost.
# make coq: what Coq refuses and accepts beyond the tests: every axiom, wrong files, 391 wrong equations (some minutes).
# make models: every model that the tests read as a C module, and those of onnx as ONNX graphs, held to NumPy (minutes).
# make docs: write docs/layers.md from the code, and the pictures of the pages by the commands on them.
# make flagship: the project's own appendix, paper/flagship.  make typeset: every host document with every kind of network, and their equations read back.
# make bench: CPU seconds of whole commands, and how they grow; emitted modules against NumPy, PyTorch and JAX (some minutes).
# make gpu: where CuPy and a GPU are, every kernel against NumPy, then times against PyTorch and cuBLAS.
# make mutants: small wrong changes of the deriver and its printers; none may get past verify (some minutes).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test long lint docs flagship typeset bench gpu mutants forgeries certificates costly coq models clean

demo: $(VENV)/.demo
	$(BIN)/dyadic build examples/digits.toml -o out
	$(BIN)/python examples/digits.py out

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

long: $(VENV)/.test
	$(BIN)/python -m pytest --long -n 2 --dist worksteal

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p dyadic

docs: $(VENV)/.demo
	$(BIN)/python -m dyadic.catalogue docs/layers.md
	PYTHONPATH=tests $(BIN)/python -m campaigns.pictures

flagship: $(VENV)/.demo
	$(BIN)/python -m dyadic.flagship

typeset: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python -m campaigns.typeset_matrix
	PYTHONPATH=tests $(BIN)/python -m campaigns.read_back

forgeries: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python -m campaigns.forgeries

certificates: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python -m campaigns.true_certificates

costly: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python -m campaigns.costly

coq: $(VENV)/.test
	$(BIN)/python -m pytest tests/campaigns/coq_theorems.py
	PYTHONPATH=tests $(BIN)/python -m campaigns.coq_mutants

models: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python -m campaigns.c_models
	$(BIN)/python -m pytest tests/campaigns/light_gradients.py

mutants: $(VENV)/.test
	$(BIN)/python tests/campaigns/mutants.py

bench: $(VENV)/.test
	$(BIN)/python benchmarks/cpu.py
	$(BIN)/python benchmarks/perceptrons.py
	$(BIN)/python benchmarks/convolutions.py
	$(BIN)/python benchmarks/sequences.py

gpu: $(VENV)/.test
	$(BIN)/python -m pytest tests/gpu
	$(BIN)/python benchmarks/gpu.py

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[demo]"
	touch $@

$(VENV)/.test: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) out

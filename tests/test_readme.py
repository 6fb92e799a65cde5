"""The README's examples are run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path("README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.S)


def environment():
    import os

    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def console_examples():
    """(command, lines printed) for every `$ dyadic` line in a console block."""
    for language, text in BLOCKS:
        if language == "console":
            for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
                command, _, output = part.partition("\n")
                if command.startswith("dyadic"):
                    yield command, [line for line in output.splitlines() if line.strip() and line.strip() != "..."]


@pytest.mark.parametrize(("command", "output"), list(console_examples()), ids=lambda v: v if isinstance(v, str) else "")
def test_commands(command, output, tmp_path):
    command = command.replace(" out/", f" {tmp_path}/out/").replace(" -o out", f" -o {tmp_path}/out")
    prepare = f"dyadic build examples/digits.toml -o {tmp_path}/out > /dev/null; " if "check" in command else ""
    full = prepare + command  # what `check` reads is what `build` wrote
    done = subprocess.run(full, shell=True, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode in (0, 1), done.stderr
    assert output
    for line in output:
        assert line.rstrip() in done.stdout.replace(f"{tmp_path}/", ""), line


def test_python_example(tmp_path):
    texts = [text for language, text in BLOCKS if language == "python"]
    assert texts
    for text in texts:
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr

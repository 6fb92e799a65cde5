"""The fragment in the documents that people submit: every class compiles it clean, and takes it twice."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from support.long_tests import one_in
from support.optional import require

from dyadic.paper import appendix_files, build_document
from dyadic.proofs import verify
from dyadic.symbolic import architecture, derive, read_spec

FONTS = r"\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\usepackage{lmodern}"
TITLE = r"\title{A paper}\author{A. Author}\maketitle "
HOSTS = {
    "article": (r"\documentclass[11pt]{article}" + FONTS + r"\usepackage[margin=2.5cm]{geometry}", "", "plain"),
    "icml-like": (
        r"\documentclass[10pt,twocolumn]{article}" + FONTS + r"\usepackage[margin=1.8cm]{geometry}\usepackage{amsthm}",
        "",
        "plain",
    ),
    "neurips-like": (
        r"\documentclass[10pt]{article}" + FONTS + r"\usepackage[textwidth=5.5in,textheight=9in]{geometry}",
        "",
        "plain",
    ),
    "IEEEtran": (r"\documentclass[conference]{IEEEtran}" + FONTS, TITLE, "IEEEtran"),
    "IEEEtran, bare": (r"\documentclass[conference]{IEEEtran}", TITLE, "IEEEtran"),  # Times and Courier
    "acmart": (
        r"\documentclass[sigconf,nonacm]{acmart}",
        r"\title{A}\author{B}\affiliation{\institution{I}\city{T}\country{C}}\email{a@b.c}\maketitle ",
        "ACM-Reference-Format",
    ),
    "revtex4-2": (
        r"\documentclass[aps,prl,twocolumn,10pt]{revtex4-2}" + FONTS,
        r"\title{A paper}\author{A. Author}\affiliation{I}\maketitle ",
        "apsrev4-2",
    ),
    "llncs": (r"\documentclass{llncs}" + FONTS, r"\title{A}\author{B}\institute{I}\maketitle ", "splncs04"),
    "elsarticle": (
        r"\documentclass[final,3p]{elsarticle}" + FONTS,
        r"\begin{frontmatter}\title{A paper}\author{A. Author}\end{frontmatter} ",
        "elsarticle-num",
    ),
    "jmlr": (r"\documentclass{jmlr}\usepackage[T1]{fontenc}\jmlrvolume{1}\jmlryear{2026}", TITLE, "plainnat"),
}
ITS_OWN = (
    "amsmath Warning: Unable to redefine math accent",
    "You do not have the",
    "Package balance Warning",
    "(2.22221pt too wide) has occurred while \\output",
)
"""What llncs, acmart (of its fonts and of where a paper ends) and elsarticle (of its footer) say by themselves."""


@cache
def contents():
    derivation = derive(read_spec("examples/digits.toml"))
    return build_document(derivation, verify(derivation))


def complaints(folder, host, body, packages="", document=None, head=""):
    """What LaTeX complains of.  head, packages: what is loaded before the style, and after it."""
    first, front, style = HOSTS[host]
    head = first + head
    name = head.partition("{")[2].partition("}")[0]
    found = shutil.which("kpsewhich") and subprocess.run(["kpsewhich", f"{name}.cls"], capture_output=True, check=False)
    require(found and found.stdout and shutil.which("pdflatex"), f"the LaTeX class {name} is not installed")
    for path, content in appendix_files(document or contents(), folder / "appendix.tex").items():
        path.write_bytes(content)
    (folder / "main.tex").write_text(
        rf"{head}\usepackage{{dyadic-appendix}}{packages}\begin{{document}}{front}{body}"
        rf"\bibliographystyle{{{style}}}\bibliography{{dyadic}}\end{{document}}"
    )

    def run(*command):
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False).stdout

    latex = ("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main")
    run(*latex)
    run("bibtex", "main")
    run(*latex)
    log = run(*latex)
    if "Rerun to get cross-references right" in log:  # a page break moved with the numbers: once more, as LaTeX asks
        log = run(*latex)
    assert (folder / "main.pdf").exists(), log[-2000:]
    words = ("Overfull", "Warning", "undefined", "multiply")
    lines = [line for line in log.splitlines() if any(word in line for word in words)]
    allowed = (*ITS_OWN, "Overfull \\vbox") if host == "acmart" else ITS_OWN  # it balances the last page's columns
    return [line for line in lines if not any(own in line for own in allowed)]


@pytest.mark.parametrize("host", one_in(4, HOSTS))
def test_every_class_takes_it(tmp_path, host):
    assert complaints(tmp_path, host, r"\input{appendix}") == []


def test_the_same_network_twice_with_links(tmp_path):
    twice = r"\input{appendix}\input{appendix}"
    packages = r"\usepackage[table]{xcolor}\usepackage{hyperref}\usepackage{cleveref}"
    assert complaints(tmp_path, "icml-like", twice, packages) == []


@pytest.mark.parametrize("before", [True, False])
def test_the_paper_cites_the_theorem_and_an_equation(tmp_path, before):
    """With a theorem of its own, whose number is another; the style loaded before cleveref, and after it."""
    cleveref = r"\usepackage{amsthm}\usepackage{hyperref}\usepackage{cleveref}\newtheorem{theorem}{Theorem}"
    place = "digits-mlp"
    body = (
        rf"\begin{{theorem}}\label{{own}}One.\end{{theorem}}\cref{{own}}, \cref{{dyadic:{place}:exactness}}, "
        rf"\Cref{{dyadic:{place}:exactness}}, \ref{{dyadic:{place}:s:hidden2}}, \ref{{dyadic:{place}:g:hidden.bias}}."
        r"\input{appendix}"
    )
    packages = cleveref if before else ""
    head = "" if before else r"\usepackage{amsmath}" + cleveref
    assert complaints(tmp_path, "IEEEtran, bare", body, packages, head=head) == []
    aux = (tmp_path / "main.aux").read_text()
    assert rf"\newlabel{{dyadic:{place}:exactness}}{{{{D1}}" in aux


@pytest.mark.parametrize(("option", "shown"), [("", "theorem D1"), ("[capitalise]", "Theorem D1")])
def test_cleveref_names_a_theorem_as_the_paper_has_it(tmp_path, option, shown):
    require(shutil.which("pdftotext"), "pdftotext (poppler) is not installed")
    packages = rf"\usepackage{option}{{cleveref}}"
    body = r"Here: \cref{dyadic:digits-mlp:exactness}. \input{appendix}"
    assert complaints(tmp_path, "article", body, packages) == []
    page = subprocess.run(["pdftotext", tmp_path / "main.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert f"Here: {shown}" in page


@pytest.mark.parametrize(("options", "shown"), [("round", "Scurria (Scurria, 2026)"), ("numbers", "Scurria [2]")])
def test_a_name_is_not_said_twice_by_a_citation(tmp_path, options, shown):
    """natbib in its style of authors and years has the name in the text, and once more outside brackets with \\cite."""
    require(shutil.which("pdftotext"), "pdftotext (poppler) is not installed")
    packages = rf"\usepackage[{options}]{{natbib}}\bibliographystyle{{plainnat}}"
    assert complaints(tmp_path, "article", r"\input{appendix}", packages) == []
    page = subprocess.run(["pdftotext", tmp_path / "main.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert shown in " ".join(page.split())


def test_cells_of_a_table_fit_a_column_in_the_letters_of_11_points(tmp_path):
    derivation = derive(read_spec("examples/digits.toml"))
    document = build_document(derivation, verify(derivation), sections=["setting", "verification", "hashes"])
    larger = r"\geometry{margin=2cm}\renewcommand\footnotesize{\fontsize{9}{11}\selectfont}"
    assert complaints(tmp_path, "icml-like", r"\input{appendix}\nocite{*}", larger, document=document) == []


def test_names_of_steps_fit_their_column_in_courier(tmp_path):
    layers = [{"name": "recurrent", "type": "gru", "units": 4}, {"name": "out", "type": "dense", "units": 2}]
    spec = {"name": "n", "inputs": {"x": {"shape": [3, 4]}}, "layers": layers, "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    document = build_document(derivation, verify(derivation, methods=["ranks", "lemma"]), sections=["setting"])
    assert complaints(tmp_path, "IEEEtran, bare", r"\input{appendix}\nocite{*}", document=document) == []


def test_cleveref_before_the_style_is_refused_in_words(tmp_path):
    """Where nothing has loaded amsmath before it."""
    with pytest.raises(AssertionError, match="Load dyadic-appendix before cleveref"):
        complaints(tmp_path, "IEEEtran, bare", r"\input{appendix}", head=r"\usepackage{cleveref}")


def test_what_is_refuted_and_undecided_fits_a_column(tmp_path):
    derivation = derive(read_spec("examples/digits.toml"))
    for number, options in enumerate(({"steps": 7}, {"methods": ["lemma"]})):
        document = build_document(derivation, verify(derivation, **options), sections=["verification"])
        folder = tmp_path / str(number)
        folder.mkdir()
        assert complaints(folder, "icml-like", r"\input{appendix}\cite{dyadic:galley}", document=document) == []


def test_what_a_terminal_writes_has_its_signs_in_the_oldest_fonts(tmp_path):
    r"""Where nothing loads T1, a backslash or < of \texttt come from another font, with a warning."""
    layer = {"name": "a<b>\\c%", "type": "dense", "units": 2}
    spec = {"name": "n", "inputs": {"x": {"shape": [2]}}, "layers": [layer], "cost": {"type": "squared_error"}}
    derivation = derive(architecture(spec))
    document = build_document(derivation, verify(derivation))
    assert complaints(tmp_path, "acmart", r"\input{appendix}", document=document) == []


def test_a_wide_box_would_be_seen(tmp_path):
    assert complaints(tmp_path, "icml-like", r"\input{appendix}\noindent\rule{20cm}{1pt}") != []


def test_nothing_is_scaled():
    content = b"".join(appendix_files(contents(), Path("a.tex")).values())
    for word in (b"\\resizebox", b"\\scalebox", b"amsthm}", b"supertabular"):
        assert word not in content

"""Text and LaTeX of claims, read.

claims_file.py  a TOML or .tex file -> statements       notation.py    what ``derive`` prints, read back
text.py, latex_notation.py  -> tokens (tokens.py)       index_text.py  index expressions
grammar.py      tokens -> expressions                   macros.py      those of a paper, put into its formulas
folded_numbers.py  numbers put together
differentials.py  derivatives and rates                 integer_values.py  remainders and integer parts as numbers
"""

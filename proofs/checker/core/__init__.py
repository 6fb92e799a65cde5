"""The core, a kernel in the sense of LCF: replays the proof, for all sizes, of a layer's or a cost's equations.

replay.py       a proof, step by step                   rules.py      the steps, each with its side conditions
obligations.py  what has to be shown                    expansion.py  both sides as sums of terms
terms.py        terms: variables, factors, conditions   forms.py      affine index forms
facts.py        what is known of sizes and integers     reads.py      what a term reads
maxima.py       the conventions at a maximum

It imports the standard library and the :mod:`reading <dyadic.proofs.checker.intake.reading>` of JSON and of kinds
(:mod:`dyadic.proofs.checker.intake.kinds`), and looks for nothing.
"""

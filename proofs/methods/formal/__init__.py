"""A network's own equations in Coq: written from its certificate, read back, and checked by Coq's kernel.

names.py     which tensor of the Coq file is which of the certificate; sizes as numbers
terms.py     index equations as terms of proofs/coq/Equations.v
script.py    the file that states and proves a network's theorem
readback.py  the equations of such a file, compared with those of the certificate
formal.py    the claim
"""

"""A network's own equations in Coq: written from its certificate, read back, and checked by Coq's kernel.

tensors.py          which tensor of the Coq file is which of the certificate; sizes as numbers
contents.py         layers and costs in the shape that the theorem in Coq has
coq_terms.py        index equations as terms of proofs/coq/Equations.v
script.py           the file that states and proves a network's theorem
readback.py         the equations of such a file, compared with those of the certificate; statement_text.py  the rest
network_theorem.py  the claim
"""

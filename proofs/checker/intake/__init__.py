"""A certificate read with suspicion, before anything is concluded from it.

source.py   the file, within limits                     reading.py    typed access, and the rejection
form.py     every field typed and bounded               names.py      each name means one thing
shapes.py   sizes and shapes fit                        graph.py      structure, hashes, terms, ranks
witnesses.py  recorded data                             witness_forms.py  what may stand in them
existence.py  such sizes exist                          looks_alike.py  names can be told apart
kinds.py    what a tensor is to the one of its letter
"""

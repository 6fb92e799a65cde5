"""A certificate read with suspicion, before anything is concluded from it.

source.py   the file, within limits                     reading.py    typed access, and the rejection
form.py     every field typed and bounded               names.py      each name means one thing
shapes.py   sizes and shapes fit                        graph.py      structure, hashes, terms, ranks
existence.py  such sizes exist                          witnesses.py  recorded data
kinds.py    what a tensor is to the one of its letter
"""

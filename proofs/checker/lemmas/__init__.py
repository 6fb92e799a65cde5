"""What holds of every network, replayed.

deduction.py    natural deduction                       stabilisation.py  the stabilisation lemma's induction
step_sizes.py   steps of another size than 1            free_polynomials.py  identities for all values
variational_replay.py  the three constructions of the variational principle
"""

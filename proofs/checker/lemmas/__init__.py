"""What holds of every network, replayed.

deduction.py    natural deduction                       stabilisation.py  the stabilisation lemma's induction
variational_replay.py  the three constructions of the variational principle
"""

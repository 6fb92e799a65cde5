"""What several methods use.

layer_kinds.py  each kind once                          comparison.py  relaxation against backpropagation
differential.py a differential field                    trajectories.py  functionals along polynomials of time
parallel.py     runs on several cores
"""

"""A scalar function's derivative, replayed from its definition.

function_replay.py  value and derivative, interval by interval      definitions.py  the table's definitions, read
formulas.py         formulas and where their cases change           tower.py        exact arithmetic of such formulas
signs.py            where formulas have values, and why equality in the tower is equality of functions
integer_intervals.py  intervals that contain a function's value
"""

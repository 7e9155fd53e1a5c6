"""The rules of the hotline: what is true, what follows from it, what must be done.

Standard library only, and quiet: no clock, disk, network, dice or logging. Time and data come in
as arguments. The one door is :mod:`hotline.decide`; the law of each city lies in ``policies/``.
"""

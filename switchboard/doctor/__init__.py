"""``./jiesu doctor``: is everything well, and if not, what to do.

Each part is a small function that takes a :class:`~switchboard.doctor.case.Case` and gives a
:class:`~switchboard.doctor.finding.Finding`; ``checks.CHECKS`` names them all. They work on a
running system and on a cold folder alike. The page 系统状态 shows the same.
"""

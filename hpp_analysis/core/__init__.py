"""The numbers.

The law of this room: numpy and scipy alone. Functions take arrays and return frozen, slotted dataclasses whose
shapes are documented, in the notation of the paper that each function cites. Nothing here prints, rounds, reads a
table or knows a language; what cannot be computed is NaN with a reason code, never an exception in mid-report.
"""

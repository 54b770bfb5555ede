"""How results look: numbers by unit and language, escaped tables, and the blocks that documents are made of.

Statistics keep their full precision; only this room rounds.
"""

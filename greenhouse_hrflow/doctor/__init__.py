"""The doctor: what two accounts are like, before anything is run on them.

Each API is asked in a module of its own; what was found stands in `findings`, what of it a sandbox
can be told in `contract`.
"""

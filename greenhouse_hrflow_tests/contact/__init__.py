"""The sandbox against a client of Harvest v3 that nobody here wrote: ``make contact`` runs it.

The client lives in an environment of its own, so that nothing of it decides what this project
installs; no module here is named test_…, so that ``make test`` needs no such environment.
"""

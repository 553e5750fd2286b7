"""Hostile and odd input, made by hypothesis or by atheris, and what every stage must do with it.

`scripts/fuzz` runs it at length; tests/test_fuzz.py runs a little of it each time.
"""

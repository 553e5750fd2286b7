"""What can be checked in a sentence: its quantities, its dates, its names, its quotations."""

from service.facts.statement import Facts, read_facts

__all__ = ["Facts", "read_facts"]

"""The models at hand: one adapter a runtime, each the only importer of its library."""

"""Vectors of symbols that are learnt from which symbols occur together, before a model is trained."""

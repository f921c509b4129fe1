"""Watching what a model is given, row after row, for drift away from what it was trained on."""

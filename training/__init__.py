"""Data, model and training of the generator; imports `rtsynth.contract` only."""

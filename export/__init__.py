"""Turn a training checkpoint into an instrument file; imports `training.model`, never `rtsynth`."""

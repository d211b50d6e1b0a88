"""What a player needs on stage: presets, set lists, what was played last."""

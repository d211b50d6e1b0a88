"""Pitches of keys: scales, keyboard maps, stretched octaves, and MIDI's tuning messages."""

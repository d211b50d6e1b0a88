"""Effect plugins on what is rendered: pedalboard hosts them (optional; it is GPL-3)."""

"""The page to play on: a small web server beside the player, loaded with `--ui` only."""

"""The server behind the plugins: it makes takes for instances that run in other programs."""

"""The codec, without a network: recorded notes to frames, and frames back to sound."""

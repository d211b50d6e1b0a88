"""Guards that take longer than a test: sanitizers, fuzzers, and mutants that prove they bite."""

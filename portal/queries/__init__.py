"""Reads for pages, exports and commands. The company is the first argument."""

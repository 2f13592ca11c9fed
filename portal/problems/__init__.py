"""The catalogue of known errors, and the matching of a failure to its guide."""

"""The accounting sync: runs, reading, the decision table, exactly-once writing."""

"""Rules and writes. They flush; a door commits. They know no request, no form and no queue."""

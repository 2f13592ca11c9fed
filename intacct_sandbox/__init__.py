"""A faithful local Sage Intacct XML gateway, for demos and tests. Imports nothing of the portal."""

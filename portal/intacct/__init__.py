"""A client of the Sage Intacct XML gateway, on zeep: signs in, reads, writes once, and says what a failure means.

Knows nothing of the portal: it imports the standard library, zeep, requests and lxml.
`gateway` is the door, `functions` and `queries` build what is sent, `records` reads what comes back,
`errors` holds every failure.
"""

"""Imports from Intacct: the whole customer list, and outstanding Order Entry invoices.

They stand on the readers of `portal.sync` and are runs of its engine: claimed, resumed, cancelled and previewed alike.
"""

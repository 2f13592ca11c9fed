"""The tie-out: our open balance and Intacct's compared document by document, each difference with its cause.

`comparing` reads both sides into rows, `explaining` looks closer at those that differ, `causes` names why (pure), and
`closing` adds up. Nothing is written to Intacct, and nothing of the book is changed here.
"""

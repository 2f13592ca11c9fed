"""Portal: accounts receivable with a two-way sync to Sage Intacct. The map of the house, top to bottom.

A module imports only what stands below it (import-linter keeps this; the contracts are in setup.cfg)::

    app          create_app and its steps
    cli          the `portal` command, one module a group
    blueprints   pages: access.py, then one folder an area
    jobs         thin RQ jobs, queues, the tick, the worker
    sync         runs and leases, the decision table, readers, postings, settle
    problems     the catalogue of known errors and their guides
    services     rules and writes; they flush, a door commits
    queries      reads for pages, exports and commands; the company comes first
    logs         what every process writes to its log, without secrets
    models       the tables, one aggregate a module
    intacct      the gateway client, a library that knows nothing of the portal
    extensions   bare instances (db, migrate, login_manager, csrf)
    config, errors, money

A *door* (a view, a job, a command) commits, and so does the engine of a run at its checkpoints. No network call
is made inside a database transaction.
"""

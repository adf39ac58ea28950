"""The steps from one state of the records' tables to the next. `env.py` is Alembic's entrance.

The next one is a file `versions/r0002_<what>.py`, written by hand like `r0001_baseline.py`; the test that
compares the tables with `store.records.schema` says what it lacks.
"""

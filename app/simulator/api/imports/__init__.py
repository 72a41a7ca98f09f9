"""Bulk imports: a job takes its rows at once and works them off as the clock moves.

Contract 5.3. Files in reading order:

- activities: the routes
- reading: a body to rows
- progress: where a job is, and what is due
- rows: what may stand in one
- people: a row as a contact, which `upsert` then keeps

Where the contract is silent:

- Jobs of an account run side by side, each row at its own moment; what a job that ends
  badly has done stays done.
- `person_count` counts rows that made or changed a contact, so that together with
  `error_count` and `correctable_count` it adds up to the rows done. Correctable are
  those that the product lets people mend: addresses, birthdays, anniversaries, and rows
  that nobody can be reached by. A faulty row changes nothing.
- Names of columns are compared letter by letter. Unknown ones are ignored; an empty
  value is one that was not sent.
- Unknown lists are a 404 where the route declares one, and a 400 where it does not.
"""

"""Small tools that everything stands on and that know nothing of the product.

Read: clock (the time, also the database's) → crypto (encrypt secrets at rest) → wakeup
(wake a waiting worker) → logs (structured logs, secrets redacted) → csv_safe (cells
that a spreadsheet does not take for formulas). May touch nothing else.
"""

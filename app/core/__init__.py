"""Small tools that everything stands on whatever the product.

Read: clock (the time, also the database's) → crypto (encrypt secrets at rest) → wakeup
(wake a waiting worker) → background (work beside a request) → logs (structured logs,
secrets redacted) → csv_safe (cells that a spreadsheet does not take for formulas) →
contact_rules (what Constant Contact accepts of a contact). May touch nothing else.
"""

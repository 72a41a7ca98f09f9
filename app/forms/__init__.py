"""What a visitor will be shown.

Read: models → fields (what can be asked, with the provider's limits) → said (answers in
words) → theme, sites → starters → builder → checks. Knows an account only by its stored
facts.
"""

"""What a visitor will be shown.

Read: models → fields (what can be asked, with the provider's limits) → builder (checked and saved).
Knows an account only by its stored facts.
"""

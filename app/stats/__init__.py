"""Count what was accepted and what became of it, in constant time.

Read: counts (the balance, sign-ups by state, by form, by day) → rollup (what is final
is added up in the background) → account_ranking (accounts, those that need someone
first) → form_days (a form day by day)
→ attacks (a form beside its usual days) → period (some days in numbers).
May touch `accounts`, `forms`, `signups` and `delivery`, reading only.
"""

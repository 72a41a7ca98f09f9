"""One gate for every door: what is known of a press → what is done with it.

Read: press (what is known of one) → signals (what may speak against it, and how much) →
verdict (the pure decision) → gate (gathers what is known, and asks for it). What it
gathers: presses (counts of stored ones), proof (of work), attack (a form under attack),
disposable (throw-away addresses). Beside them, for workers: mail_domains (can a domain
receive mail?). Nothing that visitors wait for asks the provider or a name server.
"""

"""One gate for every door: what is known of a press → what is done with it.

Read: press (what is known of one) → signals (what may speak against it, and how much) →
verdict (the pure decision). Nothing here asks the provider or a name server: a visitor
waits for none of them.
"""

"""Looking inside and making trouble.

Files in reading order:

- views: the JSON door, described in docs/simulator.md
- changes: what people could do by hand at the provider
- faults: trouble on order
- received: what was asked
"""

"""Every page of the product as a picture: `python -m tests.shots` writes them to
/shots/ with an index.

Read: stage (the app and the simulator, served) → furniture (what is in the full house)
→ scenes (every page and how to get there) → __main__ (the camera).
"""

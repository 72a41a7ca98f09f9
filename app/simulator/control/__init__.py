"""Looking inside and making trouble: `views` is the JSON door, `faults` and `received`
serve the traffic.
"""

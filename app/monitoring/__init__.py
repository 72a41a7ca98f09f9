"""Health and metrics, for machines that watch.

Read: views (`/healthz`, `/readyz`, `/metrics`) → measures (what `/metrics` says) →
api_usage (calls used today,
and how long they last) → well_known (robots.txt, security.txt). Reads only.
"""

"""Start the work of every other folder: deliveries, mails, refreshes, imports.

Read: runner (threads that look for what is due, embedded in a web process or alone) →
periodic (what is done now and then: refresh tokens, read lists, roll up counts) →
attack_alerts (the mail when a form comes under attack) → daily_alerts (what admins are
mailed once a day at most) → alert_causes (what each cause looks for) → summaries (the numbers
of a day or a week). May
touch every folder whose work it starts; none of them knows it.
"""

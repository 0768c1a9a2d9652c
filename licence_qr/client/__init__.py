"""`miaopi_licence.py` is for others to copy: one file that needs nothing of ours. Nothing here imports it."""

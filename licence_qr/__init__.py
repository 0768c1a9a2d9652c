"""The licence: claims, lint, keys, signing, status lists, the code on paper, and its verification.

Read `issue.py` for how a licence comes to be and `verify.py` for how it is believed.
"""

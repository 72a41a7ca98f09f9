"""Imports of files of contacts.

Read: views (list, upload) → columns (what each column is) → detail (one import, its
progress and problems).
"""

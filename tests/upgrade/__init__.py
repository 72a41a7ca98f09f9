"""Databases made by older versions, and what becomes of them: each folder's SQL is the
dump of one released version.
"""

"""Notices by mail: a real mail server on loopback takes them."""

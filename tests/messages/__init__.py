"""What people read: no word of the list of words that are not ours."""

"""Writing: the profiles of one HrFlow source are read, edited, and at first read back."""

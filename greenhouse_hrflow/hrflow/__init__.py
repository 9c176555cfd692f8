"""Writing: the profiles of one HrFlow source, read, edited and read back."""

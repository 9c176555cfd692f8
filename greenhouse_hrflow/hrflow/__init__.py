"""Writing: HrFlow profiles, and how a formatted candidate is laid over one."""

"""The alert sensor: it looks at what holds now, and tells a webhook what has begun and what ended.

look            what a tick looks at
condition       something that should not be: what it is, how it is told
failed_runs, failed_checks, failing_ticks, watermark, given_up
                the five causes, each found from the instance or the tables
memory          what was told, from tick to tick: the sensor's cursor
messages        what is to be told now, in Slack's form or as plain JSON
sensor          a tick
"""

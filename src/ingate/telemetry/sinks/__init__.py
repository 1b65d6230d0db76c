"""Where diagnostic settings lead: what resources report goes on to files, webhooks and collectors. The journals are
the queue; each sink reads them at its own pace, with a cursor, a thread and a bound of its own.
"""

"""The composition root: the only place that knows every room. It gives them clocks, identifiers, the event loop and
each other, and runs them as processes: a supervisor, the control process and the gateway workers.
"""
